"""Arithmetic on each value alone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

from archcalc.layers.activation import _Elementwise
from archcalc.layers.base import SavedTensor, TrainingContext
from archcalc.layers.registry import Example
from archcalc.layers.work import Work
from archcalc.symbols.dims import Shape, size


class _Arithmetic(_Elementwise, frozen=True):
    """The base of arithmetic on each value alone."""

    category: ClassVar[str] = "Arithmetic on each value alone"


class Times(_Arithmetic, frozen=True):
    """The input times a constant, by which residuals are scaled (Szegedy et al. 2016, section 3.3)."""

    nonlinear: ClassVar[bool] = False
    value_by_value: ClassVar[bool] = True
    example: ClassVar[Example] = Example({"factor": 0.1})

    factor: float
    per_value: ClassVar[Work] = Work(multiplications=1)

    def saved_for_backward(self, _use: TrainingContext, _output: Shape, _x: Shape) -> Iterator[SavedTensor]:
        # The gradient needs the constant alone.
        yield from ()

    def forward(self, _xp: Any, x: Any) -> Any:
        return self.factor * x


class Abs(_Arithmetic, frozen=True):
    """The absolute value."""

    per_value: ClassVar[Work] = Work(comparisons=1)

    def forward(self, xp: Any, x: Any) -> Any:
        return xp.abs(x)


class Power(_Arithmetic, frozen=True):
    """The input to a constant power.

    A whole exponent above 0 takes exponent − 1 multiplications for each value, any other one function.
    """

    called: ClassVar[tuple[str, ...]] = ("pow", "square", "sqrt")
    example: ClassVar[Example] = Example({"exponent": 2})

    exponent: float

    @property
    def _factors(self) -> int:
        """The number of factors of a power that is a product; 0 for any other."""
        return int(self.exponent) if self.exponent >= 1 and self.exponent == int(self.exponent) else 0

    def work(self, output: Shape, _x: Shape) -> Work:
        one = Work(multiplications=self._factors - 1) if self._factors else Work(exponentials=1)
        return one.times(size(output))

    def forward(self, _xp: Any, x: Any) -> Any:
        return x ** (self._factors or self.exponent)
