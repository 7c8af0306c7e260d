"""Layers of detectors whose work no convention counts: anchors, and the choice among boxes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

from archcalc.layers.base import Layer, Layout, SavedTensor, TrainingContext
from archcalc.layers.registry import Example, Family
from archcalc.layers.requirements import Requirement, require_rank
from archcalc.layers.settings import Count, Positive
from archcalc.layers.views import Views, loose_view
from archcalc.symbols.dims import Shape, at_least, equal


class _Detection(Layer, frozen=True):
    """The base of layers of detectors; what they do depends on the values, so no convention has a price for it."""

    family: ClassVar[Family] = "other"
    category: ClassVar[str] = "Layers of detectors"
    uncounted: ClassVar[bool] = True


class Anchors(_Detection, frozen=True):
    """Boxes of several sizes and ratios around each place of a map, in pixels of the image (Ren et al. 2015, section 3.1.1).

    A box is left, top, right and bottom, in whole pixels. `stride` is how many pixels a place is from the next.
    """

    layout: ClassVar[Layout] = "channels first"
    example: ClassVar[Example] = Example({"sizes": (32, 64), "stride": 16})

    sizes: tuple[Count, ...]
    stride: Count
    ratios: tuple[Positive, ...] = (0.5, 1.0, 2.0)

    def output(self, x: Shape) -> Shape:
        return (x[1] * x[2] * len(self.sizes) * len(self.ratios), 4)

    def output_axes(self, _output: Shape, _x: Shape) -> tuple[str, ...]:
        return ("tokens", "features")

    def requires(self, x: Shape) -> Iterator[Requirement]:
        yield require_rank(x, 2)
        yield len(self.sizes) > 0, "anchors need at least one size", "sizes"
        yield len(self.ratios) > 0, "anchors need at least one ratio of height to width", "ratios"

    def receptive_views(self, _x: Shape) -> tuple[Views, ...]:
        # They depend on the size of the map alone.
        return ((),)

    def forward(self, xp: Any, x: Any) -> Any:
        root = xp.sqrt(xp.asarray(self.ratios, x.dtype))[:, None]
        height, width = ((factor * xp.asarray(self.sizes, x.dtype)).reshape(-1) / 2 for factor in (root, 1 / root))
        boxes = xp.round(xp.stack([-width, -height, width, height], 1))
        down, across = (self.stride * xp.arange(n) for n in x.shape[2:])
        y, z = (line.reshape(-1) for line in xp.meshgrid(down, across, indexing="ij"))
        middles = xp.stack([z, y, z, y], 1).astype(x.dtype)
        return xp.repeat((middles[:, None] + boxes).reshape(1, -1, 4), len(x), 0)


class NMS(_Detection, frozen=True):
    """Non-maximum suppression: up to `keep` boxes with the best scores, none of which covers another by more than `threshold`.

    The best box is kept first, then the best of those that it does not cover (Girshick et al. 2014, section 2.2).
    Boxes are left, top, right and bottom; the second input has a score for each. Two boxes cover each other by the share of
    their union that both hold. Rows of zeros stand for boxes that lack.
    """

    example: ClassVar[Example] = Example({"keep": 100}, ((2000, 4), (2000,)))

    keep: Count
    threshold: float = 0.5

    def output(self, _boxes: Shape, _scores: Shape) -> Shape:
        return (self.keep, 4)

    def requires(self, boxes: Shape, scores: Shape) -> Iterator[Requirement]:
        yield len(boxes) == 2, "the first input must be boxes×4", ""
        yield equal(boxes[1], 4), f"a box has 4 sides, not {boxes[1]}", ""
        yield len(scores) == 1, "the second input must be a score for each box", ""
        yield equal(scores[0], boxes[0]), f"there are {scores[0]} scores for {boxes[0]} boxes", ""
        yield at_least(boxes[0], self.keep), f"keep={self.keep} is more than the {boxes[0]} boxes", "keep"
        yield 0 <= self.threshold <= 1, f"threshold={self.threshold:g} is not a share between 0 and 1", "threshold"

    def receptive_views(self, boxes: Shape, scores: Shape) -> tuple[Views, ...]:
        # Whatever is seen decides which boxes are left.
        return (loose_view(boxes, 0, 1),), (loose_view(scores, 0),)

    def saved_for_backward(
        self, _use: TrainingContext, _output: Shape, _boxes: Shape, _scores: Shape
    ) -> Iterator[SavedTensor]:
        yield SavedTensor("places", self.keep, "int64")

    def forward(self, xp: Any, boxes: Any, scores: Any) -> Any:
        return xp.stack([self._kept(xp, *sample) for sample in zip(boxes, scores, strict=True)])

    def _kept(self, xp: Any, boxes: Any, scores: Any) -> Any:
        found: list[int] = []
        for place in xp.argsort(-scores, kind="stable"):
            if len(found) < self.keep and not (
                found and (_covered(xp, boxes[place], boxes[found]) > self.threshold).any()
            ):
                found.append(int(place))
        y = xp.zeros((self.keep, 4), boxes.dtype)
        y[: len(found)] = boxes[found]
        return y


def _covered(xp: Any, box: Any, others: Any) -> Any:
    """The share of the union of a box and each of others that both hold."""
    sides = xp.minimum(box[2:], others[:, 2:]) - xp.maximum(box[:2], others[:, :2])
    both = xp.clip(sides, 0, None).prod(1)
    areas = [(b[..., 2] - b[..., 0]) * (b[..., 3] - b[..., 1]) for b in (box, others)]
    return both / (areas[0] + areas[1] - both)
