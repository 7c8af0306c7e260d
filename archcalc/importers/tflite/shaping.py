"""Operators that give values another shape or order, and those that make numbers of shapes."""

from __future__ import annotations

from math import prod

from archcalc.importers.tflite.model import Operator
from archcalc.importers.tflite.translation import Axes, Placed, Translation, pass_on, plain, translates, usual


@translates("RESHAPE", "SQUEEZE", "EXPAND_DIMS")
def reshape(made: Translation, op: Operator) -> None:
    """The same values under another shape. Axes of 1 that come or go leave all others in the order in which they are."""
    x = op.given(0)
    if x is None or len(op.outputs) != 1:
        pass_on(made, op)
        return
    value, out = made.value(op, x), op.outputs[0]
    found = (
        _with_single_axes(value.axes, made.shape(x), made.shape(out)) if value.name not in made.arrays.found else None
    )
    if found is not None:
        gone, new, order = found
        short = made.step("Squeeze", [value.name], label=made.label(op), axes=gone) if gone else value.name
        made.put(op, "Unsqueeze", [short], order, axes=new)
        return
    # Where only dense layers read a sample as one vector, its order is that of their weights, whatever it is.
    name = value.name if _is_flattened(made, x, out) else made.arranged(op, x, plain(made.rank(x)))
    order = plain(made.rank(out))
    wanted = made.known(op, 1) if op.kind == "RESHAPE" else None
    shape = made.shape(out)
    if wanted is None and (-1 not in shape or op.kind != "RESHAPE" or op.given(1) is None):
        wanted = shape
    if shape == ():
        made.put(op, "Squeeze", [name], order, axes=plain(made.rank(x)))
    elif wanted is not None:
        made.put(op, "Reshape", [name], order, shape=wanted, allowzero=1)
    else:
        made.put(op, "Reshape", [name, made.value(op, op.inputs[1]).name], order)


def _with_single_axes(axes: Axes, before: tuple[int, ...], after: tuple[int, ...]) -> tuple[Axes, Axes, Axes] | None:
    """The axes of 1 that go from a value and that come to it, by their places in it, and its order after that.

    None if others change, or if the axis before all others is not the same.
    """
    if not before or not after or before[0] != after[0] or axes[0] != 0:
        return None
    olds = [axis for axis in range(1, len(before)) if before[axis] != 1]
    news = [axis for axis in range(1, len(after)) if after[axis] != 1]
    if [before[axis] for axis in olds] != [after[axis] for axis in news]:
        return None
    renamed = dict(zip(olds, news, strict=True))
    kept = [0, *(renamed[axis] for axis in axes[1:] if axis in renamed)]
    gone = tuple(at for at, axis in enumerate(axes) if axis != 0 and axis not in renamed)
    rank = len(after)
    for order in (usual(rank), plain(rank), (*kept, *(axis for axis in range(rank) if axis not in kept))):
        if [axis for axis in order if axis in kept] == kept:
            return gone, tuple(at for at, axis in enumerate(order) if axis not in kept), order
    return None


def _is_flattened(made: Translation, x: int, out: int) -> bool:
    """True if a sample becomes one vector, which dense layers alone read."""
    before, after = made.shape(x), made.shape(out)
    readers = made.readers.get(out, [])
    whole = len(after) == 2 and before[:1] == after[:1] and min(before[1:], default=0) > 0
    dense = bool(readers) and all(op.kind == "FULLY_CONNECTED" and op.given(0) == out for op in readers)
    return whole and after[1] in {-1, prod(before[1:])} and dense and out not in made.ends


@translates("TRANSPOSE")
def transpose(made: Translation, op: Operator) -> None:
    """The axes in another order, in which they are put where an operator needs them so."""
    x, order = op.given(0), made.known(op, 1)
    if x is None or order is None or sorted(order) != list(range(made.rank(x))) or len(op.outputs) != 1:
        pass_on(made, op)
        return
    value, out = made.value(op, x), op.outputs[0]
    shape, stated = made.shape(x), made.shape(out)
    if len(stated) != len(order) or any(
        -1 not in (shape[axis], n) and shape[axis] != n for axis, n in zip(order, stated, strict=True)
    ):
        said = "×".join(map(str, stated)) or "one value"
        raise made.error(op, f"its axes in another order are not what the file states, {said}")
    made.place(out, Placed(value.name, tuple(order.index(axis) for axis in value.axes)))


@translates("SHAPE")
def shape_of(made: Translation, op: Operator) -> None:
    """The shape of a tensor, as numbers."""
    x = op.given(0)
    if x is None or len(op.outputs) != 1:
        pass_on(made, op)
        return
    value = made.value(op, x)
    made.put(op, "ShapeInOrder", [value.name], (0,), axes=value.axes)


@translates("TILE", "BROADCAST_TO", "RANGE")
def repeated(made: Translation, op: Operator) -> None:
    """Values repeated along axes, and whole numbers in a row."""
    numbers = [n for n in op.inputs if n >= 0]
    if len(op.outputs) != 1 or len(numbers) != len(op.inputs):
        pass_on(made, op)
        return
    kind = {"TILE": "Tile", "BROADCAST_TO": "Expand", "RANGE": "Range"}[op.kind]
    inputs = [made.arranged(op, number, plain(made.rank(number))) for number in numbers]
    made.put(op, kind, inputs, plain(made.rank(op.outputs[0])))


@translates("FILL")
def filled(made: Translation, op: Operator) -> None:
    """An array of one number."""
    shape, number = op.given(0), op.given(1)
    if shape is None or number is None or len(op.outputs) != 1:
        pass_on(made, op)
        return
    inputs = [made.value(op, number).name, made.value(op, shape).name]
    made.put(op, "Expand", inputs, plain(made.rank(op.outputs[0])))


_REDUCTIONS = {
    "MEAN": "ReduceMean",
    "SUM": "ReduceSum",
    "REDUCE_MAX": "ReduceMax",
    "REDUCE_MIN": "ReduceMin",
    "REDUCE_PROD": "ReduceProd",
}


@translates(*_REDUCTIONS)
def reduced(made: Translation, op: Operator) -> None:
    """One value in place of some axes."""
    x, axes = op.given(0), made.known(op, 1)
    rank = 0 if x is None else made.rank(x)
    if x is None or axes is None or not all(-rank <= axis < rank for axis in axes) or len(op.outputs) != 1:
        pass_on(made, op)
        return
    value, gone, keeps = made.value(op, x), {axis % rank for axis in axes}, op.whole("keep_axes")
    left = [axis for axis in range(rank) if axis not in gone]
    order = value.axes if keeps else tuple(left.index(axis) for axis in value.axes if axis in left)
    if not gone:
        made.place(op.outputs[0], value)
        return
    places = tuple(at for at, axis in enumerate(value.axes) if axis in gone)
    made.put(op, _REDUCTIONS[op.kind], [value.name], order, axes=places, keepdims=int(bool(keeps)))
