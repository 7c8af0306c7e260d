"""Layers that add margins to axes, or take them away."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import Any, ClassVar, Literal

from archcalc.layers.axes import both_sides, each_axis
from archcalc.layers.base import SavedTensor, TrainingContext
from archcalc.layers.registry import Example
from archcalc.layers.requirements import Requirement, require_per_axis, require_places
from archcalc.layers.resample import _Resampling
from archcalc.layers.settings import Margins, Sizes
from archcalc.layers.views import At, Views, pointwise_view
from archcalc.layers.window import IDENTITY, Window, shifted
from archcalc.symbols.dims import Dim, Shape, at_least, ceil_div, floor_div, format_shape

_NUMPY = {"reflect": "reflect", "replicate": "edge", "circular": "wrap"}


class Pad(_Resampling, frozen=True):
    """Zeroes before and after each axis but the first, or after it up to the next `multiple`.

    `mode` fills them with something else: `reflect` mirrors the axis at its first and last value, `replicate` repeats
    these, and `circular` goes on at the other end.
    """

    example: ClassVar[Example] = Example({"margin": 1})

    margin: Margins | None = None
    multiple: Sizes | None = None
    mode: Literal["zeros", "reflect", "replicate", "circular"] = "zeros"

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
        if self.mode in {"reflect", "circular"}:
            most = "less than" if self.mode == "reflect" else "no more than"
            for n, sides in zip(x[1:], self.sides(x), strict=True):
                for side in sides:
                    message = (
                        f"with mode {self.mode} a margin must be {most} the axis, and {side} is not for one of {n}"
                    )
                    yield at_least(n, side + int(self.mode == "reflect")), message, "margin"

    def receptive_views(self, x: Shape) -> tuple[Views, ...]:
        sides = zip(x[1:], self.sides(x), strict=True)
        parts = [self._parts(axis, n, before, after) for axis, (n, (before, after)) in enumerate(sides, start=1)]
        return (tuple((At(0, IDENTITY), *view) for view in product(*parts)),)

    def _parts(self, axis: int, n: Dim, before: Dim, after: Dim) -> list[At]:
        """The views of the axis itself, of the margin before it and of that after it."""
        own = At(axis, shifted(-before), ends=self.mode != "zeros")
        last = n - 1 + before
        windows = {
            "reflect": (Window(-1, ((before, before),)), Window(-1, ((last + n - 1, last + n - 1),))),
            "replicate": (_held(0, 0, before), _held(n - 1, n + before, after)),
            "circular": (shifted(n - before), shifted(-before - n)),
        }
        margins = [] if self.mode == "zeros" else [(0, before), (n + before, n + before + after)]
        filled = zip(margins, windows.get(self.mode, ()), strict=False)
        return [own, *(At(axis, window, ends=True, outputs=at) for at, window in filled if at[1] - at[0] != 0)]

    def saved_for_backward(self, _use: TrainingContext, _output: Shape, _x: Shape) -> Iterator[SavedTensor]:
        if self.mode in {"reflect", "replicate"}:
            # Frameworks' kernels ask for the input, if only for its shape.
            yield SavedTensor(0)

    def forward(self, xp: Any, x: Any) -> Any:
        widths = ((0, 0), (0, 0), *self.sides(x.shape[1:]))
        return xp.pad(x, widths) if self.mode == "zeros" else xp.pad(x, widths, mode=_NUMPY[self.mode])


class Crop(_Resampling, frozen=True):
    """Each axis but the first without a margin before and after, or the middle of it as long as that of a second input.

    What remains of an odd number goes after (Ronneberger et al. 2015).
    """

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


def _held(value: Dim, first: Dim, count: Dim) -> Window:
    """The window in which `count` outputs from the first on all see one input; it moves at the pace of the others."""
    if not all(isinstance(n, int) for n in (value, first, count)) or count == 0:
        return Window(0, ((value, value),))
    rounds = (divmod(first + (r - first) % count, count) for r in range(count))
    ends = [value - count * a for a, _ in rounds]
    return Window(count, tuple((end, end) for end in ends))
