"""Activation functions, dropout and identities.

Each works value by value, so at inference it could overwrite its input. Frameworks do so where a module or function is
called with inplace=True, which some have and some, like GELU, do not.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, ClassVar, Literal, Self

from archcalc.layers.axes import reshape_along
from archcalc.layers.base import Layer, SavedTensor, TrainingContext
from archcalc.layers.functions import elu, hard_sigmoid, sigmoid
from archcalc.layers.placing import require_first
from archcalc.layers.registry import Family
from archcalc.layers.requirements import Requirement
from archcalc.layers.work import Work
from archcalc.symbols.dims import Shape, size


class _Elementwise(Layer, frozen=True):
    """A function of each value alone."""

    family: ClassVar[Family] = "activation"
    category: ClassVar[str] = "Activation functions, dropout and identities"
    nonlinear: ClassVar[bool] = True
    stores: ClassVar[Literal["output", "in place", "view"]] = "in place"
    per_value: ClassVar[Work] = Work()
    # The values that the derivative is computed from: for "either" the input, unless it was overwritten.
    derived_from: ClassVar[Literal["input", "output", "either"]] = "input"

    def output(self, x: Shape) -> Shape:
        return x

    def work(self, output: Shape, _x: Shape) -> Work:
        return self.per_value.times(size(output))

    def saved_for_backward(self, use: TrainingContext, _output: Shape, _x: Shape) -> Iterator[SavedTensor]:
        yield SavedTensor(
            "output" if self.derived_from == "output" or (self.derived_from == "either" and use.in_place) else 0
        )


class ReLU(_Elementwise, frozen=True):
    """max(0, x) (Nair and Hinton 2010)."""

    overwrites: ClassVar[bool] = True
    derived_from: ClassVar[Literal["input", "output", "either"]] = "output"
    per_value: ClassVar[Work] = Work(comparisons=1)

    def forward(self, xp: Any, x: Any) -> Any:
        return xp.maximum(x, 0)


class ReLU6(_Elementwise, frozen=True):
    """min(max(0, x), 6) (Krizhevsky 2010; Howard et al. 2017)."""

    overwrites: ClassVar[bool] = True
    per_value: ClassVar[Work] = Work(comparisons=2)

    def forward(self, xp: Any, x: Any) -> Any:
        return xp.minimum(xp.maximum(x, 0), 6)


class LeakyReLU(_Elementwise, frozen=True):
    """x where positive, slope·x elsewhere (Maas et al. 2013)."""

    called: ClassVar[tuple[str, ...]] = ("lrelu", "leaky")
    overwrites: ClassVar[bool] = True
    derived_from: ClassVar[Literal["input", "output", "either"]] = "either"
    slope: float = 0.01
    per_value: ClassVar[Work] = Work(comparisons=1, multiplications=1)

    def forward(self, xp: Any, x: Any) -> Any:
        return xp.where(x > 0, x, self.slope * x)


class PReLU(_Elementwise, frozen=True):
    """x where positive, a trained slope times x elsewhere: one slope, or one for each channel, or each value (He et al. 2015)."""

    per_channel: bool = False
    elementwise: bool = False
    per_value: ClassVar[Work] = Work(comparisons=1, multiplications=1)

    def placed(self, *inputs: Shape) -> Self:
        if self.per_channel:
            require_first(inputs[0], "channels")
        return self

    def weights(self, x: Shape) -> dict[str, Shape]:
        return {"weight": x if self.elementwise else (x[0] if self.per_channel else 1,)}

    def requires(self, _x: Shape) -> Iterator[Requirement]:
        yield (
            not (self.per_channel and self.elementwise),
            "slopes are for each channel or for each value",
            "elementwise",
        )

    def forward(self, xp: Any, x: Any, weight: Any) -> Any:
        slopes = weight if self.elementwise else reshape_along(1, weight, x)
        return xp.where(x > 0, x, slopes * x)


class ELU(_Elementwise, frozen=True):
    """x where positive, alpha·(eˣ − 1) elsewhere (Clevert et al. 2015)."""

    overwrites: ClassVar[bool] = True
    derived_from: ClassVar[Literal["input", "output", "either"]] = "either"
    alpha: float = 1.0
    per_value: ClassVar[Work] = Work(comparisons=1, exponentials=1, additions=1, multiplications=1)

    def forward(self, xp: Any, x: Any) -> Any:
        return elu(xp, x, self.alpha)


class SELU(_Elementwise, frozen=True):
    """ELU with fixed alpha, times a fixed scale (Klambauer et al. 2017)."""

    overwrites: ClassVar[bool] = True
    derived_from: ClassVar[Literal["input", "output", "either"]] = "either"
    per_value: ClassVar[Work] = Work(comparisons=1, exponentials=1, additions=1, multiplications=2)

    def forward(self, xp: Any, x: Any) -> Any:
        # The two numbers that make mean 0 and variance 1 a fixed point.
        return 1.0507009873554804934193349852946 * elu(xp, x, 1.6732632423543772848170429916717)


class GELU(_Elementwise, frozen=True):
    """x·Φ(x), with Φ from erf or its tanh approximation (Hendrycks and Gimpel 2016)."""

    approximate: Literal["none", "tanh"] = "none"

    def work(self, output: Shape, _x: Shape) -> Work:
        exact = Work(exponentials=1, additions=1, multiplications=3)
        # 0.5·x·(1 + tanh(c·(x + 0.044715·x³)))
        tanh = Work(exponentials=1, additions=2, multiplications=6)
        return (tanh if self.approximate == "tanh" else exact).times(size(output))

    def forward(self, xp: Any, x: Any) -> Any:
        if self.approximate == "tanh":
            return 0.5 * x * (1 + xp.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)))
        # numpy has no erf. Python's is exact to the last digit or two, but takes one value at a time.
        values = memoryview(xp.ascontiguousarray(x / math.sqrt(2)).reshape(-1))
        erf = xp.fromiter(map(math.erf, values), x.dtype, x.size).reshape(x.shape)
        return 0.5 * x * (1 + erf)


class SiLU(_Elementwise, frozen=True):
    """x·sigmoid(x), also called swish (Elfwing et al. 2017; Ramachandran et al. 2017)."""

    called: ClassVar[tuple[str, ...]] = ("swish",)
    overwrites: ClassVar[bool] = True
    per_value: ClassVar[Work] = Work(exponentials=1, additions=1, divisions=1, multiplications=1)

    def forward(self, xp: Any, x: Any) -> Any:
        return x * sigmoid(xp, x)


class Mish(_Elementwise, frozen=True):
    """x·tanh(log(1 + eˣ)) (Misra 2019)."""

    overwrites: ClassVar[bool] = True
    per_value: ClassVar[Work] = Work(exponentials=3, additions=1, multiplications=1)

    def forward(self, xp: Any, x: Any) -> Any:
        # The tangent of the logarithm in one exponential; from 20 on the quotient is 1 in any precision.
        e = xp.exp(xp.minimum(x, 20))
        e *= e + 2
        return x * (e / (e + 2))


class Sigmoid(_Elementwise, frozen=True):
    """1 / (1 + e⁻ˣ)."""

    derived_from: ClassVar[Literal["input", "output", "either"]] = "output"
    per_value: ClassVar[Work] = Work(exponentials=1, additions=1, divisions=1)

    def forward(self, xp: Any, x: Any) -> Any:
        return sigmoid(xp, x)


class Tanh(_Elementwise, frozen=True):
    """The hyperbolic tangent."""

    derived_from: ClassVar[Literal["input", "output", "either"]] = "output"
    per_value: ClassVar[Work] = Work(exponentials=1)

    def forward(self, xp: Any, x: Any) -> Any:
        return xp.tanh(x)


class HardSigmoid(_Elementwise, frozen=True):
    """min(max(0, x/6 + 1/2), 1) (Howard et al. 2019, section 5.2)."""

    called: ClassVar[tuple[str, ...]] = ("hsigmoid",)
    overwrites: ClassVar[bool] = True
    per_value: ClassVar[Work] = Work(comparisons=2, divisions=1, additions=1)

    def forward(self, xp: Any, x: Any) -> Any:
        return hard_sigmoid(xp, x)


class HardSwish(_Elementwise, frozen=True):
    """x·hardsigmoid(x) (Howard et al. 2019)."""

    called: ClassVar[tuple[str, ...]] = ("hswish",)
    overwrites: ClassVar[bool] = True
    per_value: ClassVar[Work] = Work(comparisons=2, divisions=1, additions=1, multiplications=1)

    def forward(self, xp: Any, x: Any) -> Any:
        return x * hard_sigmoid(xp, x)


class HardTanh(_Elementwise, frozen=True):
    """x held between `min` and `max` (Collobert 2004)."""

    overwrites: ClassVar[bool] = True
    min: float = -1.0
    max: float = 1.0
    per_value: ClassVar[Work] = Work(comparisons=2)

    def requires(self, _x: Shape) -> Iterator[Requirement]:
        yield self.min < self.max, f"min={self.min:g} must be less than max={self.max:g}", "min"

    def forward(self, xp: Any, x: Any) -> Any:
        return xp.minimum(xp.maximum(x, self.min), self.max)


class Softplus(_Elementwise, frozen=True):
    """log(1 + e^(beta·x)) / beta (Dugas et al. 2001)."""

    beta: float = 1.0
    per_value: ClassVar[Work] = Work(exponentials=2, additions=1, multiplications=1, divisions=1)

    def forward(self, xp: Any, x: Any) -> Any:
        return xp.logaddexp(0, self.beta * x) / self.beta


class Dropout(_Elementwise, frozen=True):
    """Zeroes a share of the values in training; at inference it does nothing (Srivastava et al. 2014)."""

    nonlinear: ClassVar[bool] = False
    idle: ClassVar[bool] = True
    moves: ClassVar[bool] = True
    value_by_value: ClassVar[bool] = True
    rate: float = 0.5

    def requires(self, _x: Shape) -> Iterator[Requirement]:
        yield 0 <= self.rate <= 1, f"rate={self.rate:g} is not a share between 0 and 1", "rate"

    def saved_for_backward(self, _use: TrainingContext, output: Shape, _x: Shape) -> Iterator[SavedTensor]:
        if self.rate > 0:
            yield SavedTensor("mask", size(output), "bool")

    def forward(self, _xp: Any, x: Any) -> Any:
        return x


class StochasticDepth(Dropout, frozen=True):
    """Drops a whole branch for some samples in training; at inference it does nothing (Huang et al. 2016)."""

    called: ClassVar[tuple[str, ...]] = ("droppath",)

    def saved_for_backward(self, _use: TrainingContext, _output: Shape, _x: Shape) -> Iterator[SavedTensor]:
        if self.rate > 0:
            yield SavedTensor("mask", 1)


class Identity(_Elementwise, frozen=True):
    """The input unchanged."""

    called: ClassVar[tuple[str, ...]] = ("noop", "passthrough")
    keeps_order: ClassVar[bool] = True
    nonlinear: ClassVar[bool] = False
    stores: ClassVar[Literal["output", "in place", "view"]] = "view"

    def saved_for_backward(self, _use: TrainingContext, _output: Shape, _x: Shape) -> Iterator[SavedTensor]:
        yield from ()

    def forward(self, _xp: Any, x: Any) -> Any:
        return x
