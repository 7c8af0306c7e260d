"""Random networks of every kind of layer, with every class of settings and every way to put layers together.

`networks(kind, setting)` draws a network that begins with a layer of the kind whose setting is of the class, and goes on with
some of `CONSTRUCTS`. Nothing here loads torch.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from hypothesis import assume, note
from hypothesis import strategies as st

from archcalc.errors import SpecError
from archcalc.layers.rearrange import Input
from archcalc.network.graph import Builder, Graph
from archcalc.symbols.shape import axes_of
from tests.layers.expert_cases import CHOOSING
from tests.layers.inputs import Draw, suited
from tests.verify.constructs import CONSTRUCTS, TO_ANOTHER, beside, chosen, looked_up, mixed, with_others
from tests.verify.plot import CHAIN, K, Plot
from tests.verify.setting_classes import class_of, settings_of


class Drawn(NamedTuple):
    """A network, and the names of the constructs that went into it."""

    graph: Graph
    constructs: tuple[str, ...]

    @property
    def census(self) -> Iterator[str]:
        """What the network holds, of all that there is to draw."""
        yield from (f"construct {name}" for name in self.constructs)
        yield from ["outputs"] * bool(self.graph.named_outputs)
        yield from ["an output that is read"] * any(self.graph.outputs[0] in node.inputs for node in self.graph.nodes)
        yield f"input {' '.join(self.graph.input_axes)}"
        for node in self.graph.nodes[1:]:
            yield f"kind {node.layer.kind}"
            for field in node.layer.__struct_fields__:
                yield f"setting {node.layer.kind}.{field}={class_of(node.layer, field)}"


def named(kind: str, shape: tuple[int, ...]) -> list[tuple[str, ...] | None]:
    """What an input's axes may be called where a layer of a kind follows."""
    if kind == "windowattention":
        return [("depth", "height", "width", "channels")[-len(shape) :] if len(shape) > 2 else ("length", "channels")]
    if len(shape) != 2:
        return [None]
    signal, sequence = ("channels", "length"), ("tokens", "features")
    needs = K.get(kind, Input).layout
    return (
        [sequence]
        if needs == "sequence"
        else [signal]
        if needs != "any" or K.get(kind, Input).rank
        else [signal, sequence]
    )


@st.composite
def networks(draw: Draw, kind: str = "", setting: tuple[str, str] | None = None) -> Drawn:
    """A network on any input; with a kind, beginning with a layer of it, and with a setting, that of a class."""
    builder = Builder()
    shape = draw(suited(kind or draw(st.sampled_from(CHAIN))) if K.get(kind, Input).arity[1] else suited("linear"))[0]
    words = kind == "embedding" or (len(shape) == 1 and draw(st.booleans()))
    axes = ("tokens",) if words else draw(st.sampled_from(named(kind, shape)))
    plot = Plot(builder, [builder.add("input", Input(shape, axes))])
    constructs = ["tokens"] if words and _tried(looked_up, draw, plot, setting if kind == "embedding" else None) else []
    assume(constructs or kind != "embedding")
    if kind and kind != "embedding":
        assume(_tried(planted, draw, plot, kind, setting))
    for _ in range(draw(st.integers(0 if kind else 2, 5))):
        name = draw(st.sampled_from(sorted(CONSTRUCTS)))
        if not words or constructs:
            constructs += [name] if _tried(CONSTRUCTS[name], draw, plot) else []
    note("\n".join(map(str, builder.nodes)))
    outputs = draw(st.just([]) | st.lists(st.sampled_from(plot.readable), max_size=3, unique=True))
    return Drawn(builder.graph("random", named_outputs=tuple(outputs)), tuple(constructs))


def _tried(construct: Callable[..., object], draw: Draw, plot: Plot, *more: Any) -> bool:
    """Whether a construct found its place; where it did not, what it added is taken away."""
    nodes, readable = len(plot.builder.nodes), len(plot.readable)
    try:
        construct(draw, plot, *more)
    except SpecError:
        del plot.builder.nodes[nodes:], plot.readable[readable:]
    return len(plot.builder.nodes) > nodes


def planted(draw: Draw, plot: Plot, kind: str, setting: tuple[str, str] | None) -> None:
    if K[kind].arity[1] == 0:
        x = plot.shape(plot.last)
        axes = axes_of(x) if setting == ("axes", "said") else None
        plot.add(K["add"](), plot.last, plot.add(K[kind](shape=x, axes=axes)))
    elif kind in CHOOSING:
        mixed(draw, plot, kind, setting)
    elif kind in {"deformconv2d", "nms", "roialign"}:
        with_others(draw, plot, kind, setting)
    elif (kind, setting) in TO_ANOTHER:
        beside(draw, plot, kind)
    else:
        inputs = [plot.last] * K[kind].arity[0]
        plot.add(chosen(draw, kind, setting, *map(plot.shape, inputs)), *inputs)


def all_there_is() -> Counter[str]:
    """Everything that a long run must have drawn, counted 0 times."""
    kinds = [kind for kind in K if kind != "input" and K[kind].runs]
    return Counter(
        {
            **{f"construct {name}": 0 for name in ("tokens", *CONSTRUCTS)},
            "outputs": 0,
            "an output that is read": 0,
            **{f"kind {kind}": 0 for kind in kinds},
            **{f"setting {kind}.{name}={one}": 0 for kind in kinds for name, one in settings_of(kind)},
        }
    )
