"""Functions of each value, dropout, and joins of branches."""

from __future__ import annotations

from archcalc.exporters.keras.registry import Placed, Record, Use, function, kind, layer
from archcalc.exporters.source.code import Call, Code, given, plain
from archcalc.exporters.source.records import Unwritten

_NAMED = {
    "hardsigmoid": "hard_sigmoid",
    "hardswish": "hard_silu",
    "mish": "mish",
    "relu6": "relu6",
    "selu": "selu",
    "sigmoid": "sigmoid",
    "silu": "silu",
    "tanh": "tanh",
}
_JOINS = {"add": "Add", "subtract": "Subtract", "multiply": "Multiply", "maximum": "Maximum"}


def _activation(name: str) -> Record:
    return lambda use: layer(use, "Activation", plain("function", name))


for _kind, _name in _NAMED.items():
    kind(_kind)(_activation(_name))


@kind("relu")
def _relu(use: Use) -> Placed:
    return layer(use, "ReLU")


@kind("identity")
def _identity(use: Use) -> Placed:
    return function(use, "$0")


@kind("abs")
def _absolute(use: Use) -> Placed:
    return function(use, "ops.abs($0)")


def _together(use: Use) -> str:
    """The inputs, all in the order of the first."""
    return ", ".join(use.fed(use.order, at) for at in range(len(use.shapes)))


@kind(*_JOINS)
def _joined(use: Use) -> Placed:
    if use.layer.kind == "subtract" and len(use.shapes) > 2:
        raise Unwritten("of more than two branches")
    if len(use.shapes) == 1:
        return function(use, "$0")
    return Placed(Code(f"$self([{_together(use)}])", Call(f"layers.{_JOINS[use.layer.kind]}")), use.order)


@kind("divide")
def _divided(use: Use) -> Placed:
    expression = "$0"
    for at in range(1, len(use.shapes)):
        expression = f"ops.divide({expression}, {use.fed(use.order, at)})"
    return function(use, expression)


@kind("concat")
def _concat(use: Use) -> Placed:
    if len(use.shapes) == 1:
        return function(use, "$0")
    axis = given("axis", use.axis(int(use.layer.axis)), default=-1)
    return Placed(Code(f"$self([{_together(use)}])", Call("layers.Concatenate", (axis,))), use.order)


@kind("leakyrelu")
def _leaky_relu(use: Use) -> Placed:
    if use.layer.slope < 0:
        raise Unwritten("with a slope below 0")
    return layer(use, "LeakyReLU", given("negative_slope", float(use.layer.slope)))


@kind("elu")
def _elu(use: Use) -> Placed:
    return layer(use, "ELU", given("alpha", float(use.layer.alpha), default=1.0))


@kind("gelu")
def _gelu(use: Use) -> Placed:
    if use.layer.approximate == "tanh":
        return function(use, "ops.gelu($0, approximate=True)")
    return layer(use, "Activation", plain("function", "gelu"))


@kind("hardtanh")
def _hardtanh(use: Use) -> Placed:
    return function(use, "ops.clip($0, $least, $most)", least=float(use.layer.min), most=float(use.layer.max))


@kind("softplus")
def _softplus(use: Use) -> Placed:
    if use.layer.beta == 1:
        return layer(use, "Activation", plain("function", "softplus"))
    return function(use, "ops.softplus($0 * $beta) / $beta", beta=float(use.layer.beta))


@kind("prelu")
def _prelu(use: Use) -> Placed:
    rank = len(use.order)
    axes = () if use.layer.elementwise else tuple(range(1, rank + 1))
    if use.layer.per_channel:
        axes = tuple(axis for axis in axes if use.order[axis - 1] != 0)
    return layer(use, "PReLU", *([given("shared_axes", axes)] if axes else []))


@kind("dropout")
def _dropout(use: Use) -> Placed:
    return layer(use, "Dropout", plain("rate", float(use.layer.rate)))


@kind("stochasticdepth")
def _stochastic_depth(use: Use) -> Placed:
    shape = (None, *(1 for _ in use.order))
    return layer(use, "Dropout", plain("rate", float(use.layer.rate)), given("noise_shape", shape))


@kind("softmax")
def _softmax(use: Use) -> Placed:
    return layer(use, "Softmax", given("axis", use.axis(int(use.layer.axis)), default=-1))


@kind("times")
def _times(use: Use) -> Placed:
    return layer(use, "Rescaling", plain("factor", float(use.layer.factor)))


@kind("power")
def _power(use: Use) -> Placed:
    return function(use, "ops.power($0, $exponent)", exponent=float(use.layer.exponent))


@kind("cumsum")
def _cumulative(use: Use) -> Placed:
    return function(use, f"ops.cumsum($0, axis={use.axis(int(use.layer.axis))})")
