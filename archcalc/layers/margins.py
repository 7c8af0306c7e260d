"""Layers that add margins to axes, or take them away."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import Any, ClassVar, Literal

from archcalc.layers.axes import both_sides, each_axis
from archcalc.layers.base import SavedTensor, TrainingContext
from archcalc.layers.filled_margins import NUMPY_MODES, Filling, Slide, filled_views, require_filling
from archcalc.layers.registry import Example
from archcalc.layers.requirements import Requirement, require_per_axis, require_places
from archcalc.layers.resample import _Resampling
from archcalc.layers.settings import Margins, Sizes
from archcalc.layers.views import At, Views, pointwise_view
from archcalc.layers.window import IDENTITY, shifted
from archcalc.symbols.dims import Dim, Shape, at_least, ceil_div, floor_div, format_shape
from archcalc.symbols.sums import sum_of


class Pad(_Resampling, frozen=True):
    """Zeroes before and after each axis but the first, or after it up to the next `multiple`.

    `mode` fills them with something else: `reflect` mirrors the axis at its first and last value, `replicate` repeats
    these, and `circular` goes on at the other end.
    """

    called: ClassVar[tuple[str, ...]] = ("zeropad", "zeropadding", "padding")
    example: ClassVar[Example] = Example({"margin": 1})

    margin: Margins | None = None
    multiple: Sizes | None = None
    mode: Filling = "zeros"

    def sides(self, x: Shape) -> list[tuple[Dim, Dim]]:
        """The margins before and after each axis but the first."""
        if self.multiple is not None:
            return [(0, ceil_div(n, m) * m - n) for n, m in zip(x[1:], self._multiples(x), strict=True)]
        return list(both_sides(self.margin, len(x) - 1))

    def _multiples(self, x: Shape) -> tuple[Dim, ...]:
        return each_axis(self.multiple, len(x) - 1)

    def output(self, x: Shape) -> Shape:
        if self.multiple is not None:
            return (x[0], *(ceil_div(n, m) * m for n, m in zip(x[1:], self._multiples(x), strict=True)))
        return (x[0], *(n + before + after for n, (before, after) in zip(x[1:], self.sides(x), strict=True)))

    def requires(self, x: Shape) -> Iterator[Requirement]:
        yield require_places(x)
        yield (self.margin is None) != (self.multiple is None), "a pad has either a margin or a multiple", "multiple"
        yield from require_per_axis(len(x) - 1, margin=self.margin, multiple=self.multiple)
        yield from require_filling(self.mode, x, self.sides(x), "mode", "margin")

    def receptive_views(self, x: Shape) -> tuple[Views, ...]:
        axes = enumerate(zip(x[1:], self.sides(x), strict=True), start=1)
        parts = [filled_views(axis, n, sides, self.mode, Slide(n + sum_of(sides))) for axis, (n, sides) in axes]
        return (tuple((At(0, IDENTITY), *view) for view in product(*parts)),)

    def saved_for_backward(self, _use: TrainingContext, _output: Shape, _x: Shape) -> Iterator[SavedTensor]:
        if self.mode in {"reflect", "replicate"}:
            # Frameworks' kernels ask for the input, if only for its shape.
            yield SavedTensor(0)

    def forward(self, xp: Any, x: Any) -> Any:
        return xp.pad(x, ((0, 0), (0, 0), *self.sides(x.shape[1:])), mode=NUMPY_MODES[self.mode])


class Crop(_Resampling, frozen=True):
    """Each axis but the first without a margin before and after, or the middle of it as long as that of a second input.

    What remains of an odd number goes after (Ronneberger et al. 2015).
    """

    called: ClassVar[tuple[str, ...]] = ("cropping",)
    stores: ClassVar[Literal["output", "in place", "view"]] = "view"

    example: ClassVar[Example] = Example({"margin": 1})

    margin: Margins | None = None

    def _kept(self, x: Shape, like: Shape | None) -> list[tuple[Dim, Dim]]:
        """For each axis but the first the number of values before those that are kept, and of those."""
        if like is not None:
            return [(floor_div(n - m, 2), m) for n, m in zip(x[1:], like[1:], strict=True)]
        sides = zip(x[1:], both_sides(self.margin, len(x) - 1), strict=True)
        return [(before, n - before - after) for n, (before, after) in sides]

    def output(self, x: Shape, like: Shape | None = None) -> Shape:
        return (x[0], *(n for _, n in self._kept(x, like)))

    def requires(self, x: Shape, like: Shape | None = None) -> Iterator[Requirement]:
        yield require_places(x)
        yield (self.margin is None) != (like is None), "a crop has either a margin or a second input", "margin"
        yield from require_per_axis(len(x) - 1, margin=self.margin)
        if like is not None:
            yield len(like) == len(x), f"a second input of {format_shape(like)} has not as many axes", ""
            for n, m in zip(x[1:], like[1:], strict=True):
                yield at_least(n, m), f"the second input has an axis of {m}, and the first only {n} to crop", ""
        for n, left in zip(x[1:], self.output(x, like)[1:], strict=True):
            yield at_least(left, 1), f"the margin leaves nothing of an axis of {n}", "margin"

    def receptive_views(self, x: Shape, like: Shape | None = None) -> tuple[Views, ...]:
        kept = enumerate(self._kept(x, like), start=1)
        views = (pointwise_view(x, {axis: shifted(before) for axis, (before, _) in kept}),)
        return (views,) if like is None else (views, ())

    def forward(self, _xp: Any, x: Any, like: Any = None) -> Any:
        kept = self._kept(x.shape[1:], None if like is None else like.shape[1:])
        return x[:, :, *(slice(before, before + n) for before, n in kept)]
