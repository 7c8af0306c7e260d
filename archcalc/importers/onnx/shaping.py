"""Operators that give values another shape, order, or place."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from archcalc.importers.onnx.folding import bounds as bounds_of
from archcalc.importers.onnx.folding import joined, picked, sliced, wholes
from archcalc.importers.onnx.model import MOST_AXES, Operator
from archcalc.importers.onnx.values import Flow, Known, Operand, one_sample
from archcalc.importers.onnx.walk import Handler, Made, Walk
from archcalc.layers.rearrange import Permute, Slice, Split
from archcalc.symbols.dims import Dim, Shape, equal, format_shape, quotient, size

_ALL = 2**62


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


def cut(walk: Walk, op: Operator, x: Flow, axis: int, span: tuple[Dim, Dim]) -> Flow:
    """The entries of an axis of a sample from a first up to a last (exclusive)."""
    start, stop = span
    if start == 0 and equal(stop, x.shape[axis]) is True:
        return x
    return walk.add(op, Slice(start, stop, axis=axis), x)


def selected(walk: Walk, op: Operator, x: Operand, at: Known, axis: int) -> Made:
    """Entries of an axis at places that are known."""
    whole = walk.whole(x)
    shape = (*whole[:axis], *at.shape, *whole[axis + 1 :])
    chosen = at.wholes
    if isinstance(x, Known):
        if chosen is None or not all(isinstance(n, int) and -_ALL < n < _ALL for n in chosen):
            return [replace(x, shape=shape, content=None)]
        n, inner = x.shape[axis], len(at.shape)
        strides = [int(size(at.shape[place + 1 :])) for place in range(inner)]
        if any(not isinstance(n, int) or not -n <= i < n for i in chosen):
            raise walk.error(op, f"there is no such entry among {n}")

        def place(where: tuple[int, ...]) -> tuple[int, ...]:
            index = sum(i * step for i, step in zip(where[axis : axis + inner], strides, strict=True))
            return (*where[:axis], chosen[index] % n, *where[axis + inner :])

        return [picked(x, shape, place)]
    own = x.own(axis)
    n = whole[axis]
    if own is None or walk.across(x, axis) or not chosen or not all(isinstance(i, int) for i in chosen):
        return walk.unknown(op, shape)
    first: Any = chosen[0]
    first = first + n if first < 0 else first
    last: Any = chosen[-1]
    last = last + n if last < 0 else last
    if len(chosen) > 1 and list(chosen) != list(range(first, first + len(chosen))):
        return walk.unknown(op, shape)
    part = cut(walk, op, x, own, (first, last + 1))
    sample = (*x.shape[:own], *at.shape, *x.shape[own + 1 :])
    batch = x.batch if x.batch is None or x.batch < axis else x.batch + len(at.shape) - 1
    return [walk.view(op, part, sample, batch, x.merged)]


def _every(walk: Walk, op: Operator, x: Flow, axis: int, entries: range) -> Flow:
    """Entries of an axis that are some steps apart: one column of them all laid out in rows as long as a step."""
    before, behind = x.shape[:axis], x.shape[axis + 1 :]
    count, step = len(entries), entries.step
    rows = replace(x, shape=(*before, count, step, *behind), label=f"{op.label}/rows")
    column = walk.add(op, Slice(entries.start, entries.start + 1, axis=axis + 1), rows)
    return replace(x, at=column.at, shape=(*before, count, *behind), label=op.label)


def slices(walk: Walk, op: Operator) -> Made:
    """Some entries of some axes."""
    x = walk.value(op, 0)
    starts, ends = numbers(walk, op, 1, "starts"), numbers(walk, op, 2, "ends")
    whole = walk.whole(x)
    if starts is None or ends is None:
        return walk.unknown(op)
    axes = numbers(walk, op, 3, "axes") or tuple(range(len(starts)))
    steps = numbers(walk, op, 4, "steps") or (1,) * len(starts)
    if not len(starts) == len(ends) == len(axes) == len(steps):
        raise walk.error(op, "it has not as many starts as ends, axes and steps")
    for start, stop, axis, step in zip(starts, ends, axes, steps, strict=True):
        place = axis_of(walk, op, int(axis), len(whole))
        if not isinstance(step, int) or step == 0:
            raise walk.error(op, "its step is no whole number")
        if isinstance(x, Known):
            found = sliced(x, place, start, stop, step)
            if found is None:
                return walk.unknown(op)
            x = found
            continue
        n = walk.whole(x)[place]
        low, high = bounds_of(start, stop, abs(step), n)
        own = x.own(place)
        if low == 0 and equal(high, n) is True and step == 1:
            continue
        whole_rows = isinstance(n, int) and isinstance(low, int) and step > 1 and n % step == 0 and low < step
        if whole_rows and own is not None and equal((high - low) * step, n) is True:
            x = _every(walk, op, x, own, range(int(low), int(n), step))
            continue
        if step != 1 or own is None or walk.across(x, place):
            sizes = list(walk.whole(x))
            sizes[place] = high - low
            return walk.unknown(op, tuple(sizes) if step > 0 and len(axes) == 1 else None)
        x = cut(walk, op, x, own, (low, high))
    return [x]


def split(walk: Walk, op: Operator) -> Made:
    """An axis in parts."""
    x = walk.value(op, 0)
    whole = walk.whole(x)
    axis = axis_of(walk, op, op.whole("axis", 0), len(whole))
    count, n = len(op.outputs), whole[axis]
    sizes = numbers(walk, op, 1, "split")
    if sizes is None and op.given(1):
        return walk.unknown(op)
    if sizes is None:
        part = quotient(n + count - 1, count) if isinstance(n, int) else quotient(n, count)
        sizes = (*(part,) * (count - 1), n - part * (count - 1))
    if len(sizes) != count or equal(size((sum(sizes[1:], start=sizes[0]),)), n) is False:
        raise walk.error(op, f"its parts of {sizes} are not the {n} entries")
    shapes = [(*whole[:axis], part, *whole[axis + 1 :]) for part in sizes]
    own = x.own(axis) if isinstance(x, Flow) else axis
    made: list[Operand] = []
    start: Dim = 0
    even = all(equal(part, sizes[0]) is True for part in sizes)
    for which, part in enumerate(sizes):
        if isinstance(x, Known):
            found = sliced(x, axis, start, start + part, 1)
            made.append(found or replace(x, shape=shapes[which], content=None))
        elif own is None or walk.across(x, axis):
            return walk.unknown(op, *shapes)
        elif part == 0:
            made.append(Known(shapes[which], ()))
        elif count == 1:
            made.append(x)
        elif even:
            made.append(walk.add(op, Split(parts=count, part=which, axis=own), x))
        else:
            made.append(cut(walk, op, x, own, (start, start + part)))
        start = start + part
    return made


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
    "Slice": slices,
    "Split": split,
    "Shape": shape_of,
    "Size": size_of,
}
