"""Pooling by windows that slide, and LeNet's trained subsampling."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import product
from typing import Any, ClassVar

from archcalc.layers.axes import each_axis, reshape_along
from archcalc.layers.base import Layer, SavedTensor, TrainingContext
from archcalc.layers.geometry import Geometry, Rounding
from archcalc.layers.registry import Example, Family
from archcalc.layers.requirements import Requirement, require_per_axis, require_rank
from archcalc.layers.settings import Padding, Sizes
from archcalc.layers.sliding import _Sliding, sliding
from archcalc.layers.views import Views, pointwise_view
from archcalc.layers.window import Window
from archcalc.layers.work import Work
from archcalc.symbols.dims import Dim, Shape, at_least, floor_div, size


class _Pool(_Sliding, frozen=True):
    """The base of pooling layers: one value for each window in each channel; the stride defaults to the kernel."""

    family: ClassVar[Family] = "pool"
    category: ClassVar[str] = "Pooling"
    example: ClassVar[Example] = Example({"kernel": 2})

    kernel: Sizes
    stride: Sizes | None = None
    padding: Padding = 0
    ceil_mode: bool = False

    def geometry(self) -> Geometry:
        stride = self.kernel if self.stride is None else self.stride
        return Geometry(self.kernel, stride, self.padding, rounds_up=self.ceil_mode)

    def output(self, x: Shape) -> Shape:
        return (x[0], *self.places(x))

    def requires(self, x: Shape) -> Iterator[Requirement]:
        yield from super().requires(x)
        for _n, k, _s, sides, _d in self.axes(x):
            # A window in the padding alone would have no value. Frameworks require this of the kernel, dilated or not.
            for side in sides or ():
                yield at_least(k, 2 * side), f"padding={side} is more than half of the kernel's {k}", "padding"

    def receptive_views(self, x: Shape) -> tuple[Views, ...]:
        return ((pointwise_view(x, self.slides(x)),),)

    @property
    def taps(self) -> tuple[int, ...]:
        """The axes of `windows` that hold the values of one window."""
        return tuple(range(-self.rank, 0))

    def window(self) -> Dim:
        """The number of values in a window."""
        return size(each_axis(self.kernel, self.rank))


class _MaxPool(_Pool, frozen=True):
    """The largest value of each window (Zhou and Chellappa 1988; Ranzato et al. 2007).

    Output size along an axis: ⌊(n + 2·padding − dilation·(kernel − 1) − 1) / stride⌋ + 1; with `ceil_mode` the division is
    rounded up, and the last window must start inside the input or the padding before it. ∏kernel − 1 comparisons for
    each output.
    """

    called: ClassVar[tuple[str, ...]] = ("maxpool", "maxpooling", "pool", "pooling")

    dilation: Sizes = 1

    def geometry(self) -> Geometry:
        return super().geometry()._replace(dilation=self.dilation)

    def work(self, output: Shape, _x: Shape) -> Work:
        return Work(comparisons=size(output) * (self.window() - 1))

    def saved_for_backward(self, _use: TrainingContext, output: Shape, _x: Shape) -> Iterator[SavedTensor]:
        yield SavedTensor(0)
        yield SavedTensor("indices", size(output), "int64")

    def forward(self, xp: Any, x: Any) -> Any:
        windows = self.windows(xp, x, -math.inf, -math.inf)
        # Tap by tap over all windows at once: along the short axes of the taps numpy is ten times slower.
        first, *others = (windows[(..., *at)] for at in product(*map(range, windows.shape[-self.rank :])))
        y = xp.array(first, order="C")
        for other in others:
            xp.maximum(y, other, out=y)
        return y


class MaxPool1d(_MaxPool, frozen=True):
    __doc__ = _MaxPool.__doc__
    rank: ClassVar[int] = 1


class MaxPool2d(_MaxPool, frozen=True):
    __doc__ = _MaxPool.__doc__
    rank: ClassVar[int] = 2


class MaxPool3d(_MaxPool, frozen=True):
    __doc__ = _MaxPool.__doc__
    rank: ClassVar[int] = 3


class _AvgPool(_Pool, frozen=True):
    """The mean of each window (LeCun et al. 1990); `count_include_pad` says whether padded zeros enter the mean.

    Output sizes as for max pooling. ∏kernel − 1 additions and 1 division for each output.
    """

    called: ClassVar[tuple[str, ...]] = ("avgpool", "averagepool", "averagepooling", "meanpool")

    count_include_pad: bool = True

    def work(self, output: Shape, _x: Shape) -> Work:
        return Work(additions=size(output) * (self.window() - 1), divisions=size(output))

    def saved_for_backward(self, _use: TrainingContext, _output: Shape, _x: Shape) -> Iterator[SavedTensor]:
        yield SavedTensor(0)

    def forward(self, xp: Any, x: Any) -> Any:
        # Padding counts if the field says so; positions beyond it never do.
        counted = self.windows(xp, xp.ones_like(x[:1, :1]), float(self.count_include_pad)).sum(axis=self.taps)
        return self.windows(xp, x).sum(axis=self.taps) / counted


class AvgPool1d(_AvgPool, frozen=True):
    __doc__ = _AvgPool.__doc__
    rank: ClassVar[int] = 1


class AvgPool2d(_AvgPool, frozen=True):
    __doc__ = _AvgPool.__doc__
    rank: ClassVar[int] = 2


class AvgPool3d(_AvgPool, frozen=True):
    __doc__ = _AvgPool.__doc__
    rank: ClassVar[int] = 3


class Subsample2d(Layer, frozen=True):
    """LeNet's trained pooling: the sum of each window times one coefficient, plus one bias, both of the channel.

    Windows do not overlap. Two params a channel (LeCun et al. 1998, section II-B, layers S2 and S4).
    """

    family: ClassVar[Family] = "pool"
    category: ClassVar[str] = "Pooling"
    rank: ClassVar[int] = 2
    example: ClassVar[Example] = Example({"kernel": 2})

    kernel: Sizes

    def geometry(self) -> Geometry:
        return Geometry(self.kernel, self.kernel)

    def output(self, x: Shape) -> Shape:
        return (x[0], *(floor_div(n, k) for n, k in zip(x[1:], each_axis(self.kernel, 2), strict=True)))

    def requires(self, x: Shape) -> Iterator[Requirement]:
        yield require_rank(x, 2)
        yield from require_per_axis(2, kernel=self.kernel)
        for n, k in zip(x[1:], each_axis(self.kernel, 2), strict=True):
            yield at_least(n, k), f"kernel {k} is larger than the input's {n}", "kernel"

    def roundings(self, x: Shape) -> Iterator[Rounding]:
        for axis, (n, k) in enumerate(zip(x[1:], each_axis(self.kernel, 2), strict=True), start=1):
            yield Rounding(axis, n - k, k)

    def weights(self, x: Shape) -> dict[str, Shape]:
        return {"weight": (x[0],), "bias": (x[0],)}

    def work(self, output: Shape, _x: Shape) -> Work:
        n = size(output)
        return Work(additions=n * size(each_axis(self.kernel, 2)), multiplications=n)

    def receptive_views(self, x: Shape) -> tuple[Views, ...]:
        kernel = enumerate(each_axis(self.kernel, 2), start=1)
        return ((pointwise_view(x, {axis: Window(k, ((0, k - 1),)) for axis, k in kernel}),),)

    def saved_for_backward(self, use: TrainingContext, output: Shape, _x: Shape) -> Iterator[SavedTensor]:
        if use.grads[0]:
            yield SavedTensor(0)
        if "weight" not in use.frozen:
            yield SavedTensor("sums", size(output))

    def forward(self, xp: Any, x: Any, weight: Any, bias: Any) -> Any:
        kernel = each_axis(self.kernel, 2)
        sums = sliding(xp, x, kernel, kernel, (1, 1)).sum(axis=(-2, -1))
        return sums * reshape_along(1, weight, x) + reshape_along(1, bias, x)
