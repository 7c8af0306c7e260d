"""Functions of each value, and joins of branches value by value."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import reduce
from typing import Any

from archcalc.exporters.onnx.part import Handler, Part, Value

_HIGHEST_RATE = 1 - 2.0**-24


def _one(kind: str, settings: Callable[[Any], dict[str, Any]] = lambda _: {}) -> Handler:
    """A function that is one operator."""
    return lambda part: part.main(kind, part.x, **settings(part.layer))


def _held(low: Callable[[Any], float], high: Callable[[Any], float]) -> Handler:
    """Values held between two numbers."""
    return lambda part: part.main(
        "Clip", part.x, part.constant(float(low(part.layer))), part.constant(float(high(part.layer)))
    )


def gelu(part: Part) -> Value:
    """GELU, which ONNX has as an operator only from a later version on."""
    x, op, number = part.x, part.op, part.constant
    if part.layer.approximate == "tanh":
        cubes = op("Mul", number(0.044715), op("Pow", x, number(3.0)))
        inside = op("Mul", number(math.sqrt(2 / math.pi)), op("Add", x, cubes))
        return op("Mul", op("Mul", number(0.5), x), op("Add", number(1.0), part.main("Tanh", inside)))
    risen = op("Add", part.main("Erf", op("Div", x, number(math.sqrt(2)))), number(1.0))
    return op("Mul", op("Mul", x, risen), number(0.5))


def softplus(part: Part) -> Value:
    """log(1 + e^(beta·x)) / beta."""
    beta = float(part.layer.beta)
    if beta == 1:
        return part.main("Softplus", part.x)
    return part.op("Div", part.main("Softplus", part.op("Mul", part.x, part.constant(beta))), part.constant(beta))


def mish(part: Part) -> Value:
    """x·tanh(softplus(x))."""
    return part.op("Mul", part.x, part.main("Tanh", part.op("Softplus", part.x)))


def slopes(part: Part) -> Value:
    """ReLU with trained slopes."""
    slope = part.weight() if part.layer.elementwise else part.along(0)
    return part.main("PRelu", part.x, slope)


def scale(part: Part) -> Value:
    """Trained factors along an axis, and trained offsets."""
    axis = part.layer.axis % len(part.shape)
    y = part.main("Mul", part.x, part.along(axis))
    return part.op("Add", y, part.along(axis, "bias")) if part.layer.bias else y


def running(part: Part) -> Value:
    """The sums of the entries of an axis so far, and for means each over their number."""
    axis = part.layer.axis % len(part.shape)
    y = part.main("CumSum", part.x, part.file.numbers(axis + 1))
    if part.layer.kind == "cumsum":
        return y
    count = part.known(part.shape[axis : axis + 1], "the axis")[0]
    behind = (1,) * (len(part.shape) - axis - 1)
    numbers = part.op("Reshape", part.constant(range(1, count + 1)), part.file.numbers(count, *behind))
    return part.op("Div", y, numbers)


def join(kind: str, several: str = "") -> Handler:
    """Branches joined value by value, two by two where an operator takes no more."""

    def write(part: Part) -> Value:
        if len(part.inputs) > 2 and several:
            return part.main(several, *part.inputs)
        *first, last = part.inputs
        y = reduce(lambda y, x: part.op(kind, y, x), first)
        return part.main(kind, y, last)

    return write


HANDLERS: dict[str, Handler] = {
    "relu": _one("Relu"),
    "relu6": _held(lambda _: 0, lambda _: 6),
    "hardtanh": _held(lambda layer: layer.min, lambda layer: layer.max),
    "leakyrelu": _one("LeakyRelu", lambda layer: {"alpha": float(layer.slope)}),
    "elu": _one("Elu", lambda layer: {"alpha": float(layer.alpha)}),
    "selu": _one("Selu"),
    "sigmoid": _one("Sigmoid"),
    "tanh": _one("Tanh"),
    "hardsigmoid": _one("HardSigmoid", lambda _: {"alpha": 1 / 6, "beta": 0.5}),
    "hardswish": _one("HardSwish"),
    "silu": lambda part: part.op("Mul", part.x, part.main("Sigmoid", part.x)),
    "gelu": gelu,
    "softplus": softplus,
    "mish": mish,
    "prelu": slopes,
    "abs": _one("Abs"),
    "power": lambda part: part.main("Pow", part.x, part.constant(float(part.layer.exponent))),
    "times": lambda part: part.main("Mul", part.x, part.constant(float(part.layer.factor))),
    "softmax": _one("Softmax", lambda layer: {"axis": int(layer.axis) + (layer.axis >= 0)}),
    "scale": scale,
    "cumsum": running,
    "cummean": running,
    # The operator takes no rate of 1.
    "dropout": lambda part: part.main("Dropout", part.x, part.constant(min(float(part.layer.rate), _HIGHEST_RATE))),
    "stochasticdepth": _one("Identity"),
    "identity": _one("Identity"),
    "add": join("Add", "Sum"),
    "subtract": join("Sub"),
    "multiply": join("Mul"),
    "divide": join("Div"),
    "maximum": join("Max", "Max"),
}
