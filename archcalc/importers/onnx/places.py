"""Operators that make the places of an image more or fewer."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from archcalc.importers.onnx.convolution import plain
from archcalc.importers.onnx.model import Operator
from archcalc.importers.onnx.shaping import axis_of, numbers
from archcalc.importers.onnx.values import Flow, Known
from archcalc.importers.onnx.walk import Handler, Made, Walk, same
from archcalc.layers.margins import Pad
from archcalc.layers.patches import Unfold
from archcalc.layers.rearrange import Permute
from archcalc.layers.resample import PixelShuffle, Upsample
from archcalc.layers.resize import Resize
from archcalc.symbols.dims import floor_div

_MODES = {"constant": "zeros", "reflect": "reflect", "edge": "replicate", "wrap": "circular"}


def pad(walk: Walk, op: Operator) -> Made:
    """Margins around the places."""
    x = walk.value(op, 0)
    sides = numbers(walk, op, 1, "pads") or op.wholes("paddings")
    whole = walk.whole(x)
    if sides is None or any(not isinstance(n, int) for n in sides):
        return walk.unknown(op)
    axes = numbers(walk, op, 3, "axes") or tuple(range(len(whole)))
    if len(sides) != 2 * len(axes):
        raise walk.error(op, f"{len(sides)} margins for {len(axes)} axes")
    pairs: dict[int, Any] = {
        axis_of(walk, op, int(axis), len(whole)): (sides[i], sides[i + len(axes)]) for i, axis in enumerate(axes)
    }
    pairs = {axis: side for axis, side in pairs.items() if any(side)}
    if not pairs:
        return [x]
    shape = tuple(n + sum(pairs.get(axis, ())) for axis, n in enumerate(whole))
    if isinstance(x, Known):
        return [replace(x, shape=shape, content=None)]
    own = {x.own(axis): side for axis, side in pairs.items()}
    mode = _MODES.get(op.word("mode", "constant"), "zeros")
    free = next((axis for axis in range(len(x.shape)) if axis not in own), None)
    if None in own or free is None or x.merged or any(min(side) < 0 for side in own.values()):
        return walk.unknown(op, shape)
    # A layer has no margins along its first axis.
    order = (free, *(axis for axis in range(len(x.shape)) if axis != free))
    margins = [own.get(axis, (0, 0)) for axis in order[1:]]
    margin = plain(tuple(a if a == b else (a, b) for a, b in margins))
    made = _in_order(walk, op, x, order)
    made = walk.add(op, Pad(margin=margin, mode=mode), made)  # type: ignore[arg-type]
    return [_in_order(walk, op, made, tuple(map(order.index, range(len(order)))))]


def _in_order(walk: Walk, op: Operator, x: Flow, order: tuple[int, ...]) -> Flow:
    """A value with its axes in another order, as it is where that is theirs."""
    if list(order) == sorted(order):
        return x
    return replace(walk.add(op, Permute(order), x, name=f"{op.label}/axes"), batch=x.batch)


def resize(walk: Walk, op: Operator) -> Made:
    """Places made more or fewer."""
    x = walk.flow(op, 0)
    whole = walk.whole(x)
    newer = op.kind == "Resize" and len(op.inputs) > 2
    scales = walk.known(op, 2 if newer else 1)
    factors = op.attributes.get("scales") if op.kind == "Upsample" else scales.content if scales else None
    sizes = numbers(walk, op, 3, "sizes") if newer and op.given(3) else None
    axes = op.wholes("axes") or tuple(range(len(whole)))
    wanted = list(whole)
    times: dict[int, Any] = {}
    for i, axis in enumerate(axes):
        place = axis_of(walk, op, axis, len(whole))
        if sizes is not None and len(sizes) == len(axes):
            wanted[place] = sizes[i]
        elif isinstance(factors, tuple) and len(factors) == len(axes):
            factor: Any = factors[i]
            n = whole[place]
            if factor == int(factor):
                times[place], wanted[place] = int(factor), n * int(factor)
            elif isinstance(n, int):
                wanted[place] = int(n * factor)
            else:
                ratio = float(factor).as_integer_ratio()
                wanted[place] = floor_div(n * ratio[0], ratio[1])
        else:
            return walk.unknown(op)
    mode: Any = op.word("mode", "nearest")
    if x.alone != 0 or mode not in {"nearest", "linear"} or len(x.shape) < 2 or not same(tuple(wanted[:2]), whole[:2]):
        return walk.unknown(op, tuple(wanted))
    if same(tuple(wanted), whole):
        return [x]
    rest = range(2, len(whole))
    if all(times.get(axis, 0) >= 1 for axis in rest):
        return [walk.add(op, Upsample(plain(tuple(times[axis] for axis in rest)), mode), x)]
    return [walk.add(op, Resize(plain(tuple(wanted[2:])), mode), x)]


def depth_to_space(walk: Walk, op: Operator) -> Made:
    """Channels laid out as squares of places, or back."""
    x, side = walk.flow(op, 0), op.whole("blocksize", 1)
    if x.alone != 0 or len(x.shape) != 3 or side < 1:
        return walk.unknown(op)
    layer = PixelShuffle(side) if op.kind == "DepthToSpace" else Unfold(kernel=side, stride=side)
    return [walk.add(op, layer, x)]


HANDLERS: dict[str, Handler] = {
    "Pad": pad,
    **dict.fromkeys(("Resize", "Upsample"), resize),
    **dict.fromkeys(("DepthToSpace", "SpaceToDepth"), depth_to_space),
}
