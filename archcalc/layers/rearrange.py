"""Layers that move, cut or repeat values without weights."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar, Literal

from msgspec.structs import replace

from archcalc.layers.axes import in_batch
from archcalc.layers.base import Count, Layer, Natural
from archcalc.layers.registry import Example, Family
from archcalc.layers.requirements import Requirement
from archcalc.layers.strides import reshaped
from archcalc.layers.views import At, Views, pointwise_view
from archcalc.layers.window import Window, shifted, whole_axis
from archcalc.symbols.dims import Dim, Shape, at_least, divides, equal, format_shape, quotient, size

# The most phases and channels that are listed one by one.
_LISTED = 64
_SPATIAL = "the input must be channels and at least one further axis"


class _Rearrangement(Layer, frozen=True):
    """The base of layers whose output values are those of the input."""

    family: ClassVar[Family] = "other"
    category: ClassVar[str] = "Layers that move, cut or repeat values without weights"


class Input(_Rearrangement, frozen=True):
    """The network's input, whose shape the spec states."""

    comes_from_outside: ClassVar[bool] = True
    example: ClassVar[Example] = Example({"shape": (3, 224, 224)})

    shape: tuple[Count, ...]

    def output(self) -> Shape:
        return self.shape

    def forward(self, _xp: Any, x: Any) -> Any:
        return x


class Flatten(_Rearrangement, frozen=True):
    """All axes from `start` on as one."""

    keeps_order: ClassVar[bool] = True
    stores: ClassVar[Literal["output", "in place", "view"]] = "view"

    start: int = 0

    def output(self, x: Shape) -> Shape:
        return (*x[: self.start], size(x[self.start :]))

    def requires(self, x: Shape) -> Iterator[Requirement]:
        yield 0 <= self.start < len(x), f"start={self.start} is not one of the input's {len(x)} axes", "start"

    def receptive_views(self, _x: Shape) -> tuple[Views, ...]:
        return (((),),)

    def view(self, x: Shape, strides: Shape) -> Shape | None:
        return reshaped(x, strides, self.output(x))

    def forward(self, _xp: Any, x: Any) -> Any:
        return x.reshape(*x.shape[: self.start + 1], -1)


class Reshape(_Rearrangement, frozen=True):
    """The same values in the same order under another shape."""

    features: ClassVar[Literal["as before", "last", "open"]] = "open"
    keeps_order: ClassVar[bool] = True
    stores: ClassVar[Literal["output", "in place", "view"]] = "view"

    example: ClassVar[Example] = Example({"shape": (64, 3136)})

    shape: tuple[Count, ...]

    def output(self, _x: Shape) -> Shape:
        return self.shape

    def requires(self, x: Shape) -> Iterator[Requirement]:
        wanted, given = size(self.shape), size(x)
        yield equal(wanted, given), f"{format_shape(self.shape)} has {wanted} values, the input has {given}", "shape"

    def receptive_views(self, _x: Shape) -> tuple[Views, ...]:
        return (((),),)

    def view(self, x: Shape, strides: Shape) -> Shape | None:
        return reshaped(x, strides, self.shape)

    def forward(self, _xp: Any, x: Any) -> Any:
        return x.reshape(len(x), *self.shape)


class Permute(_Rearrangement, frozen=True):
    """The axes in another order, counted from 0."""

    features: ClassVar[Literal["as before", "last", "open"]] = "open"
    stores: ClassVar[Literal["output", "in place", "view"]] = "view"

    example: ClassVar[Example] = Example({"order": (1, 2, 0)})

    order: tuple[int, ...]

    def output(self, x: Shape) -> Shape:
        return tuple(x[axis] for axis in self.order)

    def requires(self, x: Shape) -> Iterator[Requirement]:
        wanted = list(range(len(x)))
        yield sorted(self.order) == wanted, f"order must name each of the axes 0 to {len(x) - 1} once", "order"

    def receptive_views(self, x: Shape) -> tuple[Views, ...]:
        return ((tuple(At(self.order.index(axis), at.window) for axis, at in enumerate(pointwise_view(x))),),)

    def view(self, _x: Shape, strides: Shape) -> Shape:
        return tuple(strides[axis] for axis in self.order)

    def forward(self, _xp: Any, x: Any) -> Any:
        return x.transpose(0, *(axis + 1 for axis in self.order))


class ChannelShuffle(_Rearrangement, frozen=True):
    """Channels read as groups × rest and written as rest × groups (Zhang et al. 2017, figure 1)."""

    example: ClassVar[Example] = Example({"groups": 8})

    groups: Count

    def output(self, x: Shape) -> Shape:
        return x

    def requires(self, x: Shape) -> Iterator[Requirement]:
        # torch takes a bare channel axis for an image's height and refuses it.
        yield len(x) > 1, _SPATIAL, ""
        yield divides(self.groups, x[0]), f"groups={self.groups} does not divide the {x[0]} input channels", "groups"

    def receptive_views(self, x: Shape) -> tuple[Views, ...]:
        g, part = self.groups, quotient(x[0], self.groups)
        if not isinstance(g, int) or g > _LISTED:
            # Each sees one of them.
            return ((pointwise_view(x, {0: replace(whole_axis(x[0]), loose=True)}),),)
        return ((pointwise_view(x, {0: Window(1, tuple((k * part, k * part) for k in range(g)))}),),)

    def forward(self, _xp: Any, x: Any) -> Any:
        n, _, *space = x.shape
        return x.reshape(n, self.groups, -1, *space).swapaxes(1, 2).reshape(x.shape)


class Split(_Rearrangement, frozen=True):
    """One of `parts` equal parts of the first axis, counted from 0 (channel split: Ma et al. 2018)."""

    stores: ClassVar[Literal["output", "in place", "view"]] = "view"

    example: ClassVar[Example] = Example({"parts": 2, "part": 0})

    parts: Count
    part: Natural

    def output(self, x: Shape) -> Shape:
        return (quotient(x[0], self.parts), *x[1:])

    def requires(self, x: Shape) -> Iterator[Requirement]:
        yield divides(self.parts, x[0]), f"parts={self.parts} does not divide the {x[0]} input channels", "parts"
        yield at_least(self.parts - 1, self.part), f"part={self.part} is not one of 0 to {self.parts - 1}", "part"

    def receptive_views(self, x: Shape) -> tuple[Views, ...]:
        return ((pointwise_view(x, {0: shifted(self.part * quotient(x[0], self.parts))}),),)

    def forward(self, xp: Any, x: Any) -> Any:
        return xp.split(x, self.parts, axis=1)[self.part]


class Slice(_Rearrangement, frozen=True):
    """Entries `start` to `stop` (exclusive) of an axis."""

    stores: ClassVar[Literal["output", "in place", "view"]] = "view"

    example: ClassVar[Example] = Example({"start": 0, "stop": 32})

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

    def receptive_views(self, x: Shape) -> tuple[Views, ...]:
        return ((pointwise_view(x, {self.axis % len(x): shifted(self.start)}),),)

    def forward(self, _xp: Any, x: Any) -> Any:
        before: tuple[slice, ...] = (slice(None),) * in_batch(self.axis, x)
        return x[(*before, slice(self.start, self.stop))]
