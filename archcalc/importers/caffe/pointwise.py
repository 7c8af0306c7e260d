"""Layers that work value by value, or over the channels of each place."""

from __future__ import annotations

from archcalc.importers.caffe.rows import Rows
from archcalc.layers import Layer
from archcalc.layers.activation import (
    ELU,
    SELU,
    Dropout,
    HardSigmoid,
    HardSwish,
    HardTanh,
    LeakyReLU,
    Mish,
    PReLU,
    ReLU,
    ReLU6,
    Sigmoid,
    SiLU,
    Softplus,
    Tanh,
)
from archcalc.layers.arithmetic import Abs, Power, Times
from archcalc.layers.local_response_norm import LocalResponseNorm
from archcalc.layers.softmax import Softmax

# Layers without settings, by their types without case and underscores.
FUNCTIONS: dict[str, Layer] = {
    "sigmoid": Sigmoid(),
    "tanh": Tanh(),
    "absval": Abs(),
    "bnll": Softplus(),
    "relu6": ReLU6(),
    "selu": SELU(),
    "swish": SiLU(),
    "silu": SiLU(),
    "mish": Mish(),
    "hswish": HardSwish(),
    "hardswish": HardSwish(),
    "hsigmoid": HardSigmoid(),
    "hardsigmoid": HardSigmoid(),
}


def function(rows: Rows, x: int) -> int:
    """A function of each value without settings."""
    return rows.add(FUNCTIONS[rows.step.type], x)


def relu(rows: Rows, x: int) -> int:
    """ReLU, leaky with a slope."""
    slope = rows.param("relu_param").number("negative_slope", 0)
    return rows.add(LeakyReLU(slope) if slope else ReLU(), x)


def prelu(rows: Rows, x: int) -> int:
    """ReLU with a trained slope for each channel, or one for all."""
    return rows.add(PReLU(per_channel=not rows.param("prelu_param").flag("channel_shared")), x)


def elu(rows: Rows, x: int) -> int:
    """ELU."""
    return rows.add(ELU(rows.param("elu_param").number("alpha", 1)), x)


def clip(rows: Rows, x: int) -> int:
    """Values held between two bounds."""
    param = rows.param("clip_param")
    return rows.add(HardTanh(param.number("min", -1), param.number("max", 1)), x)


def power(rows: Rows, x: int) -> int:
    """The power of a multiple of each value; with a shift between, of which no kind knows, it is unknown."""
    param = rows.param("power_param")
    factor, exponent = param.number("scale", 1), param.number("power", 1)
    if param.number("shift", 0):
        return same(rows, x)
    if factor != 1:
        x = rows.add(Times(factor), x, part="scale" if exponent != 1 else "")
    return rows.add(Power(exponent), x) if exponent != 1 else x


def dropout(rows: Rows, x: int) -> int:
    """Dropout."""
    rate = rows.param("dropout_param").number("dropout_ratio", 0.5)
    return rows.add(Dropout(rate), x, param="dropout_param", fields={"rate": "dropout_ratio"})


def softmax(rows: Rows, x: int) -> int:
    """Softmax along an axis, by default the channels."""
    return rows.add(Softmax(axis=rows.axis(rows.param("softmax_param"), x)), x)


def lrn(rows: Rows, x: int) -> int:
    """Local response normalisation across channels; over the places of each channel it is unknown."""
    param = rows.param("lrn_param")
    if param.word("norm_region", ("across_channels", "within_channel", "0", "1"), "0") in {"within_channel", "1"}:
        return same(rows, x)
    window = param.whole("local_size", 5, 1)
    layer = LocalResponseNorm(window, param.number("alpha", 1), param.number("beta", 0.75), param.number("k", 1))
    return rows.add(layer, x, param="lrn_param", fields={"size": "local_size"})


def same(rows: Rows, x: int) -> int:
    """An operator that no kind stands for, with an output like its input."""
    return rows.unknown(tuple(rows.shape(x)), x)


def nothing(_rows: Rows, x: int) -> int:
    """No row."""
    return x
