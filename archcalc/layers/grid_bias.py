"""A trained bias of scores by how far query and key are apart on a grid."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Annotated, Any, ClassVar, TypeAlias

import msgspec

from archcalc.layers.base import Layer, SavedTensor, TrainingContext
from archcalc.layers.registry import Example, Family
from archcalc.layers.requirements import Requirement
from archcalc.layers.settings import Count
from archcalc.layers.views import Views, pointwise_view
from archcalc.layers.window_sides import Side, distances
from archcalc.layers.work import Work
from archcalc.symbols.dims import Shape, at_least, equal, size

Grid: TypeAlias = Annotated[
    tuple[Count, ...], msgspec.Meta(description="a list of whole numbers of at least 1, one for each axis")
]
# The biases from the class token to a place, from a place to it, and from it to itself.
OF_CLASS = 3


class GridBias(Layer, frozen=True):
    """A trained bias added to each score by the distance along each axis of a grid (Bao et al. 2021, arXiv:2106.08254).

    The input is heads×queries×keys, both being the places of `grid`, row by row. A head has a bias for each of the (2·n − 1) distances
    along an axis of n with each along the others. With `class_token` a token without a place is before them, and a head has three biases
    more: from it to a place, from a place to it, and from it to itself (microsoft/unilm, beit/modeling_finetune.py).
    """

    family: ClassVar[Family] = "attention"
    category: ClassVar[str] = "Multi-head attention"
    example: ClassVar[Example] = Example({"grid": (14, 14), "class_token": True}, ((12, 197, 197),))

    grid: Grid
    class_token: bool = False

    def output(self, x: Shape) -> Shape:
        return x

    def requires(self, x: Shape) -> Iterator[Requirement]:
        yield len(x) == 3, "the input must be heads×queries×keys", ""
        yield at_least(len(self.grid), 1), "grid has no axis", "grid"
        for name, n in (("queries", x[1]), ("keys", x[2])):
            tokens = size(self.grid) + (1 if self.class_token else 0)
            written = "×".join(map(str, self.grid)) + " and a class token" * self.class_token
            yield (
                equal(n, tokens),
                f"there are {n} {name}, and {tokens} tokens in grid={written}",
                "grid",
            )

    def weights(self, x: Shape) -> dict[str, Shape]:
        rows = size(tuple(2 * n - 1 for n in self.grid)) + (OF_CLASS if self.class_token else 0)
        return {"weight": (rows, x[0])}

    def work(self, output: Shape, _x: Shape) -> Work:
        return Work(additions=size(output))

    def receptive_views(self, x: Shape) -> tuple[Views, ...]:
        return ((pointwise_view(x),),)

    def saved_for_backward(self, use: TrainingContext, _output: Shape, x: Shape) -> Iterator[SavedTensor]:
        if "weight" not in use.frozen:
            yield SavedTensor("rows", x[1] * x[2], "int64", once=True)

    def forward(self, xp: Any, x: Any, weight: Any) -> Any:
        return x + weight[self.rows(xp)].transpose(2, 0, 1)

    def rows(self, xp: Any) -> Any:
        """The row of the table for each query and key."""
        inside = distances(xp, [Side(n, n, 0) for n in self.grid])
        if not self.class_token:
            return inside
        first, tokens = math.prod(2 * n - 1 for n in self.grid), len(inside)
        to, back, itself = (xp.full(shape, first + i) for i, shape in enumerate(((1, tokens), (tokens, 1), (1, 1))))
        return xp.concatenate([xp.concatenate([itself, to], 1), xp.concatenate([back, inside], 1)], 0)
