"""Layers that join branches."""

from __future__ import annotations

from collections.abc import Iterator
from functools import reduce
from itertools import accumulate, combinations
from typing import Any, ClassVar, Literal, Self

from msgspec.structs import replace

from archcalc.layers.axes import in_batch
from archcalc.layers.base import Join, Layer, SavedTensor, TrainingContext
from archcalc.layers.registry import Family
from archcalc.layers.requirements import Requirement
from archcalc.layers.settings import OneAxis
from archcalc.layers.views import Views, pointwise_view
from archcalc.layers.window import Window, shifted, whole_axis
from archcalc.layers.work import Work
from archcalc.symbols.dims import Dim, Shape, any_of, at_least, equal, format_dim, format_shape, maximum, size
from archcalc.symbols.shape import NamedShape, axes_of, axis_names, joined_axes, values_axis
from archcalc.symbols.sums import sum_of


def _shapes(xs: tuple[Shape, ...]) -> str:
    return " and ".join(dict.fromkeys(map(format_shape, xs)))


def _ranks(xs: tuple[Shape, ...]) -> Iterator[Requirement]:
    yield len({len(x) for x in xs}) == 1, f"branches of {_shapes(xs)} have different numbers of axes", ""


def _differ(xs: tuple[Shape, ...], axis: int) -> str:
    sizes = " and ".join(dict.fromkeys(format_dim(x[axis]) for x in xs))
    return f"branches of {_shapes(xs)} differ in {axis_names(joined_axes(xs))[axis]}, {sizes}"


def _orders(xs: tuple[Shape, ...]) -> Requirement:
    """The requirement that no axis of one branch stands elsewhere in another."""
    for one, other in combinations(dict.fromkeys(map(axes_of, xs)), 2):
        astray = any(name and name in other and other.index(name) != place for place, name in enumerate(one))
        at = {values_axis(axes) for axes in (one, other)} - {None}
        if astray or len(at) > 1:
            orders = " and ".join("×".join(axis_names(axes)) for axes in (one, other))
            return False, f"branches have their axes in different orders, {orders}; permute one of them", ""
    return True, "", ""


class _Join(Layer, frozen=True):
    """The base of layers that make one array of several."""

    family: ClassVar[Family] = "merge"
    category: ClassVar[str] = "Layers that join branches"

    def output_axes(self, _output: Shape, *xs: Shape) -> tuple[str, ...]:
        return joined_axes(xs)


class _Broadcast(_Join, frozen=True):
    """The base of joins value by value; an axis of 1 is broadcast."""

    call_style: ClassVar[Literal["module", "operator"]] = "operator"

    def output(self, *xs: Shape) -> Shape:
        return tuple(reduce(_joint, sizes) for sizes in zip(*xs, strict=True))

    def requires(self, *xs: Shape) -> Iterator[Requirement]:
        yield from _ranks(xs)
        yield _orders(xs)
        for axis, sizes in enumerate(zip(*xs, strict=True)):
            message = _differ(xs, axis)
            for n, before in zip(sizes[1:], accumulate(sizes, _joint), strict=False):
                yield any_of(equal(n, before), any_of(equal(n, 1), equal(before, 1))), message, ""

    def receptive_views(self, *xs: Shape) -> tuple[Views, ...]:
        output = self.output(*xs)
        return tuple((pointwise_view(x, _repeated(x, output)),) for x in xs)


def _repeated(x: Shape, output: Shape) -> dict[int, Window]:
    """The windows of broadcast axes, which see the only position; loose if a letter decides whether it is broadcast."""
    return {
        axis: replace(whole_axis(n), loose=not (n == 1 and at_least(m, 2) is True))
        for axis, (n, m) in enumerate(zip(x, output, strict=True))
        if equal(n, m) is not True
    }


def _joint(a: Dim, b: Dim) -> Dim:
    """The size of an axis of two that fit: equal, or one of them 1. A letter beside a number is one of these."""
    if isinstance(b, int) and not isinstance(a, int):
        a, b = b, a
    return b if a == 1 else a if isinstance(a, int) else maximum(a, b)


class Add(_Broadcast, frozen=True):
    """The sum of its branches, value by value (He et al. 2015); an axis of 1 is repeated to fit."""

    called: ClassVar[tuple[str, ...]] = ("sum", "plus", "residual", "shortcut", "eltwise")
    joins_by: ClassVar[Join] = "+"
    passes_gradient: ClassVar[bool] = True

    def work(self, output: Shape, *xs: Shape) -> Work:
        return Work(additions=(len(xs) - 1) * size(output))

    def forward(self, xp: Any, *xs: Any) -> Any:
        return reduce(xp.add, xs)


class Subtract(_Broadcast, frozen=True):
    """The first branch less the others, value by value; an axis of 1 is repeated to fit."""

    called: ClassVar[tuple[str, ...]] = ("sub", "minus")
    joins_by: ClassVar[Join] = "−"

    def work(self, output: Shape, *xs: Shape) -> Work:
        return Work(additions=(len(xs) - 1) * size(output))

    def forward(self, xp: Any, *xs: Any) -> Any:
        return reduce(xp.subtract, xs)


