"""Operators that are not known."""

from __future__ import annotations

from typing import Any, ClassVar

from archcalc.layers.base import Layer
from archcalc.layers.registry import Example, Family
from archcalc.layers.settings import Count, Natural
from archcalc.symbols.dims import Shape


class Unknown(Layer, frozen=True):
    """An operator that is not known, with the output and the trained values that its file states."""

    family: ClassVar[Family] = "other"
    category: ClassVar[str] = "Layers that move, cut or repeat values without weights"
    uncounted: ClassVar[bool] = True
    example: ClassVar[Example] = Example({"operator": "op", "shape": (64, 56, 56)})

    operator: str
    shape: tuple[Count, ...]
    params: Natural = 0

    def output(self, *_xs: Shape) -> Shape:
        return self.shape

    def weights(self, *_xs: Shape) -> dict[str, Shape]:
        return {"weight": (self.params,)} if self.params else {}

    def receptive_views(self, *xs: Shape) -> tuple[Any, ...]:
        return tuple((((),)) for _ in xs)


Unknown.arity = (0, float("inf"))
