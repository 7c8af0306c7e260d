"""Layers that move, cut or repeat values without weights."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar, Literal

from archcalc.counting import Work
from archcalc.dims import Dim, Shape, at_least, divides, quotient, same, size, written_shape
from archcalc.layers.base import Count, Layer, Margins, Natural, Requirement, Sizes, both_sides, each_axis, one_each

_SPATIAL = "the input must be channels and at least one further axis"


class Input(Layer, frozen=True):
    """The network's input, whose shape the spec states."""

    shape: tuple[Count, ...]

    def output(self) -> Shape:
        return self.shape


class Flatten(Layer, frozen=True):
    """All axes from `start` on as one."""

    stores: ClassVar[Literal["output", "in place", "view"]] = "view"

    start: Natural = 0

    def output(self, x: Shape) -> Shape:
        return (*x[: self.start], size(x[self.start :]))

    def requires(self, x: Shape) -> Iterator[Requirement]:
        yield at_least(len(x) - 1, self.start), f"start={self.start} is not one of the input's {len(x)} axes", "start"


class Reshape(Layer, frozen=True):
    """The same values in the same order under another shape."""

    stores: ClassVar[Literal["output", "in place", "view"]] = "view"

    shape: tuple[Count, ...]

    def output(self, _x: Shape) -> Shape:
        return self.shape

    def requires(self, x: Shape) -> Iterator[Requirement]:
        wanted, given = size(self.shape), size(x)
        yield same(wanted, given), f"{written_shape(self.shape)} has {wanted} values, the input has {given}", "shape"


class Permute(Layer, frozen=True):
    """The axes in another order, counted from 0."""

    stores: ClassVar[Literal["output", "in place", "view"]] = "view"

    order: tuple[Natural, ...]

    def output(self, x: Shape) -> Shape:
        return tuple(x[axis] for axis in self.order)

    def requires(self, x: Shape) -> Iterator[Requirement]:
        wanted = list(range(len(x)))
        yield sorted(self.order) == wanted, f"order must name each of the axes 0 to {len(x) - 1} once", "order"


class Pad(Layer, frozen=True):
    """Zeroes before and after each axis but the first."""

    margin: Margins

    def output(self, x: Shape) -> Shape:
        return (
            x[0],
            *(
                n + before + after
                for n, (before, after) in zip(x[1:], both_sides(self.margin, len(x) - 1), strict=True)
            ),
        )

    def requires(self, x: Shape) -> Iterator[Requirement]:
        yield len(x) > 1, _SPATIAL, ""
        yield from one_each(len(x) - 1, margin=self.margin)


class Crop(Layer, frozen=True):
    """Each axis but the first without a margin before and after."""

    stores: ClassVar[Literal["output", "in place", "view"]] = "view"

    margin: Margins

    def output(self, x: Shape) -> Shape:
        return (
            x[0],
            *(
                n - before - after
                for n, (before, after) in zip(x[1:], both_sides(self.margin, len(x) - 1), strict=True)
            ),
        )

    def requires(self, x: Shape) -> Iterator[Requirement]:
        yield len(x) > 1, _SPATIAL, ""
        yield from one_each(len(x) - 1, margin=self.margin)
        for n, left in zip(x[1:], self.output(x)[1:], strict=True):
            yield at_least(left, 1), f"the margin leaves nothing of an axis of {n}", "margin"


class Upsample(Layer, frozen=True):
    """Each axis but the first made `scale` times longer, by repeating values or by (bi-, tri-)linear interpolation."""

    scale: Sizes
    mode: Literal["nearest", "linear"] = "nearest"

    def output(self, x: Shape) -> Shape:
        return (x[0], *(n * s for n, s in zip(x[1:], each_axis(self.scale, len(x) - 1), strict=True)))

    def requires(self, x: Shape) -> Iterator[Requirement]:
        yield len(x) > 1, _SPATIAL, ""
        yield from one_each(len(x) - 1, scale=self.scale)

    def work(self, output: Shape, _x: Shape) -> Work:
        if self.mode == "nearest":
            return Work()
        corners = 2 ** (len(output) - 1)
        return Work(multiplications=corners * size(output), additions=(corners - 1) * size(output))


class PixelShuffle(Layer, frozen=True):
    """Each factor² channels laid out as a factor×factor square of pixels (Shi et al. 2016)."""

    factor: Count

    def output(self, x: Shape) -> Shape:
        return (quotient(x[0], self.factor**2), x[1] * self.factor, x[2] * self.factor)

    def requires(self, x: Shape) -> Iterator[Requirement]:
        yield len(x) == 3, "the input must be channels×height×width", ""
        yield (
            divides(self.factor**2, x[0]),
            f"factor²={self.factor**2} does not divide the {x[0]} input channels",
            "factor",
        )


class ChannelShuffle(Layer, frozen=True):
    """Channels read as groups × rest and written as rest × groups (Zhang et al. 2017, figure 1)."""

    groups: Count

    def output(self, x: Shape) -> Shape:
        return x

    def requires(self, x: Shape) -> Iterator[Requirement]:
        # torch takes a bare channel axis for an image's height and refuses it.
        yield len(x) > 1, _SPATIAL, ""
        yield divides(self.groups, x[0]), f"groups={self.groups} does not divide the {x[0]} input channels", "groups"


class Split(Layer, frozen=True):
    """One of `parts` equal parts of the first axis, counted from 0."""

    stores: ClassVar[Literal["output", "in place", "view"]] = "view"

    parts: Count
    part: Natural

    def output(self, x: Shape) -> Shape:
        return (quotient(x[0], self.parts), *x[1:])

    def requires(self, x: Shape) -> Iterator[Requirement]:
        yield divides(self.parts, x[0]), f"parts={self.parts} does not divide the {x[0]} input channels", "parts"
        yield at_least(self.parts - 1, self.part), f"part={self.part} is not one of 0 to {self.parts - 1}", "part"


class Slice(Layer, frozen=True):
    """Entries `start` to `stop` (exclusive) of an axis."""

    stores: ClassVar[Literal["output", "in place", "view"]] = "view"

    start: Natural
    stop: Count
    axis: int = 0

    def output(self, x: Shape) -> Shape:
        axis = self.axis % len(x)
        return (*x[:axis], self.stop - self.start, *x[axis + 1 :])

    def requires(self, x: Shape) -> Iterator[Requirement]:
        yield -len(x) <= self.axis < len(x), f"axis={self.axis} is not one of the input's {len(x)}", "axis"
        n: Dim = x[self.axis]
        yield at_least(self.stop, self.start + 1), f"stop={self.stop} must be more than start={self.start}", "stop"
        yield at_least(n, self.stop), f"stop={self.stop} is more than the {n} entries of the axis", "stop"
