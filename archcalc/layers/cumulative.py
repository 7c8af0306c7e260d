"""Cumulative sums and means along an axis."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

from archcalc.layers.axes import in_batch, reshape_along
from archcalc.layers.base import Layer, SavedTensor, TrainingContext
from archcalc.layers.cached import NO_CACHE, Cache, Cached
from archcalc.layers.registry import Example, Family
from archcalc.layers.settings import OneAxis
from archcalc.layers.views import Views, pointwise_view
from archcalc.layers.windows import causal
from archcalc.layers.work import Work
from archcalc.symbols.dims import Shape, size
from archcalc.symbols.shape import without


class _Cumulative(Layer, frozen=True):
    """The base of layers that put the values of an axis together from its first entry to each place."""

    # A running sum is the plainest recurrence.
    family: ClassVar[Family] = "attention"
    category: ClassVar[str] = "Cumulative sums and means along an axis"
    axis_setting: ClassVar[str] = "axis"
    example: ClassVar[Example] = Example(inputs=((128, 512),))

    axis: OneAxis = None

    def usual_axis(self, _x: Shape) -> int:
        return 0

    def output(self, x: Shape) -> Shape:
        return x

    def work(self, output: Shape, _x: Shape) -> Work:
        return Work(additions=size(output) - without(output, (self.axis,)))

    def cached(self, x: Shape) -> Iterator[Cached]:
        yield Cached("sums", without(x, (self.axis,)))

    def receptive_views(self, x: Shape) -> tuple[Views, ...]:
        return ((pointwise_view(x, {self.axis: causal()}),),)

    def forward(self, xp: Any, x: Any) -> Any:
        return self.forward_after(xp, NO_CACHE, x)

    def forward_after(self, xp: Any, cache: Cache, x: Any) -> Any:
        axis = in_batch(self.axis, x)
        before = xp.zeros_like(xp.take(x, [0], axis))
        sums = cache.state("sums", before) + x.cumsum(axis)
        cache.keep("sums", xp.take(sums, [-1], axis))
        return sums


class CumSum(_Cumulative, frozen=True):
    """The sum of the entries of an axis up to each of them, by default of the first axis."""


class CumMean(_Cumulative, frozen=True):
    """The mean of the entries of an axis up to each of them, by default of the first axis."""

    def work(self, output: Shape, x: Shape) -> Work:
        return super().work(output, x) + Work(divisions=size(output))

    def saved_for_backward(self, _use: TrainingContext, _output: Shape, x: Shape) -> Iterator[SavedTensor]:
        yield SavedTensor("numbers of entries", x[self.axis], once=True)

    def forward_after(self, xp: Any, cache: Cache, x: Any) -> Any:
        axis = in_batch(self.axis, x)
        entries = xp.arange(cache.past + 1, cache.past + x.shape[axis] + 1, dtype=x.dtype)
        return super().forward_after(xp, cache, x) / reshape_along(axis, entries, x)
