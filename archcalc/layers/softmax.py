"""Softmax."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar, Literal

from archcalc.layers.axes import in_batch
from archcalc.layers.base import Layer, SavedTensor, TrainingContext
from archcalc.layers.functions import softmax
from archcalc.layers.registry import Family
from archcalc.layers.requirements import Requirement
from archcalc.layers.views import Views, global_view
from archcalc.layers.work import Work
from archcalc.symbols.dims import Shape, size


class Softmax(Layer, frozen=True):
    """eˣ over the sum of eˣ along an axis (Bridle 1990)."""

    family: ClassVar[Family] = "activation"
    category: ClassVar[str] = "Activation functions, dropout and identities"
    stores: ClassVar[Literal["output", "in place", "view"]] = "in place"

    axis: int = -1

    def output(self, x: Shape) -> Shape:
        return x

    def requires(self, x: Shape) -> Iterator[Requirement]:
        yield -len(x) <= self.axis < len(x), f"axis={self.axis} is not one of the input's {len(x)}", "axis"

    def work(self, output: Shape, _x: Shape) -> Work:
        n = size(output)
        sums = size((*output[: self.axis % len(output)], *output[self.axis % len(output) + 1 :]))
        return Work(exponentials=n, additions=n - sums, divisions=n)

    def receptive_views(self, x: Shape) -> tuple[Views, ...]:
        return ((global_view(x, self.axis % len(x)),),)

    def saved_for_backward(self, _use: TrainingContext, _output: Shape, _x: Shape) -> Iterator[SavedTensor]:
        yield SavedTensor("output")

    def forward(self, xp: Any, x: Any) -> Any:
        return softmax(xp, x, in_batch(self.axis, x))
