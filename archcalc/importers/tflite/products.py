"""Products with trained matrices and between tensors, look-ups, and what runs along a sequence."""

from __future__ import annotations

from math import prod

from archcalc.importers.tflite.model import Operator
from archcalc.importers.tflite.translation import Translation, pass_on, plain, translates


@translates("FULLY_CONNECTED")
def dense(made: Translation, op: Operator) -> None:
    """A dense layer along the last axis; unless axes are kept all samples, tokens and places are one axis before it."""
    x, weight, bias = op.given(0), op.given(1), op.given(2)
    rank = 0 if x is None else made.rank(x)
    if x is None or weight is None or rank == 0 or made.rank(weight) != 2 or len(op.outputs) != 1:
        pass_on(made, op)
        return
    inputs = made.bias(op, bias)
    if inputs and bias is not None and made.rank(bias) != 1:
        inputs = [made.step("Reshape", inputs, label=made.label(op), shape=(-1,))]
    weights, out = made.value(op, weight).name, op.outputs[0]
    value = made.value(op, x)
    if made.rank(out) == rank:
        axis = value.axes.index(rank - 1)
        made.put(op, "Dense", [value.name, weights, *inputs], value.axes, axis=axis)
        return
    features = made.shape(weight)[1]
    # The order of a whole sample's values is that of the weights, whatever it is.
    name = value.name if _is_sample(made, x, features) else made.arranged(op, x, plain(rank))
    rows = made.step("Reshape", [name], label=f"{made.label(op)}/flatten", shape=(-1, features))
    if made.rank(out) == 2:
        made.put(op, "Dense", [rows, weights, *inputs], (0, 1), axis=1)
        return
    pass_on(made, op)


def _is_sample(made: Translation, number: int, count: int) -> bool:
    """True if so many values are all those of one sample."""
    shape = made.shape(number)
    return min(shape[1:], default=0) > 0 and prod(shape[1:]) == count


@translates("BATCH_MATMUL")
def product(made: Translation, op: Operator) -> None:
    """A product of matrices, either of which may be turned."""
    x, y = op.given(0), op.given(1)
    if x is None or y is None or min(made.rank(x), made.rank(y)) < 2 or len(op.outputs) != 1:
        pass_on(made, op)
        return
    names = []
    for number, turned in ((x, op.whole("turn_x")), (y, op.whole("turn_y"))):
        rank = made.rank(number)
        order = (*range(rank - 2), rank - 1, rank - 2) if turned else plain(rank)
        names.append(made.arranged(op, number, order))
    made.put(op, "MatMul", names, plain(made.rank(op.outputs[0])))


@translates("EMBEDDING_LOOKUP")
def lookup(made: Translation, op: Operator) -> None:
    """Rows of a table."""
    tokens, table = op.given(0), op.given(1)
    if tokens is None or table is None or len(op.outputs) != 1:
        pass_on(made, op)
        return
    names = [made.arranged(op, number, plain(made.rank(number))) for number in (table, tokens)]
    made.put(op, "Lookup", names, plain(made.rank(op.outputs[0])))


@translates("GATHER")
def gather(made: Translation, op: Operator) -> None:
    """Rows of a table, or entries of an axis at places that the file has or that are computed."""
    x, at = op.given(0), op.given(1)
    rank = 0 if x is None else made.rank(x)
    axis = op.whole("axis")
    if x is None or at is None or op.whole("batch_axes") or not -rank <= axis < rank or len(op.outputs) != 1:
        pass_on(made, op)
        return
    value, places = made.value(op, x), made.arranged(op, at, plain(made.rank(at)))
    axis %= rank
    if made.rank(at) > 1 or value.name in made.arrays.found:
        kind = "Lookup" if value.name in made.arrays.found and axis == 0 else "Gather"
        made.put(op, kind, [made.arranged(op, x, plain(rank)), places], plain(made.rank(op.outputs[0])), axis=axis)
        return
    order = value.axes
    if made.rank(at) == 0:
        order = tuple(one - (one > axis) for one in order if one != axis)
    made.put(op, "Gather", [value.name, places], order, axis=value.axes.index(axis))


# The inputs of an LSTM, as the first of each group: weights of the input and of the last output, of the cell's values,
# biases, those of a projection, and the factors of layer normalisation.
_INPUT, _RECURRENT, _CELL, _BIAS, _PROJECTION, _PROJECTION_BIAS, _NORM, _END = 1, 5, 9, 12, 16, 17, 20, 24
_GATES = 4


@translates("UNIDIRECTIONAL_SEQUENCE_LSTM")
def lstm(made: Translation, op: Operator) -> None:
    """An LSTM of four gates, which may project what it puts out; one of other parts is not known."""
    x = op.given(0)
    wanted = [op.given(place) for place in (*range(_INPUT, _INPUT + 2 * _GATES), *range(_BIAS, _BIAS + _GATES))]
    others = [op.given(place) for place in (*range(_CELL, _BIAS), _PROJECTION_BIAS, *range(_NORM, _END))]
    if x is None or None in wanted or any(n is not None for n in others) or len(op.outputs) != 1 or made.rank(x) != 3:
        pass_on(made, op)
        return
    matrices = [made.shape(n) for n in wanted[: 2 * _GATES] if n is not None]
    if any(len(shape) != 2 for shape in matrices) or len({shape[0] for shape in matrices}) > 1:
        raise made.error(op, "its weights have different numbers of cells")
    projection = op.given(_PROJECTION)
    hidden, out = matrices[0][0], matrices[-1][1]
    if matrices[0][1] != made.shape(x)[2] >= 0:
        raise made.error(op, f"its weights are for {matrices[0][1]} features, and its input has {made.shape(x)[2]}")
    proj = out if projection is not None else 0
    names = [made.arranged(op, x, plain(3)), *(made.value(op, n).name for n in wanted if n is not None)]
    made.put(op, "CellsOverSequence", names, plain(3), hidden=hidden, proj=proj, time_first=op.whole("time_major"))


@translates("LAYER_NORM")
def layer_norm(made: Translation, op: Operator) -> None:
    """Layer normalisation, put together from arithmetic: its factors, its offsets, and the axes."""
    x, axes = op.inputs[0], made.known(op, 3) or ()
    value, rank = made.value(op, x), made.rank(x)
    if not all(-rank <= axis < rank for axis in axes):
        raise made.error(op, f"it normalises axes that are not among {rank}")
    arrays = ["" if n is None else made.value(op, n).name for n in (op.given(1), op.given(2))]
    places = tuple(value.axes.index(axis % rank) for axis in axes)
    made.put(op, "LayerNormalization", [value.name, *arrays], value.axes, axes=places)
