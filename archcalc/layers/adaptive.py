"""Adaptive pooling to a given size, and global pooling."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

from archcalc.layers.axes import each_axis, in_batch
from archcalc.layers.base import Layer, SavedTensor, TrainingContext
from archcalc.layers.intervals import fraction
from archcalc.layers.placing import every_place, placed_each
from archcalc.layers.registry import Example, Family
from archcalc.layers.requirements import Requirement, require_once, require_per_axis, require_rank
from archcalc.layers.settings import Sizes, SomeAxes
from archcalc.layers.views import Views, global_view, pointwise_view
from archcalc.layers.window import IDENTITY, Window, whole_axis
from archcalc.layers.windows import fractional
from archcalc.layers.work import Work
from archcalc.symbols.dims import Dim, Shape, ceil_div, gcd, size


class _AdaptivePool(Layer, frozen=True):
    """Pooling to a given size: window i of m over n values runs from ⌊i·n/m⌋ to ⌈(i + 1)·n/m⌉."""

    family: ClassVar[Family] = "pool"
    category: ClassVar[str] = "Pooling"
    example: ClassVar[Example] = Example({"size": 7})

    size: Sizes

    def output(self, x: Shape) -> Shape:
        return (x[0], *each_axis(self.size, self.rank))

    def requires(self, x: Shape) -> Iterator[Requirement]:
        yield require_rank(x, self.rank)
        yield from require_per_axis(self.rank, size=self.size)

    def visited(self, x: Shape) -> Dim:
        """The number of values in all windows: along an axis n + m − gcd(n, m), since windows overlap."""
        total = x[0]
        for n, m in zip(x[1:], each_axis(self.size, self.rank), strict=True):
            total *= n + m - gcd(n, m)
        return total

    def receptive_views(self, x: Shape) -> tuple[Views, ...]:
        sizes = enumerate(zip(x[1:], each_axis(self.size, self.rank), strict=True), start=1)
        return ((pointwise_view(x, {axis: self.slide(n, m) for axis, (n, m) in sizes}),),)

    def slide(self, n: Dim, m: Dim) -> Window:
        """The view that m windows have of n values."""
        if m == 1:
            return whole_axis(n)
        if n == m:
            return IDENTITY
        loose = (fraction(1 - m, m), fraction(n - 1, m))
        known = isinstance(n, int) and isinstance(m, int)
        return fractional(
            m, (lambda i: (i * n // m, ceil_div((i + 1) * n, m) - 1)) if known else None, loose, advance=n
        )

    def joined(self, xp: Any, x: Any, join: Any) -> Any:
        """One value for each window: windows are products of intervals, so one axis after the other."""
        for axis, m in enumerate(each_axis(self.size, self.rank), start=2):
            n = x.shape[axis]
            intervals = [range(i * n // m, ceil_div((i + 1) * n, m)) for i in range(m)]
            x = xp.stack([join(xp.take(x, interval, axis), axis) for interval in intervals], axis)
        return x


class _AdaptiveMaxPool(_AdaptivePool, frozen=True):
    """The largest value of each of `size` windows, window i of m over n values running from ⌊i·n/m⌋ to ⌈(i + 1)·n/m⌉.

    The windows are those of torch; spatial pyramid pooling (He et al. 2014, section 2.2) has the like.
    """

    called: ClassVar[tuple[str, ...]] = ("adaptivemaxpool",)

    def work(self, output: Shape, x: Shape) -> Work:
        return Work(comparisons=self.visited(x) - size(output))

    def saved_for_backward(self, _use: TrainingContext, output: Shape, _x: Shape) -> Iterator[SavedTensor]:
        yield SavedTensor(0)
        yield SavedTensor("indices", size(output), "int64")

    def forward(self, xp: Any, x: Any) -> Any:
        return self.joined(xp, x, xp.max)


class AdaptiveMaxPool1d(_AdaptiveMaxPool, frozen=True):
    __doc__ = _AdaptiveMaxPool.__doc__
    rank: ClassVar[int] = 1


class AdaptiveMaxPool2d(_AdaptiveMaxPool, frozen=True):
    __doc__ = _AdaptiveMaxPool.__doc__
    rank: ClassVar[int] = 2


class AdaptiveMaxPool3d(_AdaptiveMaxPool, frozen=True):
    __doc__ = _AdaptiveMaxPool.__doc__
    rank: ClassVar[int] = 3


class _AdaptiveAvgPool(_AdaptivePool, frozen=True):
    """The mean of each of `size` windows, window i of m over n values running from ⌊i·n/m⌋ to ⌈(i + 1)·n/m⌉.

    The windows are those of torch; spatial pyramid pooling (He et al. 2014, section 2.2) has the like.
    """

    called: ClassVar[tuple[str, ...]] = ("adaptiveavgpool",)

    def work(self, output: Shape, x: Shape) -> Work:
        return Work(additions=self.visited(x) - size(output), divisions=size(output))

    def saved_for_backward(self, _use: TrainingContext, output: Shape, _x: Shape) -> Iterator[SavedTensor]:
        # A single window is a mean over all values, for which torch saves only their number.
        if size(output[1:]) != 1:
            yield SavedTensor(0)

    def forward(self, xp: Any, x: Any) -> Any:
        return self.joined(xp, x, xp.mean)


class AdaptiveAvgPool1d(_AdaptiveAvgPool, frozen=True):
    __doc__ = _AdaptiveAvgPool.__doc__
    rank: ClassVar[int] = 1


class AdaptiveAvgPool2d(_AdaptiveAvgPool, frozen=True):
    __doc__ = _AdaptiveAvgPool.__doc__
    rank: ClassVar[int] = 2


class AdaptiveAvgPool3d(_AdaptiveAvgPool, frozen=True):
    __doc__ = _AdaptiveAvgPool.__doc__
    rank: ClassVar[int] = 3


class _GlobalPool(Layer, frozen=True):
    """One value for each channel; every other axis, or those in `axes`, becomes 1."""

    family: ClassVar[Family] = "pool"
    category: ClassVar[str] = "Pooling"
    axis_setting: ClassVar[str] = "axes"

    axes: SomeAxes = None

    def usual_axis(self, x: Shape) -> tuple[int, ...]:
        return every_place(x)

    def stated_axis(self, stated: Any, x: Shape) -> Any:
        return placed_each(stated, x, "axes")

    def output(self, x: Shape) -> Shape:
        return tuple(1 if axis in self.axes else n for axis, n in enumerate(x))

    def requires(self, x: Shape) -> Iterator[Requirement]:
        yield len(x) > 1, "the input must be channels and at least one further axis", ""
        yield require_once(self.axes)

    def receptive_views(self, x: Shape) -> tuple[Views, ...]:
        return ((global_view(x, *self.axes),),)

    def along(self, x: Any) -> tuple[int, ...]:
        """The axes of a batch that it makes one."""
        return tuple(in_batch(axis, x) for axis in self.axes)


class GlobalAvgPool(_GlobalPool, frozen=True):
    """The mean of each channel; every other axis, or those in `axes`, becomes 1 (Lin et al. 2013, section 3.2)."""

    called: ClassVar[tuple[str, ...]] = ("gap", "globalaveragepool", "globalaveragepooling", "globalpool")

    def work(self, output: Shape, x: Shape) -> Work:
        return Work(additions=size(x) - size(output), divisions=size(output))

    def forward(self, _xp: Any, x: Any) -> Any:
        return x.mean(axis=self.along(x), keepdims=True)


class GlobalMaxPool(_GlobalPool, frozen=True):
    """The largest value of each channel; every other axis, or those in `axes`, becomes 1 (Oquab et al. 2015)."""

    called: ClassVar[tuple[str, ...]] = ("gmp", "globalmaxpooling", "globalpool")

    def work(self, output: Shape, x: Shape) -> Work:
        return Work(comparisons=size(x) - size(output))

    def saved_for_backward(self, _use: TrainingContext, _output: Shape, _x: Shape) -> Iterator[SavedTensor]:
        yield SavedTensor(0)
        yield SavedTensor("output")

    def forward(self, _xp: Any, x: Any) -> Any:
        return x.max(axis=self.along(x), keepdims=True)
