"""Layers that move, cut or repeat values without weights."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar, Literal, Self

from msgspec.structs import replace

from archcalc.layers.axes import in_batch
from archcalc.layers.base import Layer, Layout
from archcalc.layers.placing import Misplaced, check_order, placed, values_or_first
from archcalc.layers.registry import Example, Family
from archcalc.layers.requirements import Requirement, require_names, require_places
from archcalc.layers.settings import AxisOrder, Count, Natural, OneAxis
from archcalc.layers.strides import reshaped
from archcalc.layers.views import At, Views, loose_view, pointwise_view
from archcalc.layers.window import Window, shifted
from archcalc.symbols.dims import Dim, Shape, at_least, divides, equal, format_shape, quotient, size
from archcalc.symbols.shape import axes_of, merged, reshaped_axes

# The most phases and channels that are listed one by one.
_LISTED = 64


class _Rearrangement(Layer, frozen=True):
    """The base of layers whose output values are those of the input."""

    family: ClassVar[Family] = "other"
    category: ClassVar[str] = "Layers that move, cut or repeat values without weights"


class Input(_Rearrangement, frozen=True):
    """The network's input, whose shape the spec states; without `axes`, three are those of an image."""

    comes_from_outside: ClassVar[bool] = True
    example: ClassVar[Example] = Example({"shape": (3, 224, 224)})

    shape: tuple[Count, ...]
    axes: tuple[str, ...] | None = None

    def placed(self, *_inputs: Shape) -> Self:
        usual = self.output_axes(self.shape)
        return self if self.axes is not None or not all(usual) else replace(self, axes=usual)

    def output(self) -> Shape:
        return self.shape

    def output_axes(self, output: Shape) -> tuple[str, ...]:
        return self.axes or super().output_axes(output)

    def requires(self) -> Iterator[Requirement]:
        yield from require_names(self.axes, self.shape)

    def settings(self) -> dict[str, Any]:
        # The names of an input stand beside it everywhere.
        return {"shape": self.shape}

    def forward(self, _xp: Any, x: Any) -> Any:
        return x


class Flatten(_Rearrangement, frozen=True):
    """All axes from `start` on as one, or the `axes` named, which follow each other, as one called `into`.

    `flatten: {tokens: [height, width]}` says what becomes of which.
    """

    keeps_order: ClassVar[bool] = True
    stores: ClassVar[Literal["output", "in place", "view"]] = "view"
    axis_setting: ClassVar[str] = "axes"
    names_axes: ClassVar[bool] = True

    start: int = 0
    axes: AxisOrder | None = None
    into: str | None = None

    @classmethod
    def with_axes(cls, axes: dict[str, Any]) -> dict[str, Any]:
        if len(axes) > 1:
            raise Misplaced("makes one axis", next(reversed(axes)), "a second flatten makes another")
        [(into, run)] = axes.items()
        return {"axes": run, "into": into}

    def usual_axis(self, x: Shape) -> tuple[int, ...]:
        if not 0 <= self.start < len(x):
            raise Misplaced(f"has no axis {self.start} to start from", "start")
        return tuple(range(self.start, len(x)))

    def stated_axis(self, stated: Any, x: Shape) -> Any:
        axes = placed(stated, x, "axes")
        if self.start:
            raise Misplaced("takes start or axes, not both", "start")
        if not axes or list(axes) != list(range(axes[0], axes[0] + len(axes))):
            raise Misplaced("must have axes that follow each other", "axes", "`permute` moves axes")
        return axes

    @property
    def _run(self) -> tuple[int, int]:
        axes: Any = self.axes
        return axes[0], axes[-1] + 1

    def output(self, x: Shape) -> Shape:
        first, stop = self._run
        return (*x[:first], size(x[first:stop]), *x[stop:])

    def output_axes(self, output: Shape, x: Shape) -> tuple[str, ...]:
        first, stop = self._run
        axes = axes_of(x)
        into = self.into or ("features" if len(output) == 1 else merged(axes, range(first, stop)))
        return (*axes[:first], into, *axes[stop:])

    def requires(self, x: Shape) -> Iterator[Requirement]:
        if self.into is not None:
            kept = [name for place, name in enumerate(axes_of(x)) if place not in range(*self._run)]
            yield from require_names((self.into,), (self.output(x)[self._run[0]],))
            yield self.into not in kept, f"the input has another axis {self.into}", "into"

    def receptive_views(self, _x: Shape) -> tuple[Views, ...]:
        return (((),),)

    def view(self, x: Shape, strides: Shape) -> Shape | None:
        return reshaped(x, strides, self.output(x))

    def forward(self, _xp: Any, x: Any) -> Any:
        first, stop = self._run
        return x.reshape(*x.shape[: first + 1], -1, *x.shape[stop + 1 :])


