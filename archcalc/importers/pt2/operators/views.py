"""Operators that read the values of a tensor under another shape, or some of them."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from archcalc.importers.pt2.calls import Call
from archcalc.importers.pt2.known import Made, makes
from archcalc.importers.pt2.rows import Rows
from archcalc.importers.pt2.values import Batch, Grid, Value, from_start, permuted
from archcalc.layers.base import Layer
from archcalc.symbols.dims import Dim, Shape, divides, equal, format_shape, quotient, size

# What stands for the end of an axis.
_END = 2**62


@makes("view", "reshape", "_unsafe_view", "flatten", "unflatten", "view_as", "reshape_as")
def reshape(call: Call, rows: Rows) -> Made:
    """The same values in the same order."""
    return rows.view(call, call.tensor("self"), call.full)


@makes("unsqueeze", "squeeze")
def of_one(call: Call, rows: Rows) -> Made:
    """An axis of 1 more, or fewer."""
    x, full = call.tensor("self"), call.full
    if x.batch is None or call.word == "squeeze":
        return rows.view(call, x, full)
    new = from_start(call.whole("dim", 0), len(full))
    return rows.view(call, x, full, Batch(x.batch.axis + (new <= x.batch.axis), x.batch.outer))


@makes("permute", "transpose", "swapaxes", "t", "numpy_T", "mT", "movedim", "moveaxis")
def permute(call: Call, rows: Rows) -> Made:
    """The axes in another order."""
    x = call.tensor("self")
    rank = len(x.full)
    order = _order(call, rank)
    if sorted(order) != list(range(rank)):
        raise call.error(f"{order} is no order of {rank} axes")
    return turned(call, rows, x, order)


def _order(call: Call, rank: int) -> list[int]:
    word = call.word
    order = list(range(rank))
    try:
        if word == "permute":
            return [from_start(int(axis), rank) for axis in call.sizes("dims")]
        if word in {"t", "numpy_T"}:
            return order[::-1]
        if word in {"transpose", "swapaxes", "mT"}:
            one, other = call.given("dim0", "axis0"), call.given("dim1", "axis1")
            one, other = (
                from_start(int(-2 if one is None else one), rank),
                from_start(int(-1 if other is None else other), rank),
            )
            order[one], order[other] = other, one
            return order
        source = [from_start(int(axis), rank) for axis in call.sizes("source")]
        target = [from_start(int(axis), rank) for axis in call.sizes("destination")]
    except (IndexError, TypeError, ValueError):
        raise call.error(f"it names axes that a tensor of {rank} axes has not") from None
    rest = iter([axis for axis in order if axis not in source])
    return [source[target.index(axis)] if axis in target else next(rest, -1) for axis in order]


def turned(call: Call, rows: Rows, x: Value, order: Sequence[int]) -> Value:
    """A tensor with its axes in an order."""
    full = tuple(x.full[axis] for axis in order)
    if x.origin != "computed":
        return Value(full, x.origin, None, -1, x.name)
    batch = permuted(x.batch, order)
    own = [axis for axis in (x.axis(axis, rows.samples) for axis in order) if axis >= 0]
    if own == sorted(own):
        return rows.view(call, x, full, batch)
    return rows.add(call, Layer.kinds["permute"](order=tuple(own)), [x], full, batch)


@makes("expand", "expand_as", "broadcast_to", "repeat", "tile")
def expand(call: Call, rows: Rows) -> Made:
    """Values repeated along axes of 1: along the batch at no cost, elsewhere not known."""
    x, full = call.tensor("self"), call.full
    added = len(full) - len(x.full)
    if x.batch is not None:
        batch: Batch | None = Batch(x.batch.axis + added, x.batch.outer)
    else:
        batch = None
    if equal(size(full), size(x.full)) is True:
        return rows.view(call, x, full, batch)
    if call.word in {"repeat", "tile"}:
        # Of a token that is not of the batch yet.
        if (
            x.origin != "computed"
            and equal(size(full), size(x.full) * rows.samples) is True
            and full[0] == rows.samples
        ):
            return Value((*((1,) * added), *x.full), x.origin, None, -1, x.name)
        return None
    # What joins it repeats an axis of 1 by itself.
    return Value((*((1,) * added), *x.full), x.origin, batch, x.at, x.name, repeated=_beyond(full, x, batch))


def _beyond(full: Shape, x: Value, batch: Batch | None) -> bool:
    """True if an array or tensor is repeated along more than the batch."""
    times = quotient(size(full), size(x.full))
    return not (batch is None and x.origin != "computed" and equal(times, full[0]) is True)


@makes("select")
def select(call: Call, rows: Rows) -> Made:
    """One entry of an axis, which then is gone."""
    x = call.tensor("self")
    axis = _axis(call, x, call.whole("dim", 0))
    n = x.full[axis]
    index = call.given("index")
    if not isinstance(index, int) or isinstance(index, bool):
        return None
    start = n + index if index < 0 else index
    one = part(call, rows, x, axis, (start, start + 1))
    batch = None if one.batch is None else one.batch._replace(axis=one.batch.axis - (one.batch.axis > axis))
    if one.batch is not None and one.batch.axis == axis:
        batch = None
    return rows.view(call, one, (*x.full[:axis], *x.full[axis + 1 :]), batch)


@makes("slice", "narrow")
def slice_(call: Call, rows: Rows) -> Made:
    """Entries of an axis, each or every so many."""
    x, full = call.tensor("self"), call.full
    axis = _axis(call, x, call.whole("dim", 0))
    n, m = x.full[axis], full[axis]
    step = call.whole("step", 1)
    start = call.given("start")
    start = 0 if start is None else start
    if not isinstance(start, int):
        return None
    first: Dim = n + start if start < 0 else start
    if step == 1 and not x.grid:
        # An end beyond the axis is that of the axis.
        return part(call, rows, x, axis, (first, first + m))
    beyond = not isinstance(first, int) or step < 1 or first >= step or divides(step, n) is not True
    if beyond or x.origin != "computed" or any(grid.axis == axis for grid in x.grid):
        return None
    # Where all such entries are put together again, they are moved at once.
    return msgspec.structs.replace(x, full=full, grid=(*x.grid, Grid(axis, first, step)), source=x.source or x.full)


def part(call: Call, rows: Rows, x: Value, axis: int, span: tuple[Dim, Dim]) -> Value:
    """The entries of an axis from one to another."""
    start, stop = span
    n = x.full[axis]
    full: Shape = (*x.full[:axis], stop - start, *x.full[axis + 1 :])
    if equal(start, 0) is True and equal(stop, n) is True:
        return x
    if x.origin != "computed":
        return Value(full, x.origin, None, -1, f"{x.name}[{start}:{stop}]")
    own = rows.axis(call, x, axis)
    if divides(stop - start, n) is True and divides(stop - start, start) is True and equal(stop - start, 1) is not True:
        parts = {"parts": quotient(n, stop - start), "part": quotient(start, stop - start)}
        return rows.add(call, Layer.kinds["split"](**parts, axis=own), [x], full, x.batch)
    return rows.add(call, Layer.kinds["slice"](start=start, stop=stop, axis=own), [x], full, x.batch)


@makes("chunk", "split", "split_with_sizes", "tensor_split", "unbind", "unsafe_chunk", "unsafe_split")
def split(call: Call, rows: Rows) -> Made:
    """The parts of an axis one after the other."""
    x = call.tensor("self")
    axis = _axis(call, x, call.whole("dim", 0))
    made: list[Value] = []
    start: Dim = 0
    alone = call.word == "unbind"
    for _, full in call.outputs:
        if len(full) != len(x.full) - alone:
            raise call.error(f"a part of {format_shape(x.full)} cannot be {format_shape(full)}")
        stop = start + (1 if alone else full[axis])
        one = part(call, rows, x, axis, (start, stop))
        start = stop
        if alone:
            batch = None if x.batch is None or x.batch.axis == axis else x.batch
            batch = None if batch is None else batch._replace(axis=batch.axis - (batch.axis > axis))
            one = rows.view(call, one, full, batch)
        made.append(one)
    return made


@makes("roll")
def roll(call: Call, rows: Rows) -> Made:
    """Entries moved on around the ends."""
    x, shifts, axes = call.tensor("self"), call.sizes("shifts"), call.sizes("dims")
    if not axes or len(axes) != len(shifts) or x.origin != "computed":
        return None
    own = tuple(rows.axis(call, x, _axis(call, x, axis)) for axis in axes)
    return rows.add(call, Layer.kinds["roll"](shifts=shifts, axes=own), [x], batch=x.batch)


def _axis(call: Call, x: Value, axis: Dim) -> int:
    try:
        return from_start(int(axis), len(x.full)) if x.full else _nowhere()
    except (IndexError, TypeError):
        raise call.error(f"a tensor of {format_shape(x.full)} has no axis {axis}") from None


def _nowhere() -> int:
    raise IndexError
