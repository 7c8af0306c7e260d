"""A trained bias of scores by the distance of query and key."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from typing import Any, ClassVar, Literal

from msgspec.structs import replace

from archcalc.layers.base import Layer, SavedTensor, TrainingContext
from archcalc.layers.cached import NO_CACHE, Cache
from archcalc.layers.registry import Example, Family
from archcalc.layers.requirements import Requirement
from archcalc.layers.settings import Count
from archcalc.layers.views import Views, pointwise_view
from archcalc.layers.window import IDENTITY
from archcalc.layers.work import Work
from archcalc.symbols.dims import Dim, Shape, at_least, floor_div, size


class RelativeBias(Layer, frozen=True):
    """A trained bias added to each score by how far its key is from its query (Raffel et al. 2019, arXiv:1910.10683, section 2.1).

    The input is heads×queries×keys. Near distances have a bucket each, farther ones share buckets that grow with the
    distance, up to `distance`, from where on all are one. A head has a bias for each of `buckets`, half of which are for
    keys after the query. With `causal` all are for keys up to the query, and the scores of later ones become −∞.
    """

    family: ClassVar[Family] = "attention"
    category: ClassVar[str] = "Multi-head attention"
    head_by_head: ClassVar[bool] = True
    example: ClassVar[Example] = Example({}, ((8, 128, 128),))

    buckets: Count = 32
    distance: Count = 128
    causal: bool = False

    @property
    def hides(self) -> Literal["", "later", "as before"]:
        return "later" if self.causal else ""

    @property
    def _sides(self) -> int:
        return 1 if self.causal else 2

    @property
    def _side(self) -> Dim:
        """The buckets of one direction."""
        return floor_div(self.buckets, self._sides)

    def output(self, x: Shape) -> Shape:
        return x

    def requires(self, x: Shape) -> Iterator[Requirement]:
        yield len(x) == 3, "the input must be heads×queries×keys", ""
        least = 2 * self._sides
        yield at_least(self.buckets, least), f"buckets={self.buckets} must be at least {least}", "buckets"
        near = floor_div(self._side, 2)
        message = f"distance={self.distance} must be more than the {near} distances that have a bucket each"
        yield at_least(self.distance, near + 1), message, "distance"

    def weights(self, x: Shape) -> dict[str, Shape]:
        return {"weight": (self.buckets, x[0])}

    def work(self, output: Shape, _x: Shape) -> Work:
        return Work(additions=size(output))

    def receptive_views(self, x: Shape) -> tuple[Views, ...]:
        # A score that becomes −∞ sees nothing, so that with `causal` its own place is a bound.
        return ((pointwise_view(x, {2: replace(IDENTITY, loose=True)} if self.causal else None),),)

    def saved_for_backward(self, use: TrainingContext, _output: Shape, x: Shape) -> Iterator[SavedTensor]:
        if "weight" not in use.frozen:
            yield SavedTensor("buckets", x[1] * x[2], "int64", once=True)

    def forward(self, xp: Any, x: Any, weight: Any) -> Any:
        return self.forward_after(xp, NO_CACHE, x, weight)

    def forward_after(self, xp: Any, cache: Cache, x: Any, weight: Any) -> Any:
        apart = xp.arange(x.shape[3]) - cache.past - xp.arange(x.shape[2])[:, None]
        bias = weight[self.bucket(xp, apart)].transpose(2, 0, 1)
        return x + (xp.where(apart > 0, -xp.inf, bias) if self.causal else bias)

    def bucket(self, xp: Any, apart: Any) -> Any:
        """The bucket of each distance from a query to a key."""
        side: Any = self._side
        near, farther = side // 2, side - side // 2
        # Bucket near + i begins at near·(distance/near)^(i/farther), which whole numbers tell without rounding.
        starts = [self.distance**i * near ** (farther - i) for i in range(1, farther)]
        reach = int(abs(apart).max())
        rows = [d if d < near else near + bisect_right(starts, d**farther) for d in range(reach + 1)]
        found = xp.asarray(rows)[abs(apart)]
        # A later key that is hidden has some bucket too.
        return found if self.causal else found + side * (apart > 0)
