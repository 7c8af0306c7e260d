"""Softmax."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar, Literal

from archcalc.layers.axes import in_batch
from archcalc.layers.base import Layer, SavedTensor, TrainingContext
from archcalc.layers.functions import softmax
from archcalc.layers.placing import usual_last
from archcalc.layers.registry import Example, Family
from archcalc.layers.settings import OneAxis
from archcalc.layers.views import Views, global_view
from archcalc.layers.work import Work
from archcalc.symbols.dims import Shape, size
from archcalc.symbols.shape import axes_of, values_axis, without


class Softmax(Layer, frozen=True):
    """eˣ over the sum of eˣ along an axis, by default the last, where features stand (Bridle 1990)."""

    family: ClassVar[Family] = "activation"
    category: ClassVar[str] = "Activation functions, dropout and identities"
    stores: ClassVar[Literal["output", "in place", "view"]] = "in place"
    head_by_head: ClassVar[bool] = True
    axis_setting: ClassVar[str] = "axis"
    example: ClassVar[Example] = Example(inputs=((128, 512),))

    axis: OneAxis = None

    @property
    def hides(self) -> Literal["", "later", "as before"]:
        return "as before"

    def usual_axis(self, x: Shape) -> int:
        values = values_axis(axes_of(x))
        return len(x) - 1 if values is None else usual_last(x, {"axis: {}": "takes it over the {} of each place"})

    def output(self, x: Shape) -> Shape:
        return x

    def work(self, output: Shape, _x: Shape) -> Work:
        n = size(output)
        return Work(exponentials=n, additions=n - without(output, (self.axis,)), divisions=n)

    def receptive_views(self, x: Shape) -> tuple[Views, ...]:
        return ((global_view(x, self.axis),),)

    def saved_for_backward(self, _use: TrainingContext, _output: Shape, _x: Shape) -> Iterator[SavedTensor]:
        yield SavedTensor("output")

    def forward(self, xp: Any, x: Any) -> Any:
        return softmax(xp, x, in_batch(self.axis, x))
