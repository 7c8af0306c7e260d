"""Operators that take some entries of an axis."""

from __future__ import annotations

from itertools import pairwise

from msgspec.structs import replace

from archcalc.importers.onnx.folding import bounds as bounds_of
from archcalc.importers.onnx.folding import picked, sliced
from archcalc.importers.onnx.model import Operator
from archcalc.importers.onnx.shaping import axis_of, numbers
from archcalc.importers.onnx.values import Flow, Known, Operand
from archcalc.importers.onnx.walk import Handler, Made, Walk
from archcalc.layers.linear import Constant, Embedding
from archcalc.layers.merge import Concat
from archcalc.layers.rearrange import Slice, Split
from archcalc.layers.resize import Resize
from archcalc.symbols.dims import Dim, equal, quotient, size

_ALL = 2**62
# The runs of entries that a choice among those of an axis may have, each of which is a slice.
_MOST_RUNS = 64
# Channels and three further axes.
_MOST_RESIZED = 4


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
    if isinstance(n, int) and any(not -n <= i < n for i in chosen):
        raise walk.error(op, f"there is no such entry among {n}")
    part = _chosen(walk, op, x, own, tuple(i + n if i < 0 else i for i in chosen))
    if part is None:
        return walk.unknown(op, shape)
    sample = (*x.shape[:own], *at.shape, *x.shape[own + 1 :])
    batch = x.batch if x.batch is None or x.batch < axis else x.batch + len(at.shape) - 1
    return [walk.view(op, part, sample, batch, x.merged)]


def _chosen(walk: Walk, op: Operator, x: Flow, axis: int, chosen: tuple[Dim, ...]) -> Flow | None:
    """Entries of an axis of a sample in any order: runs of them one after the other; None if they are too many."""
    m = len(chosen)
    ends = [place for place, (i, j) in enumerate(pairwise(chosen), start=1) if equal(i + 1, j) is not True]
    runs = [chosen[i:j] for i, j in pairwise((0, *ends, m))]
    if len(runs) > 1 and (sizes := _repeating(x, axis, chosen)) is not None:
        return walk.add(op, Resize(sizes), x)
    if len(runs) > _MOST_RUNS:
        return None
    parts = [cut(walk, op, x, axis, (run[0], run[-1] + 1)) for run in runs]
    return parts[0] if len(parts) == 1 else walk.add(op, Concat(axis=axis), *parts)


def _repeating(x: Flow, axis: int, chosen: tuple[Dim, ...]) -> tuple[int, ...] | None:
    """The size of a resize to the nearest values that has these entries; None where there is none such."""
    n, m = x.shape[axis], len(chosen)
    sizes = [m if place == axis else one for place, one in enumerate(x.shape)][1:]
    images = x.alone == 0 and axis > 0 and len(x.shape) <= _MOST_RESIZED
    if not images or not isinstance(n, int) or chosen != tuple(i * n // m for i in range(m)):
        return None
    known = tuple(one for one in sizes if isinstance(one, int))
    return known if len(known) == len(sizes) else None


def looked_up(walk: Walk, op: Operator, table: Known, at: Known) -> Flow | None:
    """Rows of a trained table at places that the file holds; None where they are some that follow each other."""
    rows, count = at.wholes, size(at.shape)
    if not table.trained or len(table.shape) != 2 or at.floating or not walk.lookups or not isinstance(count, int):
        return None
    if count < 2 or (rows is not None and all(equal(i + 1, j) is True for i, j in pairwise(rows))):
        return None
    places = walk.add(op, Constant((count,)), name=op.given(1))
    entries, width = table.shape
    made = walk.trained(op, Embedding(entries, width), replace(places, batch=None), weight=table)
    return walk.view(op, made, (*at.shape, width), None)


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


HANDLERS: dict[str, Handler] = {
    "Slice": slices,
    "Split": split,
}
