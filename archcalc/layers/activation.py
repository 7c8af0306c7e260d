"""Activation functions, dropout and identities.

Each works value by value, so at inference it can overwrite its input; the engine decides where it may.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar, Literal

from archcalc.counting import Work
from archcalc.dims import Shape, size
from archcalc.layers.base import Layer, Requirement


class _Elementwise(Layer, frozen=True):
    """A function of each value alone."""

    stores: ClassVar[Literal["output", "in place", "view"]] = "in place"
    per_value: ClassVar[Work] = Work()

    def output(self, x: Shape) -> Shape:
        return x

    def work(self, output: Shape, _x: Shape) -> Work:
        return self.per_value.times(size(output))


class ReLU(_Elementwise, frozen=True):
    """max(0, x) (Nair and Hinton 2010)."""

    per_value: ClassVar[Work] = Work(comparisons=1)


class ReLU6(_Elementwise, frozen=True):
    """min(max(0, x), 6) (Krizhevsky 2010; Howard et al. 2017)."""

    per_value: ClassVar[Work] = Work(comparisons=2)


class LeakyReLU(_Elementwise, frozen=True):
    """x where positive, slope·x elsewhere (Maas et al. 2013)."""

    slope: float = 0.01
    per_value: ClassVar[Work] = Work(comparisons=1, multiplications=1)


class PReLU(_Elementwise, frozen=True):
    """x where positive, a trained slope times x elsewhere: one slope, or one for each channel (He et al. 2015)."""

    per_channel: bool = False
    per_value: ClassVar[Work] = Work(comparisons=1, multiplications=1)

    def weights(self, x: Shape) -> dict[str, Shape]:
        return {"weight": (x[0] if self.per_channel else 1,)}


class ELU(_Elementwise, frozen=True):
    """x where positive, alpha·(eˣ − 1) elsewhere (Clevert et al. 2015)."""

    alpha: float = 1.0
    per_value: ClassVar[Work] = Work(comparisons=1, exponentials=1, additions=1, multiplications=1)


class SELU(_Elementwise, frozen=True):
    """ELU with fixed alpha, times a fixed scale (Klambauer et al. 2017)."""

    per_value: ClassVar[Work] = Work(comparisons=1, exponentials=1, additions=1, multiplications=2)


class GELU(_Elementwise, frozen=True):
    """x·Φ(x), with Φ from erf or its tanh approximation (Hendrycks and Gimpel 2016)."""

    approximate: Literal["none", "tanh"] = "none"

    def work(self, output: Shape, _x: Shape) -> Work:
        exact = Work(exponentials=1, additions=1, multiplications=3)
        # 0.5·x·(1 + tanh(c·(x + 0.044715·x³)))
        tanh = Work(exponentials=1, additions=2, multiplications=6)
        return (tanh if self.approximate == "tanh" else exact).times(size(output))


class SiLU(_Elementwise, frozen=True):
    """x·sigmoid(x), also called swish (Elfwing et al. 2017; Ramachandran et al. 2017)."""

    per_value: ClassVar[Work] = Work(exponentials=1, additions=1, divisions=1, multiplications=1)


class Mish(_Elementwise, frozen=True):
    """x·tanh(log(1 + eˣ)) (Misra 2019)."""

    per_value: ClassVar[Work] = Work(exponentials=3, additions=1, multiplications=1)


class Sigmoid(_Elementwise, frozen=True):
    """1 / (1 + e⁻ˣ)."""

    per_value: ClassVar[Work] = Work(exponentials=1, additions=1, divisions=1)


class Tanh(_Elementwise, frozen=True):
    """The hyperbolic tangent."""

    per_value: ClassVar[Work] = Work(exponentials=1)


class HardSigmoid(_Elementwise, frozen=True):
    """min(max(0, x/6 + 1/2), 1)."""

    per_value: ClassVar[Work] = Work(comparisons=2, divisions=1, additions=1)


class HardSwish(_Elementwise, frozen=True):
    """x·hardsigmoid(x) (Howard et al. 2019)."""

    per_value: ClassVar[Work] = Work(comparisons=2, divisions=1, additions=1, multiplications=1)


class HardTanh(_Elementwise, frozen=True):
    """x held between `min` and `max`."""

    min: float = -1.0
    max: float = 1.0
    per_value: ClassVar[Work] = Work(comparisons=2)

    def requires(self, _x: Shape) -> Iterator[Requirement]:
        yield self.min < self.max, f"min={self.min:g} must be less than max={self.max:g}", "min"


class Softplus(_Elementwise, frozen=True):
    """log(1 + e^(beta·x)) / beta (Dugas et al. 2001)."""

    beta: float = 1.0
    per_value: ClassVar[Work] = Work(exponentials=2, additions=1, multiplications=1, divisions=1)


class Dropout(_Elementwise, frozen=True):
    """Zeroes a share of the values in training; at inference it does nothing (Srivastava et al. 2014)."""

    rate: float = 0.5

    def requires(self, _x: Shape) -> Iterator[Requirement]:
        yield 0 <= self.rate <= 1, f"rate={self.rate:g} is not a share between 0 and 1", "rate"


class StochasticDepth(Dropout, frozen=True):
    """Drops a whole branch for some samples in training; at inference it does nothing (Huang et al. 2016)."""


class Identity(_Elementwise, frozen=True):
    """The input unchanged."""

    stores: ClassVar[Literal["output", "in place", "view"]] = "view"


class Softmax(Layer, frozen=True):
    """eˣ over the sum of eˣ along an axis."""

    stores: ClassVar[Literal["output", "in place", "view"]] = "in place"

    axis: int = -1

    def output(self, x: Shape) -> Shape:
        return x

    def requires(self, x: Shape) -> Iterator[Requirement]:
        yield -len(x) <= self.axis < len(x), f"axis={self.axis} is not one of the input's {len(x)}", "axis"

    def work(self, output: Shape, _x: Shape) -> Work:
        n = size(output)
        sums = size((*output[: self.axis % len(output)], *output[self.axis % len(output) + 1 :]))
        return Work(exponentials=n, additions=n - sums, divisions=n)
