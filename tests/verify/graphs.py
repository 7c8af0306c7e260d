"""Random networks of every kind of layer, with every class of settings and every way to put layers together.

`networks(kind, setting)` draws a network that begins with a layer of the kind whose setting is of the class, and goes on with
some of `CONSTRUCTS`. Nothing here loads torch.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

import msgspec
from hypothesis import assume, note
from hypothesis import strategies as st
from msgspec import inspect

from archcalc.errors import SpecError
from archcalc.layers import Layer
from archcalc.layers.rearrange import Input
from archcalc.network.graph import Builder, Graph
from tests.layers.strategies import Draw, layers, ranks, suited

MAX_VALUES = 4096
K = Layer.kinds
# Kinds that stand anywhere on one input: embeddings look up token numbers, which no layer puts out.
CHAIN = sorted(kind for kind, layer in K.items() if layer.arity[0] == 1 and kind != "embedding")
VIEWS = sorted(kind for kind in CHAIN if K[kind].stores == "view")
IN_PLACE = sorted(kind for kind in CHAIN if K[kind].stores == "in place")
JOINS = ("add", "multiply", "concat")
# What may stand between token numbers and the layer that looks them up.
CARRIES = ("slice", "split", "identity", "dropout", "flatten")
AXES = {2: [("channels", "length"), ("tokens", "features")]}


class Drawn(NamedTuple):
    """A network, and the names of the constructs that went into it."""

    graph: Graph
    constructs: tuple[str, ...]

    @property
    def census(self) -> Iterator[str]:
        """What the network holds, of all that there is to draw."""
        yield from (f"construct {name}" for name in self.constructs)
        yield f"input {' '.join(self.graph.input_axes)}"
        for node in self.graph.nodes[1:]:
            yield f"kind {node.layer.kind}"
            for field in node.layer.__struct_fields__:
                yield f"setting {node.layer.kind}.{field}={class_of(getattr(node.layer, field))}"


class Plot(NamedTuple):
    """A network in the making: its nodes, and those that layers may read."""

    builder: Builder
    readable: list[int]

    @property
    def last(self) -> int:
        return self.readable[-1]

    def shape(self, position: int) -> tuple[int, ...]:
        return self.builder.nodes[position].shape

    def add(self, layer: Layer, *inputs: int, **details: Any) -> int:
        """Append a layer; raises SpecError where it does not fit, or is too large to run thousands of."""
        builder = self.builder
        position = builder.add(f"{layer.kind}{len(builder.nodes)}", layer, *inputs, **details)
        if math.prod(builder.nodes[-1].shape) > MAX_VALUES:
            builder.nodes.pop()
            raise SpecError("too large")
        if not details.get("auxiliary"):
            self.readable.append(position)
        return position

    def some(self, draw: Draw, fits: Callable[[tuple[int, ...]], bool] = bool) -> int:
        """Any layer with an output that fits; raises SpecError where there is none."""
        found = [i for i in self.readable if fits(self.shape(i))]
        if not found:
            raise SpecError("no layer fits")
        return draw(st.sampled_from(found))


@st.composite
def networks(draw: Draw, kind: str = "", setting: tuple[str, str] | None = None) -> Drawn:
    """A network on any input; with a kind, beginning with a layer of it, and with a setting, that of a class."""
    builder = Builder()
    shape = draw(suited(kind or draw(st.sampled_from(CHAIN))) if K.get(kind, Input).arity[1] else suited("linear"))[0]
    words = kind == "embedding" or (len(shape) == 1 and draw(st.booleans()))
    axes = ("tokens",) if words else draw(st.sampled_from(AXES.get(len(shape), [()])))
    plot = Plot(builder, [builder.add("input", Input(shape))])
    constructs = ["tokens"] if words and _tried(looked_up, draw, plot, setting if kind == "embedding" else None) else []
    assume(constructs or kind != "embedding")
    if kind and kind != "embedding":
        assume(_tried(planted, draw, plot, kind, setting))
    for _ in range(draw(st.integers(0 if kind else 2, 5))):
        name = draw(st.sampled_from(sorted(CONSTRUCTS)))
        if not words or constructs:
            constructs += [name] if _tried(CONSTRUCTS[name], draw, plot) else []
    note("\n".join(map(str, builder.nodes)))
    return Drawn(builder.graph("random", axes=axes), tuple(constructs))


def _tried(construct: Callable[..., object], draw: Draw, plot: Plot, *more: Any) -> bool:
    """Whether a construct found its place; where it did not, what it added is taken away."""
    nodes, readable = len(plot.builder.nodes), len(plot.readable)
    try:
        construct(draw, plot, *more)
    except SpecError:
        del plot.builder.nodes[nodes:], plot.readable[readable:]
    return len(plot.builder.nodes) > nodes


def chosen(draw: Draw, kind: str, setting: tuple[str, str] | None, *shapes: tuple[int, ...]) -> Layer:
    """A layer of a kind, with one setting of a class."""
    drawn = layers(kind, *shapes)
    if setting is not None:
        drawn = drawn.filter(lambda layer: class_of(getattr(layer, setting[0])) == setting[1])
    return draw(drawn)


def planted(draw: Draw, plot: Plot, kind: str, setting: tuple[str, str] | None) -> None:
    if K[kind].arity[1] == 0:
        plot.add(K["add"](), plot.last, plot.add(K[kind](shape=plot.shape(plot.last))))
    elif kind in JOINS:
        plot.add(chosen(draw, kind, setting, *[plot.shape(plot.last)] * 2), plot.last, plot.last)
    else:
        plot.add(chosen(draw, kind, setting, plot.shape(plot.last)), plot.last)


def single(draw: Draw, plot: Plot, source: int, among: Iterable[str] = CHAIN, **details: Any) -> int:
    x = plot.shape(source)
    kind = draw(st.sampled_from([kind for kind in among if len(x) in ranks(kind)]))
    return plot.add(draw(layers(kind, x)), source, **details)


def follow(draw: Draw, plot: Plot) -> None:
    single(draw, plot, plot.last)


def branch(draw: Draw, plot: Plot) -> None:
    single(draw, plot, plot.some(draw))


def in_place(draw: Draw, plot: Plot) -> None:
    """Layers that may overwrite what is there, one after the other, of any layer, read by others or not."""
    at = plot.some(draw)
    for _ in range(draw(st.integers(2, 3))):
        at = single(draw, plot, at, draw(st.sampled_from([IN_PLACE, ["dropout"]])))


def views(draw: Draw, plot: Plot) -> None:
    """Views of views, and something in memory's own order after them."""
    at = plot.some(draw)
    for _ in range(draw(st.integers(2, 4))):
        at = single(draw, plot, at, VIEWS)
    single(draw, plot, at, draw(st.sampled_from([IN_PLACE, CHAIN])))


