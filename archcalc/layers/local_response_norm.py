"""Normalisation by neighbouring channels."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

from archcalc.layers.base import Layer, Layout, SavedTensor, TrainingContext
from archcalc.layers.registry import Family
from archcalc.layers.requirements import Requirement
from archcalc.layers.settings import Count
from archcalc.layers.views import Views, pointwise_view
from archcalc.layers.window import Window
from archcalc.layers.work import Work
from archcalc.symbols.dims import Dim, Shape, size


class LocalResponseNorm(Layer, frozen=True):
    """Each value over (k + alpha/size · the sum of squares in `size` neighbouring channels)^beta.

    Krizhevsky et al. 2012, section 3.3, writes alpha without the division by `size`.
    """

    called: ClassVar[tuple[str, ...]] = ("lrn",)
    family: ClassVar[Family] = "norm"
    category: ClassVar[str] = "Normalisation"
    layout: ClassVar[Layout] = "channels first"

    size: Count = 5
    alpha: float = 1e-4
    beta: float = 0.75
    k: float = 1.0

    def output(self, x: Shape) -> Shape:
        return x

    def requires(self, x: Shape) -> Iterator[Requirement]:
        yield len(x) > 1, "the input must be channels and at least one further axis", ""

    def work(self, output: Shape, _x: Shape) -> Work:
        n = size(output)
        # Squares, their windowed sum, the affine form, the power and the quotient.
        return Work(multiplications=2 * n, additions=self.size * n, exponentials=n, divisions=n)

    @property
    def sides(self) -> tuple[Dim, Dim]:
        """The numbers of channels in the window before and after its own; the first is larger for an even size."""
        return self.size // 2, (self.size - 1) // 2

    def receptive_views(self, x: Shape) -> tuple[Views, ...]:
        if self.beta == 0:
            # Whatever the sum is, its power is 1.
            return ((pointwise_view(x),),)
        before, after = self.sides
        return ((pointwise_view(x, {0: Window(1, ((-before, after),))}),),)

    def saved_for_backward(self, _use: TrainingContext, _output: Shape, x: Shape) -> Iterator[SavedTensor]:
        yield SavedTensor(0)
        yield SavedTensor("squares", (x[0] + self.size - 1) * size(x[1:]))
        yield SavedTensor("sums", size(x))
        yield SavedTensor("power", size(x))

    def forward(self, xp: Any, x: Any) -> Any:
        sides = self.sides
        squares = xp.pad(x**2, [sides if axis == 1 else (0, 0) for axis in range(x.ndim)])
        sums = xp.lib.stride_tricks.sliding_window_view(squares, self.size, axis=1).sum(axis=-1)
        return x / (self.k + self.alpha / self.size * sums) ** self.beta
