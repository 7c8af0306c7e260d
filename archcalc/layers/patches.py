"""Layers that lay the values of each window of an image into channels, and back."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import Any, ClassVar

from archcalc.layers.axes import each_axis
from archcalc.layers.geometry import Geometry
from archcalc.layers.intervals import NOTHING, fraction
from archcalc.layers.registry import Example, Family
from archcalc.layers.requirements import Requirement, require_per_axis, require_rank
from archcalc.layers.resample import _Resampling
from archcalc.layers.settings import Count, Padding, Sizes
from archcalc.layers.sliding import _Sliding, span
from archcalc.layers.views import Views, pointwise_view
from archcalc.layers.window import Window
from archcalc.layers.windows import fractional, spreading
from archcalc.layers.work import Work
from archcalc.symbols.dims import Dim, Shape, divides, equal, format_shape, quotient, size

# The most taps of a window that are listed one by one.
_LISTED = 256


def _one_of(which: int, count: int) -> Window:
    """The window of `count` outputs for each input, of which only one sees it."""
    return Window(1, tuple((0, 0) if r == which else NOTHING for r in range(count))).reduced()


def _spread_over(count: Dim) -> Window:
    """The window of `count` outputs for each input, all of which see it."""
    return fractional(count, lambda _: (0, 0), (fraction(1 - count, count), 0))


class _Patches(_Sliding, frozen=True):
    """The base of layers between an image and the values of its windows."""

    family: ClassVar[Family] = "other"
    category: ClassVar[str] = "Layers that make axes longer or shorter without weights"
    rank: ClassVar[int] = 2

    # The two have other fields before these, so each declares its own.
    def geometry(self: Any) -> Geometry:
        return Geometry(self.kernel, self.stride, self.padding, self.dilation)

    @property
    def taps(self: Any) -> Shape:
        """The kernel along each axis."""
        return each_axis(self.kernel, 2)

    @property
    def listed(self) -> list[tuple[int, ...]]:
        """The taps of the kernel one by one; none if they are too many, or letters."""
        count = size(self.taps)
        known = isinstance(count, int) and count <= _LISTED
        return list(product(*map(range, self.taps))) if known else []


class Unfold(_Patches, frozen=True):
    """The values of each window as channels, one after the other for each input channel (Chellapilla et al. 2006).

    Places stay as they are: `flatten: {tokens: [height, width]}` after it makes a matrix of them, im2col.
    """

    called: ClassVar[tuple[str, ...]] = ("im2col",)
    example: ClassVar[Example] = Example({"kernel": 3})

    kernel: Sizes
    stride: Sizes = 1
    padding: Padding = 0
    dilation: Sizes = 1

    def output(self, x: Shape) -> Shape:
        return (x[0] * size(self.taps), *self.places(x))

    def receptive_views(self, x: Shape) -> tuple[Views, ...]:
        slides = self.slides(x)
        if not self.listed:
            return ((pointwise_view(x, {0: _spread_over(size(self.taps)), **slides}),),)
        views = []
        for which, taps in enumerate(self.listed):
            at = {0: _one_of(which, len(self.listed))}
            for (axis, slide), tap in zip(slides.items(), taps, strict=True):
                place = slide.phases[0][0] + slide.step * tap
                at[axis] = Window(slide.advance, ((place, place),))
            views.append(pointwise_view(x, at))
        return (tuple(views),)

    def forward(self, xp: Any, x: Any) -> Any:
        windows = self.windows(xp, x).transpose(0, 1, 4, 5, 2, 3)
        return windows.reshape(len(x), -1, *windows.shape[4:])


class Fold(_Patches, frozen=True):
    """An image of a given `size` from the channels that `unfold` made of it; values of windows that overlap are added up.

    One addition for each value. What was padding is left out.
    """

    called: ClassVar[tuple[str, ...]] = ("col2im",)
    spreads: ClassVar[bool] = True
    example: ClassVar[Example] = Example({"size": 58, "kernel": 3}, ((576, 56, 56),))

    size: Sizes
    kernel: Sizes
    stride: Sizes = 1
    padding: Padding = 0
    dilation: Sizes = 1

    def output(self, x: Shape) -> Shape:
        return (quotient(x[0], size(self.taps)), *each_axis(self.size, 2))

    def requires(self, x: Shape) -> Iterator[Requirement]:
        yield require_rank(x, 2)
        yield from require_per_axis(2, size=self.size, kernel=self.kernel)
        count = size(self.taps)
        yield divides(count, x[0]), f"the {count} values of a window do not divide the {x[0]} input channels", "kernel"
        y = self.output(x)
        yield from super().requires(y)
        for n, m in zip(self.places(y), x[1:], strict=True):
            said = f"an output of {format_shape(y[1:])} has {format_shape(self.places(y))} windows"
            yield equal(n, m), f"{said}, not {format_shape(x[1:])}", "size"

    def roundings(self, x: Shape) -> Iterator[Any]:
        yield from super().roundings(self.output(x))

    def work(self, _output: Shape, x: Shape) -> Work:
        return Work(additions=size(x))

    def receptive_views(self, x: Shape) -> tuple[Views, ...]:
        y = self.output(x)
        fields = [(s, before, d) for (*_, s, _, d), (before, _) in zip(self.axes(y), self.margins(y), strict=True)]
        if not self.listed:
            count = size(self.taps)
            slides = [spreading(k, *rest) for k, rest in zip(self.taps, fields, strict=True)]
            return ((pointwise_view(x, {0: Window(count, ((0, count - 1),)), **dict(enumerate(slides, start=1))}),),)
        views = []
        for which, taps in enumerate(self.listed):
            slides = [spreading(1, s, before - d * tap, 1) for (s, before, d), tap in zip(fields, taps, strict=True)]
            only = Window(len(self.listed), ((which, which),))
            views.append(pointwise_view(x, {0: only, **dict(enumerate(slides, start=1))}))
        return (tuple(views),)

    def forward(self, xp: Any, x: Any) -> Any:
        y = self.output(x.shape[1:])
        sides = list(self.margins(y))
        padded = [n + before + after for n, (before, after) in zip(y[1:], sides, strict=True)]
        image = xp.zeros((len(x), y[0], *padded), x.dtype)
        values = x.reshape(len(x), y[0], *self.taps, *x.shape[2:])
        _, _, stride, _, dilation = zip(*self.axes(y), strict=True)
        for tap in product(*map(range, self.taps)):
            steps = zip(tap, x.shape[2:], stride, dilation, strict=True)
            reached = (slice(t * d, t * d + span(m, s), s) for t, m, s, d in steps)
            image[:, :, *reached] += values[:, :, *tap]
        return image[:, :, *(slice(before, before + n) for n, (before, _) in zip(y[1:], sides, strict=True))]


class PixelUnshuffle(_Resampling, frozen=True):
    """Each factor×factor square of pixels laid into factor² channels, the inverse of `pixelshuffle` (Shi et al. 2016)."""

    called: ClassVar[tuple[str, ...]] = ("spacetodepth",)
    example: ClassVar[Example] = Example({"factor": 2})

    factor: Count

    @property
    def _unfold(self) -> Unfold:
        return Unfold(self.factor, self.factor)

    def output(self, x: Shape) -> Shape:
        return (x[0] * self.factor**2, quotient(x[1], self.factor), quotient(x[2], self.factor))

    def requires(self, x: Shape) -> Iterator[Requirement]:
        yield require_rank(x, 2)
        for axis, n in zip(("height", "width"), x[1:], strict=True):
            yield divides(self.factor, n), f"factor={self.factor} does not divide the input's {axis} of {n}", "factor"

    def receptive_views(self, x: Shape) -> tuple[Views, ...]:
        return self._unfold.receptive_views(x)

    def forward(self, xp: Any, x: Any) -> Any:
        return self._unfold.forward(xp, x)
