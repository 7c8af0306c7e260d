"""Operators on each value alone, and on tensors value by value."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import TypeAlias

from archcalc.importers.onnx.model import Attribute
from archcalc.importers.tflite.model import Operator
from archcalc.importers.tflite.translation import Axes, Placed, Translation, pass_on, plain, translates, usual

_Settings: TypeAlias = dict[str, Attribute]

_FUNCTIONS: dict[str, tuple[str, Callable[[Operator], _Settings]]] = {
    "RELU": ("Relu", lambda _: {}),
    "RELU6": ("Clip", lambda _: {"min": 0.0, "max": 6.0}),
    "RELU_N1_TO_1": ("Clip", lambda _: {"min": -1.0, "max": 1.0}),
    "RELU_0_TO_1": ("Clip", lambda _: {"min": 0.0, "max": 1.0}),
    "LEAKY_RELU": ("LeakyRelu", lambda op: {"alpha": op.number("alpha")}),
    "ELU": ("Elu", lambda _: {}),
    "LOGISTIC": ("Sigmoid", lambda _: {}),
    "TANH": ("Tanh", lambda _: {}),
    "HARD_SWISH": ("HardSwish", lambda _: {}),
    "GELU": ("Gelu", lambda op: {"approximate": "tanh"} if op.whole("approximate") else {}),
    "EXP": ("Exp", lambda _: {}),
    "LOG": ("Log", lambda _: {}),
    "SIN": ("Sin", lambda _: {}),
    "COS": ("Cos", lambda _: {}),
    "SQRT": ("Sqrt", lambda _: {}),
    "ABS": ("Abs", lambda _: {}),
    "NEG": ("Neg", lambda _: {}),
    "FLOOR": ("Floor", lambda _: {}),
    "CEIL": ("Ceil", lambda _: {}),
    "ROUND": ("Round", lambda _: {}),
    "SIGN": ("Sign", lambda _: {}),
    "LOGICAL_NOT": ("Not", lambda _: {}),
}
_JOINS = {
    "ADD": "Add",
    "ADD_N": "Sum",
    "SUB": "Sub",
    "MUL": "Mul",
    "DIV": "Div",
    "FLOOR_DIV": "Div",
    "FLOOR_MOD": "Mod",
    "MAXIMUM": "Max",
    "MINIMUM": "Min",
    "POW": "Pow",
    "LESS": "Less",
    "LESS_EQUAL": "LessOrEqual",
    "GREATER": "Greater",
    "GREATER_EQUAL": "GreaterOrEqual",
    "EQUAL": "Equal",
    "LOGICAL_AND": "And",
    "LOGICAL_OR": "Or",
    "SELECT": "Where",
    "SELECT_V2": "Where",
}
# Tensors of these types hold whole numbers.
_WHOLE = {2, 3, 4, 6, 7, 9, 12, 15, 16, 17, 19, 20}


def _one(made: Translation, op: Operator) -> Placed | None:
    """The value that an operator takes; one that does not make a tensor of as many axes is passed on, and has none."""
    x = op.given(0)
    if x is None or len(op.outputs) != 1 or made.rank(x) != made.rank(op.outputs[0]):
        pass_on(made, op)
        return None
    return made.value(op, x)


@translates(*_FUNCTIONS)
def function(made: Translation, op: Operator) -> None:
    """An activation function, or another function of each value alone."""
    value = _one(made, op)
    if value is None:
        return
    kind, settings = _FUNCTIONS[op.kind]
    made.put(op, kind, [value.name], value.axes, **settings(op))


@translates("RSQRT")
def root_below(made: Translation, op: Operator) -> None:
    """One over the root."""
    value = _one(made, op)
    if value is None:
        return
    root = made.step("Sqrt", [value.name], label=f"{made.label(op)}/root")
    made.put(op, "Reciprocal", [root], value.axes)


@translates("SQUARE")
def square(made: Translation, op: Operator) -> None:
    """A value times itself."""
    value = _one(made, op)
    if value is None:
        return
    made.put(op, "Mul", [value.name, value.name], value.axes)


@translates("CAST")
def cast(made: Translation, op: Operator) -> None:
    """The same numbers as those of another type."""
    value = _one(made, op)
    if value is None:
        return
    made.put(op, "Cast", [value.name], value.axes, to=6 if made.tensor(op.outputs[0]).type in _WHOLE else 1)


@translates("QUANTIZE", "DEQUANTIZE", "FAKE_QUANT", "DENSIFY")
def same_values(made: Translation, op: Operator) -> None:
    """The same values in another format: the tensor itself, whose weights are counted where they are used."""
    value = _one(made, op)
    if value is not None:
        made.place(op.outputs[0], value)


def order_of(made: Translation, op: Operator, rank: int) -> Axes:
    """The order of axes for inputs of so many: the usual one where it is that of any, or else that of most."""
    values = [made.value(op, n) for n in op.inputs if n >= 0 and made.rank(n) == rank]
    moving = [value.axes for value in values if value.name not in made.arrays.found]
    if usual(rank) in moving:
        return usual(rank)
    return Counter(moving).most_common(1)[0][0] if moving else plain(rank)


def _spread(made: Translation, op: Operator, number: int, order: Axes) -> str:
    """A tensor with further axes of 1 before its own, in an order."""
    rank, new = made.rank(number), len(order) - made.rank(number)
    if new == 0:
        return made.arranged(op, number, order)
    name = made.arranged(op, number, plain(rank))
    if all(n == 1 for n in made.shape(number)) or order == plain(len(order)):
        return name
    longer = made.step("Unsqueeze", [name], label=made.label(op), axes=plain(new))
    return made.step("Transpose", [longer], label=f"{made.label(op)}/permute", perm=order)


def _together(made: Translation, op: Operator) -> tuple[list[str], Axes]:
    """The values that an operator joins, in one order of axes, and that order."""
    rank = made.rank(op.outputs[0])
    if max(map(made.rank, op.inputs)) != rank:
        raise made.error(op, "its inputs have not as many axes as what it puts out")
    order = order_of(made, op, rank)
    return [_spread(made, op, number, order) for number in op.inputs], order


@translates(*_JOINS)
def join(made: Translation, op: Operator) -> None:
    """Tensors value by value, shorter ones along the last axes of longer ones."""
    if len(op.outputs) != 1 or not op.inputs or min(op.inputs) < 0:
        pass_on(made, op)
        return
    inputs, order = _together(made, op)
    made.put(op, _JOINS[op.kind], inputs, order)


@translates("SQUARED_DIFFERENCE", "NOT_EQUAL")
def join_and_more(made: Translation, op: Operator) -> None:
    """The square of a difference, or what is not equal."""
    if len(op.outputs) != 1 or len(op.inputs) != 2 or min(op.inputs) < 0:
        pass_on(made, op)
        return
    (inputs, order), label = _together(made, op), made.label(op)
    if op.kind == "NOT_EQUAL":
        made.put(op, "Not", [made.step("Equal", inputs, label=label)], order)
    else:
        difference = made.step("Sub", inputs, label=f"{label}/difference")
        made.put(op, "Mul", [difference, difference], order)


@translates("PRELU")
def slopes(made: Translation, op: Operator) -> None:
    """ReLU with trained slopes."""
    x, slope = op.given(0), op.given(1)
    if x is None or slope is None or made.rank(slope) > made.rank(x):
        pass_on(made, op)
        return
    value = made.value(op, x)
    made.put(op, "PRelu", [value.name, _spread(made, op, slope, value.axes)], value.axes)


@translates("SOFTMAX", "LOG_SOFTMAX")
def softmax(made: Translation, op: Operator) -> None:
    """Softmax along the last axis."""
    _along_last(made, op, "Softmax" if op.kind == "SOFTMAX" else "LogSoftmax")


@translates("L2_NORMALIZATION")
def length_norm(made: Translation, op: Operator) -> None:
    """Values over their length along the last axis."""
    _along_last(made, op, "LpNormalization", p=2)


def _along_last(made: Translation, op: Operator, kind: str, **settings: int) -> None:
    """An operator that works along the last axis; of a value without axes it is the value."""
    value = _one(made, op)
    if value is None:
        return
    if not value.axes:
        pass_on(made, op)
        return
    made.put(op, kind, [value.name], value.axes, axis=value.axes.index(len(value.axes) - 1), **settings)
