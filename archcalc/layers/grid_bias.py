"""A trained bias of scores by how far query and key are apart on a grid."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Annotated, Any, ClassVar, TypeAlias

import msgspec

from archcalc.layers.base import Layer, SavedTensor, TrainingContext
from archcalc.layers.registry import Example, Family
from archcalc.layers.requirements import Requirement
from archcalc.layers.settings import Count, Natural
from archcalc.layers.views import Views, pointwise_view
from archcalc.layers.window_sides import Side, distances
from archcalc.layers.work import Work
from archcalc.symbols.dims import Shape, at_least, equal, size

Grid: TypeAlias = Annotated[
    tuple[Count, ...], msgspec.Meta(description="a list of whole numbers of at least 1, one for each axis")
]
# From a token without a place to one with a place, the other way, and between such tokens.
UNPLACED = 3


class GridBias(Layer, frozen=True):
    """A trained bias added to each score by the distance along each axis of a grid (Bao et al. 2021, arXiv:2106.08254, section 2.3).

    The input is heads×queries×keys, both being the places of `grid`, row by row, behind `extra` tokens that have no place, such as that
    of the class. A head has a bias for each of the (2·n − 1) distances along an axis of n with each along the others, and with `extra`
    three more: from such a token to a place, from a place to it, and between two of them.
    """

    family: ClassVar[Family] = "attention"
    category: ClassVar[str] = "Multi-head attention"
    example: ClassVar[Example] = Example({"grid": (14, 14), "extra": 1}, ((12, 197, 197),))

    grid: Grid
    extra: Natural = 0

    def output(self, x: Shape) -> Shape:
        return x

    def requires(self, x: Shape) -> Iterator[Requirement]:
        yield len(x) == 3, "the input must be heads×queries×keys", ""
        yield at_least(len(self.grid), 1), "grid has no axis", "grid"
        for name, n in (("queries", x[1]), ("keys", x[2])):
            tokens = self.extra + size(self.grid)
            written = "×".join(map(str, self.grid))
            yield (
                equal(n, tokens),
                f"there are {n} {name}, and {tokens} tokens in grid={written} and extra={self.extra}",
                "grid",
            )

    def weights(self, x: Shape) -> dict[str, Shape]:
        unplaced = 0 if equal(self.extra, 0) is True else UNPLACED
        return {"weight": (size(tuple(2 * n - 1 for n in self.grid)) + unplaced, x[0])}

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
        if not self.extra:
            return inside
        first, tokens = math.prod(2 * n - 1 for n in self.grid), len(inside)
        to, back, between = (
            xp.full(shape, first + i)
            for i, shape in enumerate(((self.extra, tokens), (tokens, self.extra), (self.extra, self.extra)))
        )
        return xp.concatenate([xp.concatenate([between, to], 1), xp.concatenate([back, inside], 1)], 0)
