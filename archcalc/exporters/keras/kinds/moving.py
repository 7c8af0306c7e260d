"""Layers that move, cut or repeat values."""

from __future__ import annotations

from itertools import chain

from archcalc.exporters.keras.kinds.sliding import alike
from archcalc.exporters.keras.registry import Order, Placed, Use, channels_last, function, kind, natural
from archcalc.exporters.source.code import Call, Code, given, plain
from archcalc.exporters.source.records import Unwritten
from archcalc.layers.axes import each_axis
from archcalc.symbols.dims import Shape

_LINEAR = {2: "bilinear"}


@kind("flatten")
def _flatten(use: Use) -> Placed:
    x = use.shapes[0]
    first, stop = int(use.layer.axes[0]), int(use.layer.axes[-1]) + 1
    order = _keeping(use.order, x, range(first, stop)) or natural(len(x))
    joined = range(first, stop)
    at = min(order.index(axis) for axis in joined)
    fed = "$0" if order == use.order or _moved_alike(use.order, order, x) else use.fed(order)
    if len(joined) == len(x):
        return Placed(Code(f"$self({fed})", Call("layers.Flatten")), (0,))
    rest = [axis for axis in order if axis not in joined]
    # The axes behind those that are joined have other places now.
    new = [axis if axis < first else axis - len(joined) + 1 for axis in rest]
    new.insert(at, first)
    shape = tuple(int(use.output[axis]) for axis in new)
    return Placed(Code(f"$self({fed})", Call("layers.Reshape", (plain("shape", shape),))), tuple(new))


def _keeping(order: Order, x: Shape, joined: range) -> Order | None:
    """An order with the same values one after the other, in which the axes to be joined follow each other as ours do."""
    long = [axis for axis in order if axis not in joined or x[axis] != 1]
    places = [at for at, axis in enumerate(long) if axis in joined]
    run = [long[at] for at in places]
    if run != sorted(run) or places != list(range(places[0], places[0] + len(places)) if places else ()):
        return None
    at = places[0] if places else min(joined.start, len(long))
    rest = [axis for axis in long if axis not in joined]
    return (*rest[:at], *joined, *rest[at:])


def _moved_alike(one: Order, other: Order, x: Shape) -> bool:
    """True if two orders differ in axes of one place alone."""
    return [axis for axis in one if x[axis] != 1] == [axis for axis in other if x[axis] != 1]


@kind("reshape")
def _reshape(use: Use) -> Placed:
    x, shape = use.shapes[0], tuple(map(int, use.output))
    order = natural(len(x))
    fed = "$0" if _moved_alike(use.order, order, x) else use.fed(order)
    return Placed(Code(f"$self({fed})", Call("layers.Reshape", (plain("shape", shape),))), natural(len(shape)))


@kind("permute")
def _permute(use: Use) -> Placed:
    """The same values, of which only the axes have other places among ours."""
    moved = tuple(map(int, use.layer.order))
    return Placed(Code("$0"), tuple(moved.index(axis) for axis in use.order))


def _cut(use: Use, axis: int, start: str, stop: str) -> str:
    at = use.order.index(axis)
    return f"$0[{':, ' * (at + 1)}{start}:{stop}]"


@kind("slice")
def _part(use: Use) -> Placed:
    axis = int(use.layer.axis)
    return function(use, _cut(use, axis, "$start", "$stop"), start=int(use.layer.start), stop=int(use.layer.stop))


@kind("split")
def _split(use: Use) -> Placed:
    axis = int(use.layer.axis)
    size, part = int(use.output[axis]), int(use.layer.part)
    return function(use, _cut(use, axis, "$start", "$stop"), start=part * size, stop=(part + 1) * size)


