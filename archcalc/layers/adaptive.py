"""Pooling to a given size, and of the whole input."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

from archcalc.layers.base import (
    Kept,
    Layer,
    Requirement,
    Sizes,
    Use,
    Views,
    all_along,
    each_axis,
    here,
    of_rank,
    one_each,
)
from archcalc.layers.intervals import fraction
from archcalc.layers.seen import finer
from archcalc.layers.window import HERE, Window, everything
from archcalc.layers.work import Work
from archcalc.symbols.dims import Dim, Shape, ceil_div, common, size


class _AdaptivePool(Layer, frozen=True):
    """Pooling to a given size: window i of m over n values runs from ⌊i·n/m⌋ to ⌈(i + 1)·n/m⌉."""

    rank: ClassVar[int] = 0

    size: Sizes

    def output(self, x: Shape) -> Shape:
        return (x[0], *each_axis(self.size, self.rank))

    def requires(self, x: Shape) -> Iterator[Requirement]:
        yield of_rank(x, self.rank)
        yield from one_each(self.rank, size=self.size)

    def visited(self, x: Shape) -> Dim:
        """How many values all windows hold together: along an axis n + m − gcd(n, m), since windows overlap."""
        total = x[0]
        for n, m in zip(x[1:], each_axis(self.size, self.rank), strict=True):
            total *= n + m - common(n, m)
        return total

    def sees(self, x: Shape) -> tuple[Views, ...]:
        sizes = enumerate(zip(x[1:], each_axis(self.size, self.rank), strict=True), start=1)
        return ((here(x, {axis: self.slide(n, m) for axis, (n, m) in sizes}),),)

    def slide(self, n: Dim, m: Dim) -> Window:
        """What each of m windows sees of n values."""
        if m == 1:
            return everything(n)
        if n == m:
            return HERE
        loose = (fraction(1 - m, m), fraction(n - 1, m))
        known = isinstance(n, int) and isinstance(m, int)
        return finer(m, (lambda i: (i * n // m, ceil_div((i + 1) * n, m) - 1)) if known else None, loose, advance=n)

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

    def work(self, output: Shape, x: Shape) -> Work:
        return Work(comparisons=self.visited(x) - size(output))

    def kept(self, _use: Use, output: Shape, _x: Shape) -> Iterator[Kept]:
        yield Kept(0)
        yield Kept("indices", size(output), "int64")

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

    def work(self, output: Shape, x: Shape) -> Work:
        return Work(additions=self.visited(x) - size(output), divisions=size(output))

    def kept(self, _use: Use, output: Shape, _x: Shape) -> Iterator[Kept]:
        # One window is a mean over all, of which torch needs no more than how many there are.
        if size(output[1:]) != 1:
            yield Kept(0)

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
    """One value for each channel; every further axis becomes 1."""

    def output(self, x: Shape) -> Shape:
        return (x[0], *(1 for _ in x[1:]))

    def requires(self, x: Shape) -> Iterator[Requirement]:
        yield len(x) > 1, "the input must be channels and at least one further axis", ""

    def sees(self, x: Shape) -> tuple[Views, ...]:
        return ((all_along(x, *range(1, len(x))),),)


class GlobalAvgPool(_GlobalPool, frozen=True):
    """The mean of each channel; every further axis becomes 1 (Lin et al. 2013, section 3.2)."""

    def work(self, output: Shape, x: Shape) -> Work:
        return Work(additions=size(x) - size(output), divisions=size(output))

    def forward(self, _xp: Any, x: Any) -> Any:
        return x.mean(axis=tuple(range(2, x.ndim)), keepdims=True)


class GlobalMaxPool(_GlobalPool, frozen=True):
    """The largest value of each channel; every further axis becomes 1 (Oquab et al. 2015)."""

    def work(self, output: Shape, x: Shape) -> Work:
        return Work(comparisons=size(x) - size(output))

    def kept(self, _use: Use, _output: Shape, _x: Shape) -> Iterator[Kept]:
        yield Kept(0)
        yield Kept("output")

    def forward(self, _xp: Any, x: Any) -> Any:
        return x.max(axis=tuple(range(2, x.ndim)), keepdims=True)
