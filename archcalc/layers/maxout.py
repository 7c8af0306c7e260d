"""Maxout."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

from archcalc.layers.base import Layer, Layout, SavedTensor, TrainingContext
from archcalc.layers.registry import Family
from archcalc.layers.requirements import Requirement
from archcalc.layers.settings import Count
from archcalc.layers.views import Views, pointwise_view
from archcalc.layers.windows import blocks
from archcalc.layers.work import Work
from archcalc.symbols.dims import Shape, divides, quotient, size


class Maxout(Layer, frozen=True):
    """The largest of every `pieces` channels that follow each other (Goodfellow et al. 2013)."""

    family: ClassVar[Family] = "linear"
    category: ClassVar[str] = "Activation functions, dropout and identities"

    layout: ClassVar[Layout] = "channels first"

    pieces: Count = 2

    def output(self, x: Shape) -> Shape:
        return (quotient(x[0], self.pieces), *x[1:])

    def requires(self, x: Shape) -> Iterator[Requirement]:
        yield divides(self.pieces, x[0]), f"pieces={self.pieces} does not divide the {x[0]} input channels", "pieces"

    def work(self, output: Shape, _x: Shape) -> Work:
        return Work(comparisons=size(output) * (self.pieces - 1))

    def receptive_views(self, x: Shape) -> tuple[Views, ...]:
        return ((pointwise_view(x, {0: blocks(self.pieces, 1, x[0])}),),)

    def saved_for_backward(self, _use: TrainingContext, _output: Shape, _x: Shape) -> Iterator[SavedTensor]:
        yield SavedTensor(0)
        yield SavedTensor("output")

    def forward(self, _xp: Any, x: Any) -> Any:
        n, _, *space = x.shape
        return x.reshape(n, -1, self.pieces, *space).max(axis=2)