def joined(draw: Draw, plot: Plot) -> None:
    """A residual or a product of two layers of one shape."""
    x = plot.shape(plot.last)
    other = plot.some(draw, lambda shape: shape == x)
    plot.add(K[draw(st.sampled_from(["add", "multiply"]))](), other, plot.last)


def concatenated(draw: Draw, plot: Plot) -> None:
    """Layers one after the other along any axis, a place as well as the channels."""
    x = plot.shape(plot.last)
    axis = draw(st.integers(-len(x), len(x) - 1))
    rest = [n for i, n in enumerate(x) if i != axis % len(x)]

    def fits(shape: tuple[int, ...]) -> bool:
        return len(shape) == len(x) and [n for i, n in enumerate(shape) if i != axis % len(x)] == rest

    others = [plot.some(draw, fits) for _ in range(draw(st.integers(1, 2)))]
    plot.add(K["concat"](axis=axis), *others, plot.last)


def repeated(draw: Draw, plot: Plot) -> None:
    """A product or sum in which one place of an axis meets all of them."""
    x = plot.shape(plot.last)
    axis = draw(st.integers(0, len(x) - 1))
    start = draw(st.integers(0, x[axis] - 1))
    one = plot.add(K["slice"](start=start, stop=start + 1, axis=axis), plot.last)
    plot.add(K[draw(st.sampled_from(["add", "multiply"]))](), *draw(st.permutations([one, plot.readable[-2]])))