class Reshape(_Rearrangement, frozen=True):
    """The same values in the same order under another shape.

    `shape` is a list of sizes, and `axes` their names; `reshape: {tokens: 49, features: 96}` says both. Without names, an
    axis that is untouched keeps its own, and places that are merged are tokens.
    """

    called: ClassVar[tuple[str, ...]] = ("view",)
    keeps_order: ClassVar[bool] = True
    stores: ClassVar[Literal["output", "in place", "view"]] = "view"
    names_axes: ClassVar[bool] = True

    example: ClassVar[Example] = Example({"shape": (64, 3136)})

    shape: tuple[Count, ...]
    axes: tuple[str, ...] | None = None

    @classmethod
    def with_axes(cls, axes: dict[str, Any]) -> dict[str, Any]:
        return {"shape": list(axes.values()), "axes": list(axes)}

    def placed(self, *inputs: Shape) -> Self:
        if self.axes is not None and len(self.axes) == len(self.shape):
            check_order(inputs[0], self.shape, self.axes)
        return self

    def output(self, _x: Shape) -> Shape:
        return self.shape

    def output_axes(self, output: Shape, x: Shape) -> tuple[str, ...]:
        return self.axes or reshaped_axes(x, output)

    def requires(self, x: Shape) -> Iterator[Requirement]:
        yield from require_names(self.axes, self.shape)
        wanted, given = size(self.shape), size(x)
        yield equal(wanted, given), f"{format_shape(self.shape)} has {wanted} values, the input has {given}", "shape"

    def receptive_views(self, _x: Shape) -> tuple[Views, ...]:
        return (((),),)

    def view(self, x: Shape, strides: Shape) -> Shape | None:
        return reshaped(x, strides, self.shape)

    def forward(self, _xp: Any, x: Any) -> Any:
        return x.reshape(len(x), *self.shape)


class Permute(_Rearrangement, frozen=True):
    """The axes in another order, by name or counted from 0: `permute: [height, width, channels]`."""

    called: ClassVar[tuple[str, ...]] = ("transpose",)
    stores: ClassVar[Literal["output", "in place", "view"]] = "view"
    axis_setting: ClassVar[str] = "order"
    example: ClassVar[Example] = Example({"order": (1, 2, 0)})

    order: AxisOrder

    def stated_axis(self, stated: Any, x: Shape) -> Any:
        order = placed(stated, x, "order")
        if sorted(order) != list(range(len(x))):
            names = ", ".join(axes_of(x)) if all(axes_of(x)) else f"0 to {len(x) - 1}"
            raise Misplaced(f"must name each of the axes {names} once", "order")
        return order

    def output(self, x: Shape) -> Shape:
        return tuple(x[axis] for axis in self.order)

    def output_axes(self, _output: Shape, x: Shape) -> tuple[str, ...]:
        axes = axes_of(x)
        return tuple(axes[axis] for axis in self.order)

    def receptive_views(self, x: Shape) -> tuple[Views, ...]:
        return ((tuple(At(self.order.index(axis), at.window) for axis, at in enumerate(pointwise_view(x))),),)

    def view(self, _x: Shape, strides: Shape) -> Shape:
        return tuple(strides[axis] for axis in self.order)

    def forward(self, _xp: Any, x: Any) -> Any:
        return x.transpose(0, *(axis + 1 for axis in self.order))


