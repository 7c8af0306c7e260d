"""Functions of each value, dropout, and joins of branches."""

from __future__ import annotations

from typing import Any

from archcalc.exporters.source.code import Code, given, module, plain
from archcalc.exporters.torch.registry import Record, kind
from archcalc.symbols.dims import Shape

_PLAIN = {
    "abs": "torch.abs($0)",
    "hardsigmoid": "F.hardsigmoid($0)",
    "hardswish": "F.hardswish($0)",
    "identity": "$0",
    "mish": "F.mish($0)",
    "relu": "F.relu($0)",
    "relu6": "F.relu6($0)",
    "selu": "F.selu($0)",
    "sigmoid": "torch.sigmoid($0)",
    "silu": "F.silu($0)",
    "tanh": "torch.tanh($0)",
}
_OPERATORS = {"add": " + ", "subtract": " - ", "multiply": " * ", "divide": " / "}


def _fixed(expression: str) -> Record:
    return lambda _layer, _shapes, _output: Code(expression)


for _name, _expression in _PLAIN.items():
    kind(_name)(_fixed(_expression))


@kind(*_OPERATORS)
def _joined(layer: Any, shapes: tuple[Shape, ...], _output: Shape) -> Code:
    return Code(_OPERATORS[layer.kind].join(f"${at}" for at in range(len(shapes))), operator=True)


@kind("maximum")
def _maximum(_layer: Any, shapes: tuple[Shape, ...], _output: Shape) -> Code:
    expression = "$0"
    for at in range(1, len(shapes)):
        expression = f"torch.maximum({expression}, ${at})"
    return Code(expression)


@kind("concat")
def _concat(layer: Any, _shapes: tuple[Shape, ...], _output: Shape) -> Code:
    return Code("torch.cat([$all], $dim)", values={"dim": int(layer.axis) + 1})


@kind("leakyrelu")
def _leaky_relu(layer: Any, _shapes: tuple[Shape, ...], _output: Shape) -> Code:
    return Code("F.leaky_relu($0, $slope)", values={"slope": float(layer.slope)})


@kind("elu")
def _elu(layer: Any, _shapes: tuple[Shape, ...], _output: Shape) -> Code:
    return Code("F.elu($0)") if layer.alpha == 1 else Code("F.elu($0, $alpha)", values={"alpha": float(layer.alpha)})


@kind("gelu")
def _gelu(layer: Any, _shapes: tuple[Shape, ...], _output: Shape) -> Code:
    return Code("F.gelu($0)" if layer.approximate == "none" else 'F.gelu($0, approximate="tanh")')


@kind("hardtanh")
def _hardtanh(layer: Any, _shapes: tuple[Shape, ...], _output: Shape) -> Code:
    return Code("F.hardtanh($0, $least, $most)", values={"least": float(layer.min), "most": float(layer.max)})


@kind("softplus")
def _softplus(layer: Any, _shapes: tuple[Shape, ...], _output: Shape) -> Code:
    return (
        Code("F.softplus($0)") if layer.beta == 1 else Code("F.softplus($0, $beta)", values={"beta": float(layer.beta)})
    )


@kind("prelu")
def _prelu(layer: Any, shapes: tuple[Shape, ...], _output: Shape) -> Code:
    if layer.elementwise:
        return module("ElementwisePReLU", plain("shape", tuple(map(int, shapes[0]))), parts=("ElementwisePReLU",))
    return module("nn.PReLU", given("num_parameters", int(shapes[0][0]) if layer.per_channel else 1, default=1))


@kind("dropout")
def _dropout(layer: Any, _shapes: tuple[Shape, ...], _output: Shape) -> Code:
    return module("nn.Dropout", plain("rate", float(layer.rate)))


@kind("stochasticdepth")
def _stochastic_depth(layer: Any, _shapes: tuple[Shape, ...], _output: Shape) -> Code:
    return module("StochasticDepth", plain("rate", float(layer.rate)), parts=("StochasticDepth",))


@kind("softmax")
def _softmax(layer: Any, _shapes: tuple[Shape, ...], _output: Shape) -> Code:
    return Code("$0.softmax($dim)", values={"dim": int(layer.axis) + 1})


@kind("times")
def _times(layer: Any, _shapes: tuple[Shape, ...], _output: Shape) -> Code:
    return Code("$0 * $factor", values={"factor": float(layer.factor)}, operator=True)


@kind("power")
def _power(layer: Any, _shapes: tuple[Shape, ...], _output: Shape) -> Code:
    return Code("torch.pow($0, $exponent)", values={"exponent": float(layer.exponent)})


@kind("cumsum")
def _cumulative(layer: Any, _shapes: tuple[Shape, ...], _output: Shape) -> Code:
    return Code("$0.cumsum($dim)", values={"dim": int(layer.axis) + 1})


@kind("maxout")
def _maxout(layer: Any, _shapes: tuple[Shape, ...], _output: Shape) -> Code:
    return Code("$0.unflatten(1, (-1, $pieces)).amax(2)", values={"pieces": int(layer.pieces)})