def excited(draw: Draw, plot: Plot) -> None:
    """Squeeze and excitation: channels weighed by what their means say (Hu et al. 2017)."""
    source = plot.some(draw, lambda shape: len(shape) > 1)
    x = plot.shape(source)
    at = plot.add(K[draw(st.sampled_from(["globalavgpool", "globalmaxpool"]))](), source)
    at = plot.add(K["flatten"](), at)
    at = plot.add(K["linear"](out=x[0]), plot.add(K["relu"](), plot.add(K["linear"](out=2), at)))
    at = plot.add(K["reshape"](shape=(x[0], *(1 for _ in x[1:]))), plot.add(K["sigmoid"](), at))
    plot.add(K["multiply"](), source, at)


def folded(draw: Draw, plot: Plot) -> None:
    """Places in one row and back again, with or without a layer between."""
    source = plot.some(draw, lambda shape: len(shape) > 2)
    x = plot.shape(source)
    flat = (x[0], math.prod(x[1:]))
    at = plot.add(K["reshape"](shape=flat), source)
    if draw(st.booleans()):
        at = plot.add(
            K["permute"](order=(1, 0)), plot.add(K["linear"](out=x[0]), plot.add(K["permute"](order=(1, 0)), at))
        )
    elif draw(st.booleans()):
        at = single(draw, plot, at)
    plot.add(K["reshape"](shape=x), at)


def turned(draw: Draw, plot: Plot) -> None:
    """Axes in another order, a layer, and the axes back."""
    source = plot.some(draw)
    rank = len(plot.shape(source))
    order = tuple(draw(st.permutations(range(rank))))
    at = single(draw, plot, plot.add(K["permute"](order=order), source))
    if len(plot.shape(at)) == rank:
        plot.add(K["permute"](order=tuple(map(order.index, range(rank)))), at)


def headed(draw: Draw, plot: Plot) -> None:
    """The places of maps of two sizes one after the other, as the heads of SSD and YOLO are."""
    first = plot.some(draw, lambda shape: len(shape) > 1)
    channels = plot.shape(first)[0]
    second = plot.some(draw, lambda shape: len(shape) > 1 and shape[0] == channels)
    rows = [plot.add(K["flatten"](start=1), i) for i in (first, second)]
    plot.add(K["concat"](axis=1), *rows)


def shared(draw: Draw, plot: Plot) -> None:
    """An earlier layer's weights used again."""
    nodes = plot.builder.nodes
    owners = [
        i for i in plot.readable if nodes[i].share is None and nodes[i].layer.kind not in {"embedding", "learned"}
    ]
    owners = [i for i in owners if nodes[i].layer.weights(*(plot.shape(j) for j in nodes[i].inputs))]
    if not owners:
        raise SpecError("no layer has weights")
    owner = draw(st.sampled_from(owners))
    inputs = [plot.some(draw, plot.shape(i).__eq__) for i in nodes[owner].inputs]
    plot.add(nodes[owner].layer, *inputs, share=owner)


def auxiliary(draw: Draw, plot: Plot) -> None:
    """A head for training alone."""
    at = plot.some(draw)
    for _ in range(draw(st.integers(1, 2))):
        at = single(draw, plot, at, auxiliary=True)


def attended(draw: Draw, plot: Plot) -> None:
    """Attention to itself, to another sequence, or with keys and values apart."""
    inputs = [plot.some(draw, lambda shape: len(shape) == 2) for _ in range(draw(st.integers(1, 3)))]
    plot.add(draw(layers("attention", *map(plot.shape, inputs))), *inputs)


