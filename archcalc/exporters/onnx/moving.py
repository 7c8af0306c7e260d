"""Layers that move values: views, orders, margins, and sizes made larger."""

from __future__ import annotations

from collections.abc import Sequence

from archcalc.exporters.onnx.filters import surrounded
from archcalc.exporters.onnx.part import Handler, Part, Value
from archcalc.layers.axes import both_sides, each_axis
from archcalc.symbols.dims import Dim, quotient


def view(part: Part) -> Value:
    """The same values in another shape."""
    return part.reshape(part.x, part.shape, tuple(part.node.shape))


def flatten(part: Part) -> Value:
    """All axes as one, or some of them."""
    return part.main("Flatten", part.x, axis=1) if len(part.node.shape) == 1 else view(part)


def permute(part: Part) -> Value:
    """The axes in another order."""
    return part.main("Transpose", part.x, perm=(0, *(axis + 1 for axis in part.layer.order)))


def sliced(part: Part) -> Value:
    """The entries of an axis from one up to another."""
    layer = part.layer
    start, stop = part.known((layer.start, layer.stop), "the ends")
    return part.slice(part.x, layer.axis % len(part.shape), start, stop)


def split(part: Part) -> Value:
    """One of equal parts of an axis."""
    layer = part.layer
    axis = layer.axis % len(part.shape)
    (width,) = part.known((quotient(part.shape[axis], layer.parts),), "a part")
    return part.slice(part.x, axis, layer.part * width, (layer.part + 1) * width)


def concat(part: Part) -> Value:
    """Inputs one after the other along an axis."""
    return part.main("Concat", *part.inputs, axis=part.layer.axis % len(part.shape) + 1)


def shuffle(part: Part) -> Value:
    """Channels of groups one by one in turn."""
    channels, *places = part.shape
    groups = part.layer.groups
    apart: tuple[Dim, ...] = (groups, quotient(channels, groups), *places)
    x = part.op("Reshape", part.x, part.file.numbers(0, *part.known(apart[:2]), *_kept(part, places)))
    x = part.transpose(x, 1, 0, *range(2, len(apart)))
    return part.op("Reshape", x, part.file.numbers(0, *part.known((channels,)), *_kept(part, places)))


def _kept(part: Part, places: Sequence[Dim]) -> tuple[int, ...]:
    """The sizes of places for a reshape, in which one letter is what remains."""
    return part.known([n if isinstance(n, int) else -1 for n in places]) if _open(places) < 2 else part.known(places)


def _open(places: Sequence[Dim]) -> int:
    return sum(not isinstance(n, int) for n in places)


def enlarged(part: Part) -> Value:
    """Groups of channels laid out as squares of pixels."""
    return part.main("DepthToSpace", part.x, blocksize=part.layer.factor, mode="CRD")


def reduced(part: Part) -> Value:
    """Squares of pixels laid out as groups of channels."""
    f = part.layer.factor
    channels, height, width = part.known(part.shape)
    x = part.op("Reshape", part.x, part.file.numbers(0, channels, height // f, f, width // f, f))
    x = part.transpose(x, 0, 2, 4, 1, 3)
    return part.op("Reshape", x, part.file.numbers(0, channels * f * f, height // f, width // f))


def maxout(part: Part) -> Value:
    """The largest of each few channels."""
    channels, *places = part.shape
    pieces = part.layer.pieces
    apart = part.known((quotient(channels, pieces), pieces))
    x = part.op("Reshape", part.x, part.file.numbers(0, *apart, *_kept(part, places)))
    return part.main("ReduceMax", x, axes=(2,), keepdims=0)


def cropped(part: Part) -> Value:
    """Each axis but the first without its margins."""
    before = [(n - m) // 2 for n, m in _pairs(part)]
    if part.layer.margin is not None:
        before = [first for first, _ in both_sides(part.layer.margin, len(part.shape) - 1)]
    x = part.x
    for axis, (start, (n, m)) in enumerate(zip(before, _pairs(part), strict=True), start=1):
        if n != m:
            x = part.slice(x, axis, start, start + m)
    return x


def _pairs(part: Part) -> list[tuple[int, int]]:
    """The sizes of each axis but the first before and after the layer."""
    return [*zip(part.known(part.shape[1:]), part.known(tuple(part.node.shape)[1:]), strict=True)]


def padded(part: Part) -> Value:
    """Margins before and after each axis but the first."""
    sides = [part.known(side, "a margin") for side in part.layer.sides(part.shape)]
    return surrounded(part, part.x, [(before, after) for before, after in sides], part.layer.mode)


def rolled(part: Part, x: Value, axis: int, n: int, shift: int) -> Value:
    """An axis of n entries moved along by a number, around its end."""
    at = -shift % n
    if at == 0:
        return x
    return part.op("Concat", part.slice(x, axis, at, n), part.slice(x, axis, 0, at), axis=axis + 1)


def roll(part: Part) -> Value:
    """Axes moved along, around their ends."""
    layer, x = part.layer, part.x
    for axis, shift in zip(layer.axes, each_axis(layer.shifts, len(layer.axes)), strict=True):
        own = axis % len(part.shape)
        x = rolled(part, x, own, part.known((part.shape[own],), "the axis")[0], shift)
    return x


def resized(part: Part) -> Value:
    """Each axis but the first longer or shorter, by the nearest values or linearly."""
    linear = part.layer.mode == "linear"
    settings = (
        {"mode": "linear", "coordinate_transformation_mode": "half_pixel"}
        if linear
        else {"mode": "nearest", "coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"}
    )
    if part.layer.kind == "upsample":
        scales = part.known(each_axis(part.layer.scale, len(part.shape) - 1), "the scale")
        return part.main("Resize", part.x, "", part.constant([1, 1, *scales]), **settings)
    if not linear:
        return _picked(part)
    sizes = part.file.numbers(*part.known(tuple(part.node.shape), "an output"))
    whole = part.op("Concat", part.samples(part.x), sizes, axis=0)
    return part.main("Resize", part.x, "", "", whole, **settings)


def _picked(part: Part) -> Value:
    """The value ⌊i·n/m⌋ for each place of m: runtimes work out other ones where n/m is no whole number."""
    x = part.x
    before, after = (part.known(shape[1:], "a size") for shape in (part.shape, tuple(part.node.shape)))
    for axis, (n, m) in enumerate(zip(before, after, strict=True), start=2):
        if n != m:
            x = part.op("Gather", x, part.file.numbers(*(i * n // m for i in range(m))), axis=axis)
    return x


HANDLERS: dict[str, Handler] = {
    "reshape": view,
    "flatten": flatten,
    "permute": permute,
    "slice": sliced,
    "split": split,
    "concat": concat,
    "channelshuffle": shuffle,
    "pixelshuffle": enlarged,
    "pixelunshuffle": reduced,
    "maxout": maxout,
    "crop": cropped,
    "pad": padded,
    "roll": roll,
    "upsample": resized,
    "resize": resized,
}
