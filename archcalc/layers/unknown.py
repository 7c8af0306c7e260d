"""Operators of which only the size of what they put out is known."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

from msgspec.structs import replace

from archcalc.errors import SpecError
from archcalc.layers.base import Layer
from archcalc.layers.registry import Example, Family
from archcalc.layers.requirements import Requirement
from archcalc.layers.settings import Count, Natural
from archcalc.layers.views import At, Views
from archcalc.layers.window import whole_axis
from archcalc.symbols.dims import Shape


class Unknown(Layer, frozen=True):
    """An operator of another program that no kind stands for, with the shape that it puts out and its trained values.

    Its work is not counted, so that totals are lower bounds, and it cannot be run. Each value may depend on all of its inputs.
    """

    family: ClassVar[Family] = "other"
    category: ClassVar[str] = "Operators of other programs"
    uncounted: ClassVar[bool] = True
    runs: ClassVar[bool] = False
    example: ClassVar[Example] = Example({"operator": "roi_align", "shape": (256, 7, 7)}, ((256, 56, 56), (4,)))

    operator: str
    shape: tuple[Count, ...]
    parameters: Natural = 0

    def output(self, _first: Shape, *_others: Shape) -> Shape:
        return self.shape

    def weights(self, *_inputs: Shape) -> dict[str, Shape]:
        return {"weight": (self.parameters,)} if self.parameters != 0 else {}

    def requires(self, *_inputs: Shape) -> Iterator[Requirement]:
        yield len(self.shape) > 0, "its shape needs at least one axis", "shape"

    def receptive_views(self, *inputs: Shape) -> tuple[Views, ...]:
        last = len(self.shape) - 1
        return tuple(
            (tuple(At(min(axis, last), replace(whole_axis(n), loose=True)) for axis, n in enumerate(x)),)
            for x in inputs
        )

    def forward(self, _xp: Any, *_inputs: Any, **_weights: Any) -> Any:
        raise SpecError(f"'{self.operator[:60]}' is not known, and cannot be run")
