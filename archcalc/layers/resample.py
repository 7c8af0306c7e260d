"""Layers that make axes longer or shorter without weights."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar, Literal

from archcalc.layers.axes import each_axis, reshape_along
from archcalc.layers.base import Layer, Layout
from archcalc.layers.intervals import NOTHING, fraction
from archcalc.layers.registry import Example, Family
from archcalc.layers.requirements import Requirement, require_per_axis, require_rank
from archcalc.layers.settings import Count, Sizes
from archcalc.layers.views import Views, pointwise_view
from archcalc.layers.window import Window
from archcalc.layers.windows import fractional
from archcalc.layers.work import Work
from archcalc.symbols.dims import Dim, Shape, ceil_div, divides, quotient, size

# The most positions that are listed one by one.
_LISTED = 16


def interpolated(xp: Any, x: Any, m: int, axis: int) -> Any:
    """An axis interpolated to m values, each between its two nearest old ones, or clamped."""
    n = x.shape[axis]
    # In steps of half a new cell a value lies in the middle of its cell, and the m new cells are as long as the n old ones.
    centre = xp.clip((2 * xp.arange(m) + 1) * n - m, 0, 2 * m * (n - 1))
    before, after = centre // (2 * m), -(-centre // (2 * m))
    share = reshape_along(axis, (centre / (2 * m) - before).astype(x.dtype), x)
    return xp.take(x, before, axis) * (1 - share) + xp.take(x, after, axis) * share


def interpolation(mode: str, output: Shape) -> Work:
    """The work of interpolating to an output: each value is a sum over the corners of the cell that it lies in."""
    if mode == "nearest":
        return Work()
    corners = 2 ** (len(output) - 1)
    return Work(multiplications=corners * size(output), additions=(corners - 1) * size(output))


class _Resampling(Layer, frozen=True):
    """The base of layers that change the length of axes."""

    family: ClassVar[Family] = "other"
    category: ClassVar[str] = "Layers that make axes longer or shorter without weights"
    layout: ClassVar[Layout] = "channels first"


class Upsample(_Resampling, frozen=True):
    """Each axis but the first made `scale` times longer, by repeating values or by (bi-, tri-)linear interpolation."""

    called: ClassVar[tuple[str, ...]] = ("upsampling", "interpolate")
    example: ClassVar[Example] = Example({"scale": 2})

    scale: Sizes
    mode: Literal["nearest", "linear"] = "nearest"

    def variants(self, rank: int) -> Iterator[str]:
        yield f"{self.mode} {rank}d"
        yield self.mode

    def output(self, x: Shape) -> Shape:
        return (x[0], *(n * s for n, s in zip(x[1:], each_axis(self.scale, len(x) - 1), strict=True)))

    def requires(self, x: Shape) -> Iterator[Requirement]:
        yield 1 < len(x) <= 4, "the input must be channels and one to three further axes", ""
        yield from require_per_axis(len(x) - 1, scale=self.scale)

    def work(self, output: Shape, _x: Shape) -> Work:
        return interpolation(self.mode, output)

    def receptive_views(self, x: Shape) -> tuple[Views, ...]:
        scales = enumerate(each_axis(self.scale, len(x) - 1), start=1)
        return ((pointwise_view(x, {axis: self.slide(s) for axis, s in scales}),),)

    def slide(self, s: Dim) -> Window:
        """The view of the new values: the old value that each repeats, or the two nearest."""
        if self.mode == "nearest":
            return fractional(s, lambda _: (0, 0), (fraction(1 - s, s), 0))
        # In steps of half a new cell, the middle of new cell r is 2r + 1 − s from that of the first old one.
        loose = (fraction(2 - 3 * s, 2 * s), fraction(s, 2 * s))
        return fractional(s, lambda r: ((2 * r + 1 - s) // (2 * s), ceil_div(2 * r + 1 - s, 2 * s)), loose)

    def forward(self, xp: Any, x: Any) -> Any:
        for axis, s in enumerate(each_axis(self.scale, x.ndim - 2), start=2):
            x = xp.repeat(x, s, axis) if self.mode == "nearest" else interpolated(xp, x, x.shape[axis] * s, axis)
        return x


class PixelShuffle(_Resampling, frozen=True):
    """Each factor² channels laid out as a factor×factor square of pixels (Shi et al. 2016)."""

    called: ClassVar[tuple[str, ...]] = ("depthtospace",)
    example: ClassVar[Example] = Example({"factor": 2})

    factor: Count

    def output(self, x: Shape) -> Shape:
        return (quotient(x[0], self.factor**2), x[1] * self.factor, x[2] * self.factor)

    def requires(self, x: Shape) -> Iterator[Requirement]:
        yield require_rank(x, 2)
        yield (
            divides(self.factor**2, x[0]),
            f"factor²={self.factor**2} does not divide the {x[0]} input channels",
            "factor",
        )

    def receptive_views(self, x: Shape) -> tuple[Views, ...]:
        f = self.factor
        if not isinstance(f, int) or f > _LISTED:
            rows = fractional(f, lambda _: (0, 0), (fraction(1 - f, f), 0))
            return ((pointwise_view(x, {0: Window(f**2, ((0, f**2 - 1),)), 1: rows, 2: rows}),),)
        # Each position in a square has its own channel.
        only = [Window(1, tuple((0, 0) if r == place else NOTHING for r in range(f))) for place in range(f)]
        squares = [(y, z) for y in range(f) for z in range(f)]
        return (
            tuple(
                pointwise_view(x, {0: Window(f**2, ((y * f + z, y * f + z),)), 1: only[y], 2: only[z]})
                for y, z in squares
            ),
        )

    def forward(self, _xp: Any, x: Any) -> Any:
        n, _, height, width = x.shape
        f = self.factor
        squares = x.reshape(n, -1, f, f, height, width)
        return squares.transpose(0, 1, 4, 2, 5, 3).reshape(n, -1, height * f, width * f)