class ChannelShuffle(_Rearrangement, frozen=True):
    """Channels read as groups × rest and written as rest × groups (Zhang et al. 2017, figure 1)."""

    layout: ClassVar[Layout] = "channels first"
    example: ClassVar[Example] = Example({"groups": 8})

    groups: Count

    def output(self, x: Shape) -> Shape:
        return x

    def requires(self, x: Shape) -> Iterator[Requirement]:
        # torch takes a bare channel axis for an image's height and refuses it.
        yield require_places(x)
        yield divides(self.groups, x[0]), f"groups={self.groups} does not divide the {x[0]} input channels", "groups"

    def receptive_views(self, x: Shape) -> tuple[Views, ...]:
        g, part = self.groups, quotient(x[0], self.groups)
        if not isinstance(g, int) or g > _LISTED:
            # Each sees one of them.
            return ((loose_view(x, 0),),)
        return ((pointwise_view(x, {0: Window(1, tuple((k * part, k * part) for k in range(g)))}),),)

    def forward(self, _xp: Any, x: Any) -> Any:
        n, _, *space = x.shape
        return x.reshape(n, self.groups, -1, *space).swapaxes(1, 2).reshape(x.shape)


class Split(_Rearrangement, frozen=True):
    """One of `parts` equal parts of an axis, counted from 0 (channel split: Ma et al. 2018).

    By default the axis is that of the channels or features.
    """

    stores: ClassVar[Literal["output", "in place", "view"]] = "view"
    axis_setting: ClassVar[str] = "axis"

    example: ClassVar[Example] = Example({"parts": 2, "part": 0})

    parts: Count
    part: Natural
    axis: OneAxis = None

    def usual_axis(self, x: Shape) -> int:
        return values_or_first(x)

    def output(self, x: Shape) -> Shape:
        return (*x[: self.axis], quotient(x[self.axis], self.parts), *x[self.axis + 1 :])

    def requires(self, x: Shape) -> Iterator[Requirement]:
        n, name = x[self.axis], self.axis.name or "entries"
        yield divides(self.parts, n), f"parts={self.parts} does not divide the {n} input {name}", "parts"
        yield at_least(self.parts - 1, self.part), f"part={self.part} is not one of 0 to {self.parts - 1}", "part"

    def receptive_views(self, x: Shape) -> tuple[Views, ...]:
        return ((pointwise_view(x, {self.axis: shifted(self.part * quotient(x[self.axis], self.parts))}),),)

    def forward(self, xp: Any, x: Any) -> Any:
        return xp.split(x, self.parts, axis=in_batch(self.axis, x))[self.part]


class Slice(_Rearrangement, frozen=True):
    """Entries `start` to `stop` (exclusive) of an axis, by default the first."""

    stores: ClassVar[Literal["output", "in place", "view"]] = "view"
    axis_setting: ClassVar[str] = "axis"

    example: ClassVar[Example] = Example({"start": 0, "stop": 32})

    start: Natural
    stop: Count
    axis: OneAxis = None

    def usual_axis(self, _x: Shape) -> int:
        return 0

    def output(self, x: Shape) -> Shape:
        return (*x[: self.axis], self.stop - self.start, *x[self.axis + 1 :])

    def requires(self, x: Shape) -> Iterator[Requirement]:
        n: Dim = x[self.axis]
        yield at_least(self.stop, self.start + 1), f"stop={self.stop} must be more than start={self.start}", "stop"
        yield at_least(n, self.stop), f"stop={self.stop} is more than the {n} {self.axis.name or 'entries'}", "stop"

    def receptive_views(self, x: Shape) -> tuple[Views, ...]:
        return ((pointwise_view(x, {self.axis: shifted(self.start)}),),)

    def forward(self, _xp: Any, x: Any) -> Any:
        before: tuple[slice, ...] = (slice(None),) * in_batch(self.axis, x)
        return x[(*before, slice(self.start, self.stop))]
