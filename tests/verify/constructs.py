"""Ways to put layers together: residuals, heads, views of views, shared weights."""

from __future__ import annotations

import math

from hypothesis import strategies as st

from archcalc.errors import SpecError
from archcalc.layers import Layer
from tests.layers.inputs import BY_VALUE, Draw, moved
from tests.layers.strategies import layers
from tests.verify.plot import CHAIN, IN_PLACE, VIEWS, K, Plot, single
from tests.verify.sequences import (
    attended,
    biased,
    linearly_attended,
    multiplied,
    recurrent,
    scanned,
    scanned_in_heads,
    weighted,
    windowed,
)
from tests.verify.setting_classes import class_of

# Experts are run one after the other.
MOST_TOKENS = 12
# What may stand between token numbers and the layer that looks them up.
CARRIES = ("slice", "split", "identity", "dropout", "flatten")


def chosen(draw: Draw, kind: str, setting: tuple[str, str] | None, *shapes: tuple[int, ...]) -> Layer:
    """A layer of a kind, with one setting of a class."""
    drawn = layers(kind, *shapes)
    if setting is not None:
        drawn = drawn.filter(lambda layer: class_of(layer, setting[0]) == setting[1])
    return draw(drawn)


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
    plot.add(K[draw(st.sampled_from(BY_VALUE))](), other, plot.last)


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
    plot.add(K[draw(st.sampled_from(BY_VALUE))](), *draw(st.permutations([one, plot.readable[-2]])))


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


# Settings that a layer is without where it takes the places of another.
TO_ANOTHER = {("crop", ("margin", "none")), ("resize", ("size", "none"))}


def beside(draw: Draw, plot: Plot, kind: str = "") -> None:
    """A layer cut to the places of another, or made as large."""
    source = plot.some(draw, lambda shape: 1 < len(shape) < 5)
    rank = len(plot.shape(source))
    other = plot.some(draw, lambda shape: len(shape) == rank)
    if draw(st.booleans()) and all(n > 1 for n in plot.shape(source)[1:]):
        other = plot.add(K["crop"](margin=tuple((0, 1) for _ in range(rank - 1))), source)
    plot.add(K[kind or draw(st.sampled_from(["crop", "resize"]))](), source, other)


def with_others(draw: Draw, plot: Plot, kind: str, setting: tuple[str, str] | None = None) -> None:
    """A layer that reads others beside its input: trained arrays."""
    x = plot.shape(plot.last)
    if kind == "roialign":
        boxes = plot.add(K["learned"](shape=(draw(st.integers(1, 3)), 4)))
        maps = any(len(plot.shape(i)) == 3 for i in plot.readable)
        source = plot.some(draw, lambda shape: len(shape) == 3) if maps else plot.add(K["learned"](shape=(2, 4, 5)))
        plot.add(chosen(draw, kind, setting, plot.shape(boxes), plot.shape(source)), boxes, source)
        return
    shapes = draw(moved(x)) if kind == "deformconv2d" else (x, x[:1])
    others = [plot.add(K["learned"](shape=shape)) for shape in shapes[1:]]
    plot.add(chosen(draw, kind, setting, *shapes), plot.readable[-len(others) - 1], *others)


def deformed(draw: Draw, plot: Plot) -> None:
    """A deformable convolution with offsets, and now and then a mask, that convolutions make of its input."""
    source = plot.some(draw, lambda shape: len(shape) == 3)
    window = {"kernel": 3, "padding": 1, "stride": draw(st.integers(1, 2))}
    others = [plot.add(K["conv2d"](out=out, **window), source) for out in (18, 9)[: draw(st.integers(1, 2))]]
    plot.add(K["deformconv2d"](out=draw(st.integers(1, 3)), **window), source, *others)


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


def mixed(draw: Draw, plot: Plot, kind: str = "", setting: tuple[str, str] | None = None) -> None:
    """A mixture of experts, with a capacity or without, beside what goes around it; a layer of a kind has a setting of a class."""
    source = plot.some(draw, lambda shape: len(shape) == 2 and shape[0] <= MOST_TOKENS)
    x, count = plot.shape(source), draw(st.integers(2, 5))
    field, wanted = setting or ("", "")
    some = {"none": [None], "more": [0.5, 1.25]}.get(wanted if field == "capacity" else "", [None, 0.5, 1.0, 1.25])
    least = 2 if (field, wanted) == ("chosen", "more") else 1
    of = {"chosen": draw(st.integers(least, count)), "capacity": draw(st.sampled_from(some))}

    def flags(name: str, *fields: str) -> dict[str, bool]:
        return {one: wanted == "true" if (kind, field) == (name, one) else draw(st.booleans()) for one in fields}

    scores = plot.add(K["softmax"](), plot.add(K["linear"](out=count, bias=False), source))
    gates = plot.add(K["topk"](of["chosen"], **flags("topk", "normalise", "bias")), scores)
    at = plot.add(K["dispatch"](**of), source, gates)
    for out in (4, x[1]):
        at = plot.add(K["expertlinear"](max(out, 2), **of, **flags("expertlinear", "bias")), at, gates)
        at = single(draw, plot, at, IN_PLACE)
    at = plot.add(K["combine"](**of), at, gates)
    if plot.shape(at) == x:
        plot.add(K["add"](), at, source)


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


def given_more(draw: Draw, plot: Plot) -> None:
    """Another input of the network, and a layer that reads it; joined to what was there if it still fits."""
    source = plot.some(draw)
    x = plot.shape(source)
    at = single(draw, plot, plot.add(K["input"](shape=tuple(x), axes=x.axes if all(x.axes) else None)))
    if plot.shape(at) == x:
        plot.add(K[draw(st.sampled_from(["add", "multiply", "concat"]))](), at, source)


CONSTRUCTS = {
    construct.__name__: construct
    for construct in (
        *(follow, branch, in_place, views, joined, concatenated, repeated, excited, folded, turned),
        *(headed, beside, deformed, shared, auxiliary, attended, linearly_attended, biased, multiplied, windowed),
        *(recurrent, scanned, scanned_in_heads, weighted, mixed, learned, given_more),
    )
}
