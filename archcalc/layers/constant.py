"""Arrays that are kept and not trained."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar, Literal

from archcalc.layers.base import Layer
from archcalc.layers.registry import Example, Family
from archcalc.layers.requirements import Requirement, require_names
from archcalc.layers.settings import Count
from archcalc.symbols.dims import Shape


class Constant(Layer, frozen=True):
    """An array that depends on no input and is not trained, such as a mask or a table of positions."""

    is_kept: ClassVar[bool] = True
    stores: ClassVar[Literal["output", "in place", "view"]] = "view"
    family: ClassVar[Family] = "other"
    category: ClassVar[str] = "Dense layers and learned arrays"
    example: ClassVar[Example] = Example({"shape": (128, 512)})

    shape: tuple[Count, ...]
    axes: tuple[str, ...] | None = None

    def output(self) -> Shape:
        return self.shape

    def output_axes(self, output: Shape) -> tuple[str, ...]:
        return self.axes or super().output_axes(output)

    def requires(self) -> Iterator[Requirement]:
        yield from require_names(self.axes, self.shape)

    def buffers(self) -> dict[str, Shape]:
        return {"value": self.shape}

    def forward(self, _xp: Any, value: Any) -> Any:
        return value[None]
