"""Interpolation to a given size."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar, Literal

from archcalc.layers.axes import each_axis
from archcalc.layers.intervals import fraction
from archcalc.layers.registry import Example
from archcalc.layers.requirements import Requirement, require_per_axis
from archcalc.layers.resample import _Resampling, interpolated, interpolation
from archcalc.layers.settings import Sizes
from archcalc.layers.views import Views, pointwise_view
from archcalc.layers.window import IDENTITY, Window
from archcalc.layers.windows import fractional
from archcalc.layers.work import Work
from archcalc.symbols.dims import Dim, Shape, ceil_div, equal, format_shape


class Resize(_Resampling, frozen=True):
    """Each axis but the first made as long as `size` says, or as that of a second input, by repeating values or linearly.

    Value i of m lies at (i + 1/2)·n/m − 1/2 of n. `nearest` takes value ⌊i·n/m⌋, `linear` the two beside it, also where it
    makes an axis shorter.
    """

    called: ClassVar[tuple[str, ...]] = ("interpolate",)
    example: ClassVar[Example] = Example({"size": 64})

    size: Sizes | None = None
    mode: Literal["nearest", "linear"] = "nearest"

    def variants(self, rank: int) -> Iterator[str]:
        yield f"{self.mode} {rank}d"
        yield self.mode

    def output(self, x: Shape, like: Shape | None = None) -> Shape:
        return (x[0], *(each_axis(self.size, len(x) - 1) if like is None else like[1:]))

    def requires(self, x: Shape, like: Shape | None = None) -> Iterator[Requirement]:
        yield 1 < len(x) <= 4, "the input must be channels and one to three further axes", ""
        yield (self.size is None) != (like is None), "a resize has either a size or a second input", "size"
        yield from require_per_axis(len(x) - 1, size=self.size)
        if like is not None:
            yield len(like) == len(x), f"a second input of {format_shape(like)} has not as many axes", ""

    def work(self, output: Shape, _x: Shape, _like: Shape | None = None) -> Work:
        return interpolation(self.mode, output)

    def receptive_views(self, x: Shape, like: Shape | None = None) -> tuple[Views, ...]:
        sizes = enumerate(zip(x[1:], self.output(x, like)[1:], strict=True), start=1)
        views = (pointwise_view(x, {axis: self.slide(n, m) for axis, (n, m) in sizes}),)
        return (views,) if like is None else (views, ())

    def slide(self, n: Dim, m: Dim) -> Window:
        """The window of m values that are made of n."""
        if equal(n, m) is True:
            return IDENTITY
        known = isinstance(n, int) and isinstance(m, int)
        if self.mode == "nearest":
            return fractional(m, (lambda i: (i * n // m,) * 2) if known else None, (fraction(1 - m, m), 0), advance=n)

        def phase(i: int) -> tuple[Dim, Dim]:
            centre = (2 * i + 1) * n - m
            return centre // (2 * m), ceil_div(centre, 2 * m)

        loose = (fraction(n - 3 * m + 1, 2 * m), fraction(n + m - 1, 2 * m))
        return fractional(m, phase if known else None, loose, advance=n)

    def forward(self, xp: Any, x: Any, like: Any = None) -> Any:
        sizes = self.output(x.shape[1:], None if like is None else like.shape[1:])[1:]
        for axis, m in enumerate(sizes, start=2):
            nearest = xp.arange(m) * x.shape[axis] // m
            x = xp.take(x, nearest, axis) if self.mode == "nearest" else interpolated(xp, x, m, axis)
        return x
