"""RoIAlign: the same number of places from each box of a map, whatever the box's size."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import pairwise, product
from typing import Any, ClassVar

from msgspec.structs import replace

from archcalc.layers.axes import each_axis
from archcalc.layers.base import Layer, SavedTensor, TrainingContext
from archcalc.layers.placing import require_first
from archcalc.layers.registry import Example, Family
from archcalc.layers.requirements import Requirement
from archcalc.layers.settings import Count, Sizes
from archcalc.layers.views import At, View, Views
from archcalc.layers.window import IDENTITY, whole_axis
from archcalc.layers.work import Work
from archcalc.symbols.dims import Shape, equal, size
from archcalc.symbols.shape import axes_of, completed

_SIDES = 4
# A box of 224×224 pixels belongs to level 4 of a pyramid, whose places are 16 pixels from each other.
_USUAL_SIDE, _USUAL_LEVEL = 224, 4
# So that a box of just that size does.
_STEP = 1e-6


class RoIAlign(Layer, frozen=True):
    """The mean of `samples`² interpolated points in each of size² bins of each box (He et al. 2017, arXiv:1703.06870, section 3).

    Inputs are boxes×4, in pixels of the image, and a map, whose places are `strides` pixels apart; of several maps, each twice as
    coarse as the one before, a box is taken from that of its size (Lin et al. 2016, arXiv:1612.03144, equation 1).
    Out come boxes×channels×size. A box is at least one place wide and high; its points beyond the border are zeros.
    """

    family: ClassVar[Family] = "other"
    category: ClassVar[str] = "Layers of detectors"
    example: ClassVar[Example] = Example({"size": 7, "strides": (16,)}, ((1000, 4), (256, 50, 50)))

    size: Sizes
    strides: tuple[Count, ...]
    samples: Count = 2

    def placed(self, *inputs: Shape) -> RoIAlign:
        for x in inputs[1:]:
            require_first(x, "channels×height×width")
        return self

    def output(self, boxes: Shape, x: Shape, *_: Shape) -> Shape:
        return (boxes[0], x[0], *each_axis(self.size, 2))

    def output_axes(self, _output: Shape, boxes: Shape, x: Shape, *_: Shape) -> tuple[str, ...]:
        names = (axes_of(boxes)[0], *axes_of(x))
        return names if len(set(names)) == len(names) else completed(("", *axes_of(x)))

    def requires(self, boxes: Shape, *maps: Shape) -> Iterator[Requirement]:
        yield len(boxes) == 2, "the first input must be boxes×4", ""
        yield equal(boxes[1], _SIDES), f"a box has 4 sides, not {boxes[1]}", ""
        for x in maps:
            yield len(x) == 3, "the input must be maps of channels×height×width, behind the boxes", ""
            yield equal(x[0], maps[0][0]), f"maps have {maps[0][0]} and {x[0]} channels", ""
        count = len(self.strides)
        yield count == len(maps), f"{count} strides for {len(maps)} maps", "strides"
        first = self.strides[0] if count > 1 else 1
        message = f"of several maps the first must have a stride of 1, 2, 4, 8 or so on, not {first}"
        yield not isinstance(first, int) or first & (first - 1) == 0, message, "strides"
        for one, other in pairwise(self.strides):
            message = (
                f"a map of stride {other} after one of {one}, where each must be twice as coarse as the one before"
            )
            yield equal(other, 2 * one), message, "strides"

    def work(self, output: Shape, boxes: Shape, *maps: Shape) -> Work:
        rows, columns = (n * self.samples for n in each_axis(self.size, 2))
        points = rows * columns
        lines, bins = rows + columns, size(each_axis(self.size, 2))
        choice = Work(additions=3, multiplications=1, divisions=1, comparisons=2, exponentials=2)
        # Sides in places, at least one in between, and bins; then each line of points, and the lines before and behind it
        # with the shares of both, which is none beyond the border; then products of shares.
        box = Work(
            additions=2 + 3 * lines,
            multiplications=lines + 4 * points,
            divisions=4 + 2,
            comparisons=2 + 4 * lines,
        )
        channel = Work(additions=3 * points + points - bins, multiplications=4 * points, divisions=bins)
        each = box + choice if len(maps) > 1 else box
        return each.times(boxes[0]) + channel.times(boxes[0] * output[1])

    def receptive_views(self, boxes: Shape, *maps: Shape) -> tuple[Views, ...]:
        # What is looked at is anywhere, and every box looks for itself.
        def anywhere(x: Shape, axis: int, output: int) -> At:
            return At(output, replace(whole_axis(x[axis]), loose=True))

        sides: View = (At(0, IDENTITY), anywhere(boxes, 1, 2))
        return ((sides,), *(((At(1, IDENTITY), anywhere(x, 1, 2), anywhere(x, 2, 3)),) for x in maps))

    def saved_for_backward(
        self, _use: TrainingContext, _output: Shape, boxes: Shape, *maps: Shape
    ) -> Iterator[SavedTensor]:
        # Boxes with the number of their image, and the places that those of each map are put at.
        yield SavedTensor("boxes", boxes[0] * (_SIDES + 1))
        if len(maps) > 1:
            yield SavedTensor("places", boxes[0], "int64")

    def forward(self, xp: Any, boxes: Any, *maps: Any) -> Any:
        y = xp.zeros((*boxes.shape[:2], maps[0].shape[1], *each_axis(self.size, 2)), maps[0].dtype)
        level = self._levels(xp, boxes)
        for at, (x, stride) in enumerate(zip(maps, self.strides, strict=True)):
            image, box = xp.nonzero(level == at)
            y[image, box] = self._aligned(xp, x, image, boxes[image, box] / stride)
        return y

    def _levels(self, xp: Any, boxes: Any) -> Any:
        """The position of the map that each box is taken from."""
        sides = xp.maximum(boxes[..., 2:] - boxes[..., :2], 0)
        first = round(math.log2(self.strides[0])) if len(self.strides) > 1 else 0
        level = xp.floor(_USUAL_LEVEL + xp.log2(xp.sqrt(sides.prod(-1)) / _USUAL_SIDE + 1e-30) + _STEP)
        return xp.clip(xp.nan_to_num(level), first, first + len(self.strides) - 1) - first

    def _aligned(self, xp: Any, x: Any, image: Any, boxes: Any) -> Any:
        """The bins of boxes in places of one map, each of the image that is told."""
        starts, lengths = boxes[:, 1::-1], xp.maximum(boxes[:, 3:1:-1] - boxes[:, 1::-1], 1)
        lines = [
            _lines(xp, starts[:, axis], lengths[:, axis], bins * self.samples, x.shape[2 + axis])
            for axis, bins in enumerate(each_axis(self.size, 2))
        ]
        points: Any = 0
        for (row, down), (column, across) in product(*lines):
            # Boxes, rows, columns and then channels.
            values = x[image[:, None, None], :, row[:, :, None], column[:, None, :]]
            points = points + values * (down[:, :, None] * across[:, None, :])[..., None]
        (high, wide), each = each_axis(self.size, 2), self.samples
        bins = points.reshape(len(boxes), high, each, wide, each, x.shape[1]).mean(axis=(2, 4))
        return xp.moveaxis(bins, 3, 1)


def _lines(xp: Any, start: Any, length: Any, count: int, n: int) -> list[tuple[Any, Any]]:
    """The places before and behind each of `count` lines of points of boxes along an axis of n, with the shares of both."""
    at = start[:, None] + length[:, None] * ((xp.arange(count) + 0.5) / count).astype(start.dtype)
    inside = (at >= -1) & (at <= n)
    at = xp.clip(xp.nan_to_num(at), 0, n - 1)
    before = xp.floor(at)
    share = at - before
    place = before.astype(int)
    return [(place, (1 - share) * inside), (xp.minimum(place + 1, n - 1), share * inside)]
