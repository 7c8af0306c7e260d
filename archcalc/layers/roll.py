"""Rolling: axes whose entries move on and come in again at the other end."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import Any, ClassVar

from archcalc.layers.axes import each_axis, in_batch
from archcalc.layers.base import Layer
from archcalc.layers.placing import every_place, placed_each
from archcalc.layers.registry import Example, Family
from archcalc.layers.requirements import Requirement, require_once, require_per_axis
from archcalc.layers.settings import SomeAxes
from archcalc.layers.views import Views, pointwise_view
from archcalc.layers.window import IDENTITY, Window, shifted
from archcalc.symbols.dims import Dim, Shape, at_least


class Roll(Layer, frozen=True):
    """The entries of some axes moved on by `shifts`; what leaves at one end comes in at the other (Liu et al. 2021, section 3.2).

    A shift below 0 moves them back. By default the axes are all but that of channels or features.
    """

    family: ClassVar[Family] = "other"
    category: ClassVar[str] = "Layers that move, cut or repeat values without weights"
    moves: ClassVar[bool] = True
    axis_setting: ClassVar[str] = "axes"
    example: ClassVar[Example] = Example({"shifts": -3})

    shifts: int | tuple[int, ...]
    axes: SomeAxes = None

    def usual_axis(self, x: Shape) -> tuple[int, ...]:
        return every_place(x)

    def stated_axis(self, stated: Any, x: Shape) -> Any:
        return placed_each(stated, x, "axes")

    def output(self, x: Shape) -> Shape:
        return x

    def requires(self, x: Shape) -> Iterator[Requirement]:
        yield require_once(self.axes)
        yield from require_per_axis(len(self.axes), shifts=self.shifts)
        for axis, shift in self._by_axis():
            message = f"a shift of {shift} is more than the {x[axis]} entries of {axis.name or 'the axis'}"
            yield at_least(x[axis], abs(shift)), message, "shifts"

    def _by_axis(self) -> Iterator[tuple[Any, int]]:
        return zip(self.axes, each_axis(self.shifts, len(self.axes)), strict=True)

    def receptive_views(self, x: Shape) -> tuple[Views, ...]:
        parts = [_parts(shift, x[axis]) for axis, shift in self._by_axis()]
        views = [pointwise_view(x, dict(zip(self.axes, windows, strict=True))) for windows in product(*parts)]
        return (tuple(tuple(at._replace(ends=at.axis in self.axes) for at in view) for view in views),)

    def forward(self, xp: Any, x: Any) -> Any:
        axes, shifts = zip(*self._by_axis(), strict=True)
        return xp.roll(x, shifts, tuple(in_batch(axis, x) for axis in axes))


def _parts(shift: int, n: Dim) -> list[Window]:
    """The windows of the entries that moved along, and of those that came in at the other end."""
    if shift == 0:
        return [IDENTITY]
    return [shifted(-shift), shifted((n if shift > 0 else -n) - shift)]
