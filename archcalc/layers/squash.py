"""The nonlinearity of capsules."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

from archcalc.layers.axes import in_batch
from archcalc.layers.base import Layer, SavedTensor, TrainingContext
from archcalc.layers.placing import usual_last
from archcalc.layers.registry import Example, Family
from archcalc.layers.settings import OneAxis
from archcalc.layers.views import Views, global_view
from archcalc.layers.work import Work
from archcalc.symbols.dims import Shape, size
from archcalc.symbols.shape import without


class Squash(Layer, frozen=True):
    """Each vector made shorter than 1 and kept in its direction: s·|s| / (1 + |s|²) (Sabour et al. 2017, equation 1).

    `axis` is that of a vector's values, by default the last.
    """

    family: ClassVar[Family] = "activation"
    category: ClassVar[str] = "Activation functions, dropout and identities"
    axis_setting: ClassVar[str] = "axis"
    example: ClassVar[Example] = Example(inputs=((10, 16),))

    axis: OneAxis = None

    def usual_axis(self, x: Shape) -> int:
        return usual_last(x, {"axis: {}": "takes the {} of each place for a vector"})

    def output(self, x: Shape) -> Shape:
        return x

    def work(self, output: Shape, _x: Shape) -> Work:
        n, vectors = size(output), without(output, (self.axis,))
        # A square and a product of each value, the sum of a vector and 1, a root and a quotient of each.
        return Work(multiplications=2 * n, additions=n, exponentials=vectors, divisions=vectors)

    def receptive_views(self, x: Shape) -> tuple[Views, ...]:
        return ((global_view(x, self.axis),),)

    def saved_for_backward(self, _use: TrainingContext, _output: Shape, x: Shape) -> Iterator[SavedTensor]:
        yield SavedTensor(0)
        yield from (SavedTensor(name, without(x, (self.axis,))) for name in ("lengths", "divisors", "factors"))

    def forward(self, xp: Any, x: Any) -> Any:
        squares = (x**2).sum(axis=in_batch(self.axis, x), keepdims=True)
        return x * (xp.sqrt(squares) / (1 + squares))
