"""Operators that give values another shape, order, or place."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from archcalc.importers.onnx.folding import joined, picked, wholes
from archcalc.importers.onnx.model import MOST_AXES, Operator
from archcalc.importers.onnx.values import Flow, Known, Operand, one_sample
from archcalc.importers.onnx.walk import Handler, Made, Walk
from archcalc.layers.rearrange import Permute
from archcalc.symbols.dims import Dim, Shape, equal, format_shape, quotient, size


def numbers(walk: Walk, op: Operator, place: int, attribute: str) -> tuple[Dim, ...] | None:
    """Whole numbers that stand among the attributes of old files and are an input in newer ones."""
    found = op.wholes(attribute)
    if found is not None:
        return found
    array = walk.known(op, place)
    return None if array is None else array.wholes


def axis_of(walk: Walk, op: Operator, axis: int, rank: int) -> int:
    """An axis counted from either end; raises SpecError if it is not there."""
    if not -rank <= axis < rank:
        raise walk.error(op, f"there is no axis {axis} of {rank}")
    return axis % rank


def shaped(walk: Walk, op: Operator, x: Operand, shape: Shape) -> Operand:
    """The same values in the same order under another shape."""
    if len(shape) > MOST_AXES:
        raise walk.error(op, f"it puts out {len(shape):,} axes")
    given, wanted = size(walk.whole(x)), size(shape)
    if equal(given, wanted) is False:
        raise walk.error(op, f"{format_shape(walk.whole(x))} has {given} values and cannot be {format_shape(shape)}")
    if isinstance(x, Known):
        return replace(x, shape=tuple(shape))
    if x.batch is None:
        return walk.view(op, x, shape, None)
    found = one_sample(shape, x.batch, walk.batch, x.before)
    if found is None:
        return walk.unknown(op, shape)[0]
    return walk.view(op, x, *found)


def reshape(walk: Walk, op: Operator) -> Made:
    """The same values under a shape that is given, in which 0 keeps a size and -1 is what remains."""
    x, wanted = walk.value(op, 0), numbers(walk, op, 1, "shape")
    if wanted is None:
        return walk.unknown(op)
    whole = walk.whole(x)
    keeps = not op.whole("allowzero", 0)
    shape = [whole[axis] if keeps and n == 0 and axis < len(whole) else n for axis, n in enumerate(wanted)]
    if -1 in shape:
        at, rest = shape.index(-1), size(tuple(n for n in shape if n != -1))
        if rest == 0 or shape.count(-1) > 1:
            raise walk.error(op, f"{format_shape(tuple(wanted))} leaves its shape open")
        total = size(whole)
        if isinstance(total, int) and isinstance(rest, int) and total % rest:
            raise walk.error(op, f"{total} values do not make {format_shape(tuple(wanted))}")
        shape[at] = quotient(total, rest)
    return [shaped(walk, op, x, tuple(shape))]


def flatten(walk: Walk, op: Operator) -> Made:
    """Two axes: all before an axis, and all from it on."""
    x = walk.value(op, 0)
    whole = walk.whole(x)
    axis = op.whole("axis", 1)
    axis = axis + len(whole) if axis < 0 else axis
    return [shaped(walk, op, x, (size(whole[:axis]), size(whole[axis:])))]


def squeeze(walk: Walk, op: Operator) -> Made:
    """The same values without some axes of 1."""
    x, axes = walk.value(op, 0), numbers(walk, op, 1, "axes")
    whole = walk.whole(x)
    if axes is None and op.given(1):
        return walk.unknown(op)
    if axes is None:
        axes = tuple(axis for axis, n in enumerate(whole) if n == 1 and not (isinstance(x, Flow) and axis == x.alone))
    gone = {axis_of(walk, op, int(axis), len(whole)) for axis in axes}
    if any(equal(whole[axis], 1) is False for axis in gone):
        raise walk.error(op, f"of {format_shape(whole)} only axes of 1 can be left out")
    if isinstance(x, Known):
        return [replace(x, shape=tuple(n for axis, n in enumerate(whole) if axis not in gone))]
    own = {x.own(axis) for axis in gone}
    shape = tuple(n for axis, n in enumerate(x.shape) if axis not in own)
    if x.batch in gone:
        return [walk.view(op, x, shape, None)]
    batch = None if x.batch is None else x.batch - sum(axis < x.batch for axis in gone)
    return [walk.view(op, x, shape, batch, x.merged)]


def unsqueeze(walk: Walk, op: Operator) -> Made:
    """The same values with further axes of 1."""
    x, axes = walk.value(op, 0), numbers(walk, op, 1, "axes")
    if axes is None:
        return walk.unknown(op)
    whole = walk.whole(x)
    rank = min(len(whole) + len(axes), MOST_AXES)
    new = {axis_of(walk, op, int(axis), rank) for axis in axes}
    kept = [axis for axis in range(rank) if axis not in new]
    if len(kept) != len(whole):
        raise walk.error(op, "it names an axis twice")
    if isinstance(x, Known):
        rest = iter(whole)
        return [replace(x, shape=tuple(1 if axis in new else next(rest) for axis in range(rank)))]
    batch = None if x.batch is None else kept[x.batch]
    sizes = dict(zip(kept, whole, strict=True))
    if x.merged and batch is not None:
        sizes[batch] = x.shape[x.batch or 0]
    shape = tuple(sizes.get(axis, 1) for axis in range(rank) if axis != batch or x.merged)
    return [walk.view(op, x, shape, batch, x.merged)]


def transpose(walk: Walk, op: Operator) -> Made:
    """The axes in another order."""
    x = walk.value(op, 0)
    rank = len(walk.whole(x))
    order = op.wholes("perm") or tuple(reversed(range(rank)))
    if sorted(order) != list(range(rank)):
        raise walk.error(op, f"{order} is no order of {rank} axes")
    if isinstance(x, Known):
        shape = tuple(x.shape[axis] for axis in order)
        return [picked(x, shape, lambda at: tuple(at[order.index(axis)] for axis in range(rank)))]
    own: list[Any] = [place for axis in order if (place := x.own(axis)) is not None]
    batch = None if x.batch is None else order.index(x.batch)
    if own == sorted(own):
        return [replace(x, batch=batch)]
    if sum(n != 1 for n in x.shape) <= 1:
        return [walk.view(op, x, tuple(x.shape[axis] for axis in own), batch, x.merged)]
    made = walk.add(op, Permute(tuple(own)), x)
    return [replace(made, batch=batch, merged=x.merged)]


def shape_of(walk: Walk, op: Operator) -> Made:
    """The shape of a value, as numbers."""
    whole = walk.whole(walk.value(op, 0))
    return [wholes(*whole[slice(op.whole("start", 0), op.whole("end", len(whole)))])]


def size_of(walk: Walk, op: Operator) -> Made:
    """The number of values."""
    return [Known((), (size(walk.whole(walk.value(op, 0))),), floating=False)]


def constants_joined(walk: Walk, op: Operator, parts: list[Known]) -> Made:
    """Arrays of the file one after the other."""
    found = joined(parts, op.whole("axis", 0))
    if found is None:
        raise walk.error(op, "its inputs have different numbers of axes")
    return [found]


HANDLERS: dict[str, Handler] = {
    "Reshape": reshape,
    "Flatten": flatten,
    "Squeeze": squeeze,
    "Unsqueeze": unsqueeze,
    "Transpose": transpose,
    "Shape": shape_of,
    "Size": size_of,
}
