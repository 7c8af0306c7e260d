"""Normalisation of each place, or of all values, by statistics of its own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

from archcalc.layers.axes import in_batch, reshape_along
from archcalc.layers.base import SavedTensor, TrainingContext
from archcalc.layers.norm import _affine, _measured, _Norm, _standard, _statistics
from archcalc.layers.placing import Axis, Misplaced, placed_each, usual_last, values_or_first
from archcalc.layers.registry import Example
from archcalc.layers.settings import OneAxis, Positive, SomeAxes
from archcalc.layers.views import Views, global_view
from archcalc.layers.work import Work
from archcalc.symbols.dims import Shape, size
from archcalc.symbols.shape import without


class LayerNorm(_Norm, frozen=True):
    """Some axes less their mean, over their deviation, then scaled and shifted value by value (Ba et al. 2016).

    `axes` names them, or is how many of the last there are. By default it is the last: features, or channels behind their
    places.
    """

    called: ClassVar[tuple[str, ...]] = ("ln", "layernormalization")
    axis_setting: ClassVar[str] = "axes"
    example: ClassVar[Example] = Example(inputs=((128, 512),))

    axes: SomeAxes = None
    affine: bool = True
    bias: bool = True
    eps: Positive = 1e-5

    def variants(self, _rank: int) -> Iterator[str]:
        if not self.bias:
            yield "without bias"
        if not self.affine:
            yield "without affine"

    def usual_axis(self, x: Shape) -> tuple[int, ...]:
        remedies = {"axes: {}": "normalises each place over its {}", "groupnorm: 1": "all values together"}
        return (usual_last(x, remedies),)

    def stated_axis(self, stated: Any, x: Shape) -> Any:
        if isinstance(stated, int) and not isinstance(stated, Axis):
            if not 1 <= stated <= len(x):
                raise Misplaced(f"has no {stated} axes to normalise", "axes", f"the input has {len(x)}")
            stated = tuple(range(len(x) - stated, len(x)))
        axes = placed_each(stated, x, "axes")
        if not axes or len(set(axes)) < len(axes):
            raise Misplaced("takes each axis once", "axes")
        return axes

    def weights(self, x: Shape) -> dict[str, Shape]:
        return _affine(tuple(x[axis] for axis in sorted(self.axes)), affine=self.affine, bias=self.bias)

    def work(self, output: Shape, _x: Shape) -> Work:
        work = _measured(size(output), without(output, self.axes), self.affine)
        unshifted = 0 if self.bias or not self.affine else size(output)
        return Work(work.macs, work.additions - unshifted, work.multiplications, 0, work.divisions, work.exponentials)

    def receptive_views(self, x: Shape) -> tuple[Views, ...]:
        return ((global_view(x, *self.axes),),)

    def saved_for_backward(self, _use: TrainingContext, _output: Shape, x: Shape) -> Iterator[SavedTensor]:
        yield from _statistics(without(x, self.axes))

    def forward(self, xp: Any, x: Any, weight: Any = None, bias: Any = None) -> Any:
        axes = tuple(in_batch(axis, x) for axis in sorted(self.axes))
        y = _standard(xp, x, axes, self.eps)
        shape = [n if axis in axes else 1 for axis, n in enumerate(x.shape)]
        y = y if weight is None else y * weight.reshape(shape)
        return y if bias is None else y + bias.reshape(shape)


class RMSNorm(_Norm, frozen=True):
    """An axis over its root mean square, then scaled (Zhang and Sennrich 2019).

    By default it is the last: features, or channels behind their places. Without `eps` the smallest step of the dtype is
    added to the mean square, as in torch: only zeros need it.
    """

    called: ClassVar[tuple[str, ...]] = ("rms",)
    axis_setting: ClassVar[str] = "axis"
    example: ClassVar[Example] = Example(inputs=((128, 512),))

    affine: bool = True
    eps: Positive | None = None
    axis: OneAxis = None

    def variants(self, _rank: int) -> Iterator[str]:
        if not self.affine:
            yield "without affine"

    def usual_axis(self, x: Shape) -> int:
        return usual_last(x, {"axis: {}": "normalises each place over its {}"})

    def weights(self, x: Shape) -> dict[str, Shape]:
        return _affine((x[self.axis],), affine=self.affine, bias=False)

    def work(self, output: Shape, _x: Shape) -> Work:
        n, groups = size(output), without(output, (self.axis,))
        return Work(
            additions=n - groups,
            multiplications=(2 if self.affine else 1) * n,
            divisions=n + groups,
            exponentials=groups,
        )

    def receptive_views(self, x: Shape) -> tuple[Views, ...]:
        return ((global_view(x, self.axis),),)

    def saved_for_backward(self, _use: TrainingContext, _output: Shape, x: Shape) -> Iterator[SavedTensor]:
        yield SavedTensor(0)
        yield SavedTensor("deviation", without(x, (self.axis,)), "float32")

    def forward(self, xp: Any, x: Any, weight: Any = None) -> Any:
        axis = in_batch(self.axis, x)
        eps = xp.finfo(x.dtype).eps if self.eps is None else self.eps
        y = x / xp.sqrt((x**2).mean(axis=axis, keepdims=True) + eps)
        return y if weight is None else y * reshape_along(axis, weight, x)


class L2Norm(_Norm, frozen=True):
    """An axis over its Euclidean length, or over `eps` where that is more (Liu et al. 2015, arXiv:1506.04579, section 3.3).

    By default the axis is that of the channels or features. Nothing is trained: the factors that follow it there are `scale`.
    """

    called: ClassVar[tuple[str, ...]] = ("normalize", "normalise")
    axis_setting: ClassVar[str] = "axis"

    axis: OneAxis = None
    eps: Positive = 1e-12

    def usual_axis(self, x: Shape) -> int:
        return values_or_first(x)

    def work(self, output: Shape, _x: Shape) -> Work:
        n, groups = size(output), without(output, (self.axis,))
        return Work(additions=n - groups, multiplications=n, comparisons=groups, divisions=n, exponentials=groups)

    def receptive_views(self, x: Shape) -> tuple[Views, ...]:
        return ((global_view(x, self.axis),),)

    def saved_for_backward(self, _use: TrainingContext, _output: Shape, x: Shape) -> Iterator[SavedTensor]:
        yield SavedTensor(0)
        yield SavedTensor("length", without(x, (self.axis,)), "float32")
        yield SavedTensor("divisor", without(x, (self.axis,)), "float32")

    def forward(self, xp: Any, x: Any) -> Any:
        length = xp.sqrt((x**2).sum(axis=in_batch(self.axis, x), keepdims=True))
        return x / xp.maximum(length, self.eps)
