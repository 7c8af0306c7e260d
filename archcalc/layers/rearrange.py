"""Layers that move, cut or repeat values without weights."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar, Literal

from archcalc.counting import Work
from archcalc.dims import Dim, Shape, at_least, divides, quotient, same, size, written_shape
from archcalc.layers.base import (
    Count,
    Layer,
    Margins,
    Natural,
    Requirement,
    Sizes,
    along,
    both_sides,
    each_axis,
    in_batch,
    one_each,
)
from archcalc.layers.strides import reshaped

_SPATIAL = "the input must be channels and at least one further axis"


def _interpolated(xp: Any, x: Any, scale: Dim, axis: int) -> Any:
    """An axis made longer: each new value lies between the two old ones nearest to it, or at either end on one."""
    last = x.shape[axis] - 1
    # A value is in the middle of its cell, and `scale` new cells fill an old one.
    centre = xp.clip((xp.arange(x.shape[axis] * scale) + 0.5) / scale - 0.5, 0, last)
    before = centre.astype(int)
    after = xp.minimum(before + 1, last)
    share = along(axis, (centre - before).astype(x.dtype), x)
    return xp.take(x, before, axis) * (1 - share) + xp.take(x, after, axis) * share


class Input(Layer, frozen=True):
    """The network's input, whose shape the spec states."""

    shape: tuple[Count, ...]

    def output(self) -> Shape:
        return self.shape

    def forward(self, _xp: Any, x: Any) -> Any:
        return x


class Flatten(Layer, frozen=True):
    """All axes from `start` on as one."""

    stores: ClassVar[Literal["output", "in place", "view"]] = "view"

    start: int = 0

    def output(self, x: Shape) -> Shape:
        return (*x[: self.start], size(x[self.start :]))

    def requires(self, x: Shape) -> Iterator[Requirement]:
        yield 0 <= self.start < len(x), f"start={self.start} is not one of the input's {len(x)} axes", "start"

    def view(self, x: Shape, strides: Shape) -> Shape | None:
        return reshaped(x, strides, self.output(x))

    def forward(self, _xp: Any, x: Any) -> Any:
        return x.reshape(*x.shape[: self.start + 1], -1)


class Reshape(Layer, frozen=True):
    """The same values in the same order under another shape."""

    stores: ClassVar[Literal["output", "in place", "view"]] = "view"

    shape: tuple[Count, ...]

    def output(self, _x: Shape) -> Shape:
        return self.shape

    def requires(self, x: Shape) -> Iterator[Requirement]:
        wanted, given = size(self.shape), size(x)
        yield same(wanted, given), f"{written_shape(self.shape)} has {wanted} values, the input has {given}", "shape"

    def view(self, x: Shape, strides: Shape) -> Shape | None:
        return reshaped(x, strides, self.shape)

    def forward(self, _xp: Any, x: Any) -> Any:
        return x.reshape(len(x), *self.shape)


class Permute(Layer, frozen=True):
    """The axes in another order, counted from 0."""

    stores: ClassVar[Literal["output", "in place", "view"]] = "view"

    order: tuple[int, ...]

    def output(self, x: Shape) -> Shape:
        return tuple(x[axis] for axis in self.order)

    def requires(self, x: Shape) -> Iterator[Requirement]:
        wanted = list(range(len(x)))
        yield sorted(self.order) == wanted, f"order must name each of the axes 0 to {len(x) - 1} once", "order"

    def view(self, _x: Shape, strides: Shape) -> Shape:
        return tuple(strides[axis] for axis in self.order)

    def forward(self, _xp: Any, x: Any) -> Any:
        return x.transpose(0, *(axis + 1 for axis in self.order))


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

    def forward(self, xp: Any, x: Any) -> Any:
        return xp.pad(x, ((0, 0), (0, 0), *both_sides(self.margin, x.ndim - 2)))


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

    def forward(self, _xp: Any, x: Any) -> Any:
        sides = zip(x.shape[2:], both_sides(self.margin, x.ndim - 2), strict=True)
        return x[:, :, *(slice(before, n - after) for n, (before, after) in sides)]


class Upsample(Layer, frozen=True):
    """Each axis but the first made `scale` times longer, by repeating values or by (bi-, tri-)linear interpolation."""

    scale: Sizes
    mode: Literal["nearest", "linear"] = "nearest"

    def output(self, x: Shape) -> Shape:
        return (x[0], *(n * s for n, s in zip(x[1:], each_axis(self.scale, len(x) - 1), strict=True)))

    def requires(self, x: Shape) -> Iterator[Requirement]:
        yield 1 < len(x) <= 4, "the input must be channels and one to three further axes", ""
        yield from one_each(len(x) - 1, scale=self.scale)

    def work(self, output: Shape, _x: Shape) -> Work:
        if self.mode == "nearest":
            return Work()
        corners = 2 ** (len(output) - 1)
        return Work(multiplications=corners * size(output), additions=(corners - 1) * size(output))

    def forward(self, xp: Any, x: Any) -> Any:
        for axis, s in enumerate(each_axis(self.scale, x.ndim - 2), start=2):
            x = xp.repeat(x, s, axis) if self.mode == "nearest" else _interpolated(xp, x, s, axis)
        return x


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

    def forward(self, _xp: Any, x: Any) -> Any:
        n, _, height, width = x.shape
        f = self.factor
        squares = x.reshape(n, -1, f, f, height, width)
        return squares.transpose(0, 1, 4, 2, 5, 3).reshape(n, -1, height * f, width * f)


class ChannelShuffle(Layer, frozen=True):
    """Channels read as groups × rest and written as rest × groups (Zhang et al. 2017, figure 1)."""

    groups: Count

    def output(self, x: Shape) -> Shape:
        return x

    def requires(self, x: Shape) -> Iterator[Requirement]:
        # torch takes a bare channel axis for an image's height and refuses it.
        yield len(x) > 1, _SPATIAL, ""
        yield divides(self.groups, x[0]), f"groups={self.groups} does not divide the {x[0]} input channels", "groups"

    def forward(self, _xp: Any, x: Any) -> Any:
        n, _, *space = x.shape
        return x.reshape(n, self.groups, -1, *space).swapaxes(1, 2).reshape(x.shape)


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

    def forward(self, xp: Any, x: Any) -> Any:
        return xp.split(x, self.parts, axis=1)[self.part]


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

    def forward(self, _xp: Any, x: Any) -> Any:
        before: tuple[slice, ...] = (slice(None),) * in_batch(self.axis, x)
        return x[(*before, slice(self.start, self.stop))]