@kind("channelshuffle")
def _channel_shuffle(use: Use) -> Placed:
    channels, *places = map(int, use.output)
    groups, order = int(use.layer.groups), channels_last(len(use.output))
    kept = ", ".join(map(str, range(1, len(places) + 1)))
    lines = [
        f"layers.Reshape($apart, name=$apart_name)({use.fed(order)})",
        f"layers.Permute(({kept}, {len(places) + 2}, {len(places) + 1}), name=$moved_name)($_)",
        "$self($_)",
    ]
    apart = (*places, groups, channels // groups)
    call = Call("layers.Reshape", (plain("shape", (*places, channels)),))
    return Placed(Code("\n".join(lines), call, {"apart": apart}), order)


@kind("pixelshuffle", "pixelunshuffle")
def _pixel_shuffle(use: Use) -> Placed:
    channels, *places = map(int, use.shapes[0])
    factor, rank, order = int(use.layer.factor), len(use.output) - 1, channels_last(len(use.output))
    if use.layer.kind == "pixelshuffle":
        apart = (*places, channels // factor**rank, *(factor for _ in places))
        moved = (*chain.from_iterable((at + 1, rank + 2 + at) for at in range(rank)), rank + 1)
    else:
        apart = (*chain.from_iterable((n // factor, factor) for n in places), channels)
        moved = (*(2 * at + 1 for at in range(rank)), 2 * rank + 1, *(2 * at + 2 for at in range(rank)))
    lines = [
        f"layers.Reshape($apart, name=$apart_name)({use.fed(order)})",
        f"layers.Permute({moved}, name=$moved_name)($_)",
        "$self($_)",
    ]
    call = Call("layers.Reshape", (plain("shape", tuple(int(use.output[axis]) for axis in order)),))
    return Placed(Code("\n".join(lines), call, {"apart": apart}), order)


@kind("upsample")
def _upsample(use: Use) -> Placed:
    rank = len(use.output) - 1
    order = channels_last(rank + 1)
    scales = each_axis(use.layer.scale, rank)
    if not all(isinstance(scale, int) for scale in scales):
        raise Unwritten("by other than whole numbers")
    if use.layer.mode != "nearest" and rank not in _LINEAR:
        raise Unwritten("between the values of other than images")
    options = [] if use.layer.mode == "nearest" else [given("interpolation", _LINEAR[rank])]
    call = Call(f"layers.UpSampling{rank}D", (plain("size", alike(tuple(scales))), *options))
    return Placed(Code(f"$self({use.fed(order)})", call), order)


@kind("resize")
def _resize(use: Use) -> Placed:
    sizes, rank = tuple(int(n) for n in use.output[1:]), len(use.output) - 1
    order = channels_last(rank + 1)
    before = tuple(int(n) for n in use.shapes[0][1:])
    whole = all(m % n == 0 for n, m in zip(before, sizes, strict=True))
    if use.layer.mode == "nearest" and whole:
        times = alike(tuple(m // n for n, m in zip(before, sizes, strict=True)))
        return Placed(
            Code(f"$self({use.fed(order)})", Call(f"layers.UpSampling{rank}D", (plain("size", times),))), order
        )
    if rank != 2 or use.layer.mode == "nearest":
        raise Unwritten("to the nearest values of a size that is no multiple, or of other than images")
    arguments = plain("height", sizes[0]), plain("width", sizes[1])
    return Placed(Code(f"$self({use.fed(order)})", Call("layers.Resizing", arguments)), order)


@kind("roll")
def _roll(use: Use) -> Placed:
    shifts = tuple(int(n) for n in each_axis(use.layer.shifts, len(use.layer.axes)))
    axes = tuple(use.order.index(int(axis)) + 1 for axis in use.layer.axes)
    return function(use, f"ops.roll($0, $shifts, axis={axes})", shifts=shifts)


@kind("maxout")
def _maxout(use: Use) -> Placed:
    order = (*(axis for axis in use.order if axis != 0), 0)
    sizes = tuple(int(use.output[axis]) for axis in order)
    call = Call("layers.Reshape", (plain("shape", (*sizes, int(use.layer.pieces))),))
    return Placed(Code(f"$self({use.fed(order)})\nops.max($_, axis=-1)", call), order)
