"""Transposed convolution over one, two or three axes."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import Any, ClassVar

from archcalc.layers.axes import both_sides, each_axis, reshape_along
from archcalc.layers.base import SavedTensor, TrainingContext
from archcalc.layers.filters import PLACES, TAPS, _Filtering, by_group, require_groups
from archcalc.layers.normed_weights import Norm, norm_buffers, norm_saved, norm_weights, normed, settled
from archcalc.layers.requirements import Requirement, require_per_axis, require_rank
from archcalc.layers.settings import Count, Margins, Natural, Sizes
from archcalc.layers.sliding import span
from archcalc.layers.views import Views, pointwise_view
from archcalc.layers.windows import spreading
from archcalc.layers.work import Work
from archcalc.symbols.dims import Dim, Shape, any_of, at_least, quotient, size
from archcalc.symbols.shape import AXES


class _ConvTranspose(_Filtering, frozen=True):
    """The transpose of a convolution: each input position spreads over a window of the output.

    Output size along an axis: (n − 1)·stride − padding + dilation·(kernel − 1) + output_padding + 1. Weights
    channels·(out/groups)·∏kernel. MACs are weights × *input* positions (Dumoulin and Visin 2016, section 4). `norm` learns
    the lengths of weights apart from their directions (`weight`), or divides them by their largest singular value
    (`spectral`).
    """

    called: ClassVar[tuple[str, ...]] = ("convtranspose", "transposedconv", "deconv", "deconvolution", "upconv")
    spreads: ClassVar[bool] = True

    out: Count
    kernel: Sizes
    stride: Sizes = 1
    padding: Margins = 0
    output_padding: Natural | tuple[Natural, ...] = 0
    dilation: Sizes = 1
    groups: Count = 1
    bias: bool = True
    norm: Norm | None = None

    def output(self, x: Shape) -> Shape:
        return (
            self.out,
            *(
                (n - 1) * s - before - after + span(k, d) + extra
                for n, k, s, (before, after), d, extra in zip(
                    x[1:],
                    each_axis(self.kernel, self.rank),
                    each_axis(self.stride, self.rank),
                    both_sides(self.padding, self.rank),
                    each_axis(self.dilation, self.rank),
                    each_axis(self.output_padding, self.rank),
                    strict=True,
                )
            ),
        )

    def requires(self, x: Shape) -> Iterator[Requirement]:
        yield require_rank(x, self.rank)
        yield from require_per_axis(
            self.rank,
            kernel=self.kernel,
            stride=self.stride,
            padding=self.padding,
            output_padding=self.output_padding,
            dilation=self.dilation,
        )
        yield from require_groups(self.groups, x[0], self.out)
        extras = zip(*(each_axis(f, self.rank) for f in (self.output_padding, self.stride, self.dilation)), strict=True)
        for extra, s, d in extras:
            # A larger one is equivalent to a smaller padding, and frameworks refuse it.
            smaller = any_of(at_least(s - 1, extra), at_least(d - 1, extra))
            yield smaller, f"output_padding={extra} must be smaller than stride={s} or dilation={d}", "output_padding"
        for axis, n in zip(AXES[self.rank], self.output(x)[1:], strict=True):
            yield at_least(n, 1), f"the padding leaves an output {axis} of {n}", "padding"

    def weights(self, x: Shape) -> dict[str, Shape]:
        weight = (x[0], quotient(self.out, self.groups), *each_axis(self.kernel, self.rank))
        arrays = {"weight": weight, **norm_weights(self.norm, weight)}
        return {**arrays, "bias": (self.out,)} if self.bias else arrays

    def buffers(self, x: Shape) -> dict[str, Shape]:
        return norm_buffers(self.norm, self.weights(x)["weight"], rows=1)

    def settled(self, xp: Any, arrays: dict[str, Any]) -> dict[str, Any]:
        return settled(xp, arrays, rows=1)

    def work(self, output: Shape, x: Shape) -> Work:
        return Work(macs=size(x[1:]) * size(self.weights(x)["weight"]), additions=size(output) if self.bias else 0)

    def receptive_views(self, x: Shape) -> tuple[Views, ...]:
        fields = zip(
            each_axis(self.kernel, self.rank),
            each_axis(self.stride, self.rank),
            both_sides(self.padding, self.rank),
            each_axis(self.dilation, self.rank),
            strict=True,
        )
        slides = {axis: spreading(k, s, before, d) for axis, (k, s, (before, _), d) in enumerate(fields, start=1)}
        return ((pointwise_view(x, {0: by_group(self.groups, x[0], self.out), **slides}),),)

    def saved_for_backward(self, use: TrainingContext, _output: Shape, x: Shape) -> Iterator[SavedTensor]:
        yield from norm_saved(self.norm, use, self.weights(x), self.buffers(x), used=True)
        yield SavedTensor(0)

    def im2col_size(self, x: Shape) -> Dim:
        return self.out * size(each_axis(self.kernel, self.rank)) * size(x[1:])

    def forward(self, xp: Any, x: Any, weight: Any, bias: Any = None, **norm: Any) -> Any:
        n, _, *space = x.shape
        weight = normed(xp, weight, norm, rows=1)
        places, taps = PLACES[self.rank], TAPS[self.rank]
        kernel, stride, dilation, extra = (
            each_axis(field, self.rank) for field in (self.kernel, self.stride, self.dilation, self.output_padding)
        )
        x = x.reshape(n, self.groups, -1, *space)
        filters = weight.reshape(self.groups, -1, *weight.shape[1:])
        spread = xp.einsum(f"ngc{places},gco{taps}->{taps}ngo{places}", x, filters, optimize=True)
        # Each tap adds its values to every s-th value of the output, from its own position on.
        lasts = [(m - 1) * s for m, s in zip(space, stride, strict=True)]
        whole = [last + span(k, d) + e for last, k, d, e in zip(lasts, kernel, dilation, extra, strict=True)]
        y = xp.zeros((n, self.out, *whole), x.dtype)
        for tap in product(*map(range, kernel)):
            steps = zip(tap, lasts, stride, dilation, strict=True)
            reached = (slice(i * d, i * d + last + 1, s) for i, last, s, d in steps)
            y[:, :, *reached] += spread[tap].reshape(n, self.out, *space)
        sides = zip(whole, both_sides(self.padding, self.rank), strict=True)
        y = y[:, :, *(slice(before, m - after) for m, (before, after) in sides)]
        return y if bias is None else y + reshape_along(1, bias, y)


class ConvTranspose1d(_ConvTranspose, frozen=True):
    __doc__ = _ConvTranspose.__doc__
    rank: ClassVar[int] = 1


class ConvTranspose2d(_ConvTranspose, frozen=True):
    __doc__ = _ConvTranspose.__doc__
    rank: ClassVar[int] = 2


class ConvTranspose3d(_ConvTranspose, frozen=True):
    __doc__ = _ConvTranspose.__doc__
    rank: ClassVar[int] = 3
