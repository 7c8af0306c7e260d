"""Pooling with a fixed filter."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

from archcalc.layers.axes import each_axis
from archcalc.layers.base import SavedTensor, TrainingContext
from archcalc.layers.filters import PLACES, TAPS
from archcalc.layers.geometry import Geometry
from archcalc.layers.registry import Family
from archcalc.layers.settings import Padding, Sizes
from archcalc.layers.sliding import _Sliding
from archcalc.layers.views import Views, pointwise_view
from archcalc.layers.work import Work
from archcalc.symbols.dims import Shape, size


class _BlurPool(_Sliding, frozen=True):
    """Each channel blurred by a fixed filter at every `stride`-th place (Zhang 2019); nothing is trained.

    The filter, of binomial coefficients, is a buffer of ∏kernel values for each channel. MACs are those of a depthwise
    convolution. A `pad` with `mode: reflect` before it mirrors the border, as the paper does.
    """

    family: ClassVar[Family] = "pool"
    category: ClassVar[str] = "Pooling"

    kernel: Sizes = 3
    stride: Sizes = 2
    padding: Padding = 0

    def geometry(self) -> Geometry:
        return Geometry(self.kernel, self.stride, self.padding)

    def output(self, x: Shape) -> Shape:
        return (x[0], *self.places(x))

    def buffers(self, x: Shape) -> dict[str, Shape]:
        return {"filter": (x[0], 1, *each_axis(self.kernel, self.rank))}

    def work(self, output: Shape, _x: Shape) -> Work:
        return Work(macs=size(output) * size(each_axis(self.kernel, self.rank)))

    def receptive_views(self, x: Shape) -> tuple[Views, ...]:
        return ((pointwise_view(x, self.slides(x)),),)

    def saved_for_backward(self, _use: TrainingContext, _output: Shape, _x: Shape) -> Iterator[SavedTensor]:
        # Frameworks' convolutions keep their input, whether or not the filter is trained.
        yield SavedTensor(0)

    def forward(self, xp: Any, x: Any, filter: Any) -> Any:  # noqa: A002 - the name of the buffer
        places, taps = PLACES[self.rank], TAPS[self.rank]
        product = f"nc{places}{taps},c{taps}->nc{places}"
        return xp.einsum(product, self.windows(xp, x), filter[:, 0], optimize=True)


class BlurPool1d(_BlurPool, frozen=True):
    __doc__ = _BlurPool.__doc__
    rank: ClassVar[int] = 1


class BlurPool2d(_BlurPool, frozen=True):
    __doc__ = _BlurPool.__doc__
    rank: ClassVar[int] = 2


class BlurPool3d(_BlurPool, frozen=True):
    __doc__ = _BlurPool.__doc__
    rank: ClassVar[int] = 3