class Multiply(_Broadcast, frozen=True):
    """The product of its branches, value by value (Hu et al. 2017); an axis of 1 is repeated to fit."""

    called: ClassVar[tuple[str, ...]] = ("mul", "product")
    value_by_value: ClassVar[bool] = True
    joins_by: ClassVar[Join] = "×"

    def work(self, output: Shape, *xs: Shape) -> Work:
        return Work(multiplications=(len(xs) - 1) * size(output))

    def saved_for_backward(self, use: TrainingContext, _output: Shape, *xs: Shape) -> Iterator[SavedTensor]:
        # Factor by factor: the gradient of a factor needs the other factor.
        product: Shape = xs[0]
        flows = False
        for i in range(1, len(xs)):
            flows = flows or use.grads[i - 1]
            if flows:
                yield SavedTensor(i)
            if use.grads[i]:
                yield SavedTensor(0) if i == 1 else SavedTensor(f"product of {i}", size(product))
            product = self.output(product, xs[i])

    def forward(self, xp: Any, *xs: Any) -> Any:
        return reduce(xp.multiply, xs)


class Divide(_Broadcast, frozen=True):
    """The first branch divided by the others, value by value; an axis of 1 is repeated to fit."""

    called: ClassVar[tuple[str, ...]] = ("div",)
    joins_by: ClassVar[Join] = "÷"

    def work(self, output: Shape, *xs: Shape) -> Work:
        return Work(divisions=(len(xs) - 1) * size(output))

    def saved_for_backward(self, use: TrainingContext, _output: Shape, *xs: Shape) -> Iterator[SavedTensor]:
        # The gradient of either needs the divisor, that of the divisor the dividend too.
        for i, quotient in enumerate(accumulate(xs[:-1], self.output), start=1):
            if any(use.grads[: i + 1]):
                yield SavedTensor(i)
            if use.grads[i]:
                yield SavedTensor(0) if i == 1 else SavedTensor(f"quotient of {i}", size(quotient))

    def forward(self, xp: Any, *xs: Any) -> Any:
        return reduce(xp.divide, xs)


class Maximum(_Broadcast, frozen=True):
    """The largest of its branches, value by value (Goodfellow et al. 2013); an axis of 1 is repeated to fit."""

    def work(self, output: Shape, *xs: Shape) -> Work:
        return Work(comparisons=(len(xs) - 1) * size(output))

    def saved_for_backward(self, use: TrainingContext, _output: Shape, *xs: Shape) -> Iterator[SavedTensor]:
        # Two by two: where each was the larger, the gradient goes to it.
        for i, largest in enumerate(accumulate(xs[:-1], self.output), start=1):
            if any(use.grads[: i + 1]):
                yield SavedTensor(i)
                yield SavedTensor(0) if i == 1 else SavedTensor(f"largest of {i}", size(largest))

    def forward(self, xp: Any, *xs: Any) -> Any:
        return reduce(xp.maximum, xs)


class Concat(_Join, frozen=True):
    """Its branches one after the other along an axis, by default the channels or else the first (Szegedy et al. 2014)."""

    called: ClassVar[tuple[str, ...]] = ("cat", "concatenate", "concatenation")
    passes_gradient: ClassVar[bool] = True
    moves: ClassVar[bool] = True

    axis_setting: ClassVar[str] = "axis"

    axis: OneAxis = None

    def placed(self, *inputs: Shape) -> Self:
        if len({len(x) for x in inputs}) == 1:
            # One branch may have a name where another has none.
            inputs = (NamedShape(inputs[0], joined_axes(inputs)), *inputs[1:])
        return super().placed(*inputs)

    def usual_axis(self, *xs: Shape) -> int:
        axes = axes_of(xs[0])
        return axes.index("channels") if "channels" in axes else 0

    @property
    def joined_axis(self) -> int:
        axis: int = self.axis
        return axis

    def output(self, *xs: Shape) -> Shape:
        return (*xs[0][: self.axis], sum_of(x[self.axis] for x in xs), *xs[0][self.axis + 1 :])

    def requires(self, *xs: Shape) -> Iterator[Requirement]:
        yield from _ranks(xs)
        yield _orders(xs)
        for axis, sizes in enumerate(zip(*xs, strict=True)):
            if axis != self.axis:
                message = f"{_differ(xs, axis)}; they are joined along {self.named}"
                for n in dict.fromkeys(sizes):
                    yield equal(n, sizes[0]), message, ""

    @property
    def named(self) -> str:
        """The axis along which it joins, in words."""
        return getattr(self.axis, "name", "") or f"axis {self.axis}"

    def receptive_views(self, *xs: Shape) -> tuple[Views, ...]:
        axis = self.axis
        before = accumulate((x[axis] for x in xs[:-1]), initial=0)
        views = (pointwise_view(x, {axis: shifted(-start)}) for x, start in zip(xs, before, strict=True))
        return tuple((tuple(at._replace(ends=at.axis == axis) for at in view),) for view in views)

    def forward(self, xp: Any, *xs: Any) -> Any:
        return xp.concatenate(xs, in_batch(self.axis, xs[0]))
