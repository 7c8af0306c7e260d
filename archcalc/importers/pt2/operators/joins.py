"""Operators that join tensors: value by value, or one after the other."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from archcalc.importers.pt2.calls import Call
from archcalc.importers.pt2.known import MAKERS, Made, makes
from archcalc.importers.pt2.operators.strided import gathered, woven
from archcalc.importers.pt2.rows import Rows
from archcalc.importers.pt2.values import Batch, Value, from_start, without_batch
from archcalc.layers.base import Layer
from archcalc.symbols.dims import Shape, equal, size

_JOINS = {
    "add": "add",
    "sub": "subtract",
    "mul": "multiply",
    "div": "divide",
    "true_divide": "divide",
    "maximum": "maximum",
}


def batch_of(values: Sequence[Value], rank: int) -> Batch | None:
    """The place of the batch in what several tensors make, whose last axes are aligned."""
    for value in values:
        if value.batch is not None:
            return value.batch._replace(axis=value.batch.axis + rank - len(value.full))
    return None


def fitted(rows: Rows, value: Value, batch: Batch | None, full: Shape) -> Shape:
    """The shape of one sample that a tensor must have to be joined with others into a shape, axes of 1 repeated."""
    added = len(full) - len(value.full)
    padded = ((1,) * added) + value.full
    if batch is None:
        return padded or (1,)
    if value.batch is not None:
        return without_batch(padded, value.batch._replace(axis=value.batch.axis + added), rows.samples)
    alone = equal(full[batch.axis], rows.samples) is True
    if not alone:
        return padded
    return (*padded[: batch.axis], *padded[batch.axis + 1 :]) or (1,)


def aligned(call: Call, rows: Rows, values: Sequence[Value], full: Shape, batch: Batch | None) -> list[int]:
    """The positions of tensors that are joined into a shape, each with as many axes, which agree in their names."""
    computed = [value for value in values if value.origin == "computed"]
    like = rows.shaped(call, computed[0], fitted(rows, computed[0], batch, full)) if computed else None
    return [rows.like(call, rows.shaped(call, each, fitted(rows, each, batch, full), like), like) for each in values]


def _join(call: Call, rows: Rows, kind: str) -> Made:
    x, other = call.given("self"), call.given("other")
    if isinstance(x, Value) and isinstance(other, (int, float)) and not isinstance(other, bool):
        return _with_number(call, rows, kind, x, float(other))
    if not isinstance(x, Value) or not isinstance(other, Value):
        return None
    if call.number("alpha", 1) != 1 or call.given("rounding_mode") is not None:
        return None
    for one, array in ((x, other), (other, x)):
        if kind == "multiply" and array.origin == "trained" and (axis := _scaled(call, rows, one, array)) is not None:
            return rows.add(call, Layer.kinds["scale"](axis=axis), [one], batch=one.batch, trained=[array])
    full = call.full
    batch = batch_of([x, other], len(full))
    return rows.add(call, Layer.kinds[kind](), aligned(call, rows, (x, other), full, batch), full, batch)


MAKERS.update({word: partial(_join, kind=kind) for word, kind in _JOINS.items()})


def _with_number(call: Call, rows: Rows, kind: str, x: Value, number: float) -> Made:
    if kind == "multiply" or (kind == "divide" and number != 0):
        factor = number if kind == "multiply" else 1 / number
        return rows.add(call, Layer.kinds["times"](factor=factor), [x], batch=x.batch)
    if kind in {"add", "subtract"}:
        sign = "plus" if kind == "add" else "minus"
        return rows.add(
            call, Layer.kinds["identity"](), [x], batch=x.batch, note=f"{sign} {number:g}, which is not counted"
        )
    return None


def _scaled(call: Call, rows: Rows, x: Value, array: Value) -> int | None:
    """The axis of a tensor that an array has one factor for each entry of, while it is 1 long along all others."""
    if x.origin != "computed" or len(array.full) > len(x.full):
        return None
    wide = [axis for axis, n in enumerate(array.full) if equal(n, 1) is not True]
    if len(wide) != 1:
        return None
    axis = wide[0] + len(x.full) - len(array.full)
    fits = equal(x.full[axis], array.full[wide[0]]) is True and equal(size(x.full), size(call.full)) is True
    return rows.axis(call, x, axis) if fits else None


@makes("cat", "concat", "concatenate")
def concat(call: Call, rows: Rows) -> Made:
    """Tensors one after the other along an axis."""
    values, full = _tensors(call), call.full
    if any(len(value.full) != len(full) for value in values):
        raise call.error("its tensors have different numbers of axes")
    axis = from_start(call.whole("dim", 0), len(full))
    if any(value.grid for value in values):
        if (whole := woven(call, rows, values, axis)) is not None:
            return whole
        values = [gathered(call, rows, value) if value.grid else value for value in values]
    return _concat(call, rows, values, axis)


def _concat(call: Call, rows: Rows, values: Sequence[Value], axis: int) -> Made:
    full = call.full
    batch = batch_of(values, len(full))
    if any(value.repeated for value in values):
        return None
    if len(values) == 1:
        return rows.view(call, values[0], full, batch)
    inputs = aligned(call, rows, values, full, batch)
    at = Value(full, batch=batch).axis(axis, rows.samples)
    if at < 0:
        raise call.error("it joins tensors along the batch")
    return rows.add(call, Layer.kinds["concat"](axis=at), inputs, full, batch)


@makes("stack")
def stack(call: Call, rows: Rows) -> Made:
    """Tensors beside each other along an axis of their own."""
    values, full = _tensors(call), call.full
    axis = from_start(call.whole("dim", 0), len(full))
    tall = []
    for value in values:
        batch = (
            None if value.batch is None else value.batch._replace(axis=value.batch.axis + (value.batch.axis >= axis))
        )
        tall.append(rows.view(call, value, (*value.full[:axis], 1, *value.full[axis:]), batch))
    return _concat(call, rows, tall, axis)


def _tensors(call: Call) -> list[Value]:
    found = call.given("tensors")
    if not isinstance(found, tuple) or not found or not all(isinstance(each, Value) for each in found):
        raise call.error("it joins no tensors")
    return list(found)