def recurrent(draw: Draw, plot: Plot) -> None:
    """A recurrent layer joined with itself along its tokens or its features, then the largest of each two."""
    source = plot.some(draw, lambda shape: len(shape) == 2)
    at = plot.add(draw(layers(draw(st.sampled_from(["lstm", "gru", "rnn"])), plot.shape(source))), source)
    at = plot.add(K["concat"](axis=draw(st.integers(0, 1))), at, plot.add(K["relu"](), at))
    plot.add(K["maxout"](pieces=2), at)


def learned(draw: Draw, plot: Plot) -> None:
    """A trained array added to a layer's output, or put before it."""
    x = plot.shape(plot.last)
    if draw(st.booleans()):
        plot.add(K["add"](), plot.last, plot.add(K["learned"](shape=x)))
    else:
        source = plot.last
        plot.add(K["concat"](axis=0), plot.add(K["learned"](shape=(1, *x[1:]))), source)


def looked_up(draw: Draw, plot: Plot, setting: tuple[str, str] | None = None) -> None:
    """Token numbers, cut or not, and the rows of a table that they name."""
    at = plot.readable[0]
    for _ in range(draw(st.integers(0, 2))):
        at = plot.add(draw(layers(draw(st.sampled_from(CARRIES)), plot.shape(at))), at)
    plot.add(chosen(draw, "embedding", setting, plot.shape(at)), at)
    # Nothing else reads numbers that stand for words.
    del plot.readable[:-1]


CONSTRUCTS = {
    construct.__name__: construct
    for construct in (
        *(follow, branch, in_place, views, joined, concatenated, repeated, excited, folded, turned),
        *(headed, shared, auxiliary, attended, recurrent, learned),
    )
}
# Settings that suit no input there is, or that only inputs of other ranks have.
NEVER = {"hardtanh.min=more"}


def class_of(value: Any) -> str:
    """What sort of value a setting has: each word and truth by itself, a number by whether it is 0, 1 or more."""
    if isinstance(value, bool) or value is None or isinstance(value, str):
        return str(value).lower()
    if isinstance(value, tuple):
        return "pairs" if any(isinstance(entry, tuple) for entry in value) else "list"
    return str(value) if value in {0, 1} else "less" if value < 0 else "more"


def classes(kind: inspect.Type) -> Iterator[str]:
    """The classes of values that a field of a type may have."""
    match kind:
        case inspect.BoolType():
            yield from ("true", "false")
        case inspect.NoneType():
            yield "none"
        case inspect.LiteralType(values=values):
            yield from map(str, values)
        case inspect.UnionType(types=types):
            for one in types:
                yield from classes(one)
        case inspect.VarTupleType(item_type=inspect.VarTupleType()):
            yield "pairs"
        case inspect.VarTupleType(item_type=inspect.UnionType()):
            yield from ("list", "pairs")
        case inspect.VarTupleType():
            yield "list"
        case inspect.IntType(ge=int(least)):
            yield from [*(["0"] if least == 0 else []), "1", "more"]
        case _:
            yield "more"


def settings_of(kind: str) -> list[tuple[str, str]]:
    """Each field of a kind with each class of values that it may have."""
    return [
        (field.name, one)
        for field in msgspec.structs.fields(K[kind])
        for one in classes(inspect.type_info(field.type))
        if f"{kind}.{field.name}={one}" not in NEVER
    ]


def all_there_is() -> Counter[str]:
    """Everything that a long run must have drawn, counted 0 times."""
    kinds = [kind for kind in K if kind != "input"]
    return Counter(
        {
            **{f"construct {name}": 0 for name in ("tokens", *CONSTRUCTS)},
            **{f"kind {kind}": 0 for kind in kinds},
            **{f"setting {kind}.{name}={one}": 0 for kind in kinds for name, one in settings_of(kind)},
        }
    )
