"""Deformable convolution."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import Any, ClassVar

from msgspec.structs import replace

from archcalc.layers.axes import each_axis, reshape_along
from archcalc.layers.base import SavedTensor, TrainingContext
from archcalc.layers.conv import Conv2d
from archcalc.layers.filters import _Filtering, by_group
from archcalc.layers.registry import Example
from archcalc.layers.requirements import Requirement
from archcalc.layers.settings import Count, Padding, Sizes
from archcalc.layers.views import Views, loose_view, pointwise_view
from archcalc.layers.window import whole_axis
from archcalc.layers.work import Work
from archcalc.symbols.dims import Dim, Shape, divides, equal, format_shape, size


class DeformConv2d(_Filtering, frozen=True):
    """Convolution whose taps are moved by offsets, a second input (Dai et al. 2017), and weighed by a mask, a third (Zhu et al. 2018).

    Offsets are 2·∏kernel maps for each of `offset_groups` groups of channels, down and then across for each tap; a mask has
    half as many. A layer before it makes them. A tap between pixels is interpolated from four, and outside there are zeros.
    """

    called: ClassVar[tuple[str, ...]] = ("dcn", "deformconv")
    category: ClassVar[str] = "Convolution and transposed convolution over one, two or three axes"
    rank: ClassVar[int] = 2
    example: ClassVar[Example] = Example(
        {"out": 64, "kernel": 3, "padding": 1}, ((64, 56, 56), (18, 56, 56), (9, 56, 56))
    )

    out: Count
    kernel: Sizes
    stride: Sizes = 1
    padding: Padding = 0
    dilation: Sizes = 1
    groups: Count = 1
    offset_groups: Count = 1
    bias: bool = True

    @property
    def plain(self) -> Conv2d:
        """The convolution that it is with offsets of 0."""
        fields = self.out, self.kernel, self.stride, self.padding, self.dilation, self.groups, self.bias
        return Conv2d(*fields)

    @property
    def taps(self) -> Dim:
        """The number of taps of the kernel."""
        return size(each_axis(self.kernel, 2))

    def output(self, x: Shape, _offsets: Shape, _mask: Shape | None = None) -> Shape:
        return self.plain.output(x)

    def requires(self, x: Shape, offsets: Shape, mask: Shape | None = None) -> Iterator[Requirement]:
        yield from self.plain.requires(x)
        groups = self.offset_groups
        yield (
            divides(groups, x[0]),
            f"offset_groups={groups} does not divide the {x[0]} input channels",
            "offset_groups",
        )
        for name, each, y in (("offsets", 2, offsets), ("mask", 1, mask)):
            wanted = (each * groups * self.taps, *self.plain.places(x))
            if y is not None:
                message = f"the {name} must be {format_shape(wanted)}, not {format_shape(y)}"
                yield len(y) == len(wanted), message, ""
                for n, m in zip(y, wanted, strict=True):
                    yield equal(n, m), message, ""

    def weights(self, x: Shape, _offsets: Shape, _mask: Shape | None = None) -> dict[str, Shape]:
        return self.plain.weights(x)

    def work(self, output: Shape, x: Shape, _offsets: Shape, mask: Shape | None = None) -> Work:
        positions = size(output[1:])
        values, taps = x[0] * self.taps * positions, self.offset_groups * self.taps * positions
        return self.plain.work(output, x) + Work(
            # Each tap is moved by its offset and lies between pixels by two shares and their complements; each value is a
            # sum of four.
            additions=6 * taps + 3 * values,
            multiplications=4 * taps + 4 * values + (0 if mask is None else values),
        )

    def backward(
        self, use: TrainingContext, output: Shape, x: Shape, _offsets: Shape, _mask: Shape | None = None
    ) -> Work:
        # The values at the taps have a gradient where any input has one.
        return Work(self.plain.work(output, x).macs * (any(use.grads) + ("weight" not in use.frozen)))

    def receptive_views(self, x: Shape, offsets: Shape, mask: Shape | None = None) -> tuple[Views, ...]:
        # Offsets may point anywhere; and what they point at may be nothing.
        anywhere = {axis: replace(whole_axis(x[axis]), loose=True) for axis in (1, 2)}
        moved = pointwise_view(x, {0: by_group(self.groups, x[0], self.out), **anywhere})
        movers = [y for y in (offsets, mask) if y is not None]
        return ((moved,), *((loose_view(y, 0),) for y in movers))

    def saved_for_backward(
        self, _use: TrainingContext, _output: Shape, _x: Shape, _offsets: Shape, mask: Shape | None = None
    ) -> Iterator[SavedTensor]:
        yield from (SavedTensor(which) for which in range(2 if mask is None else 3))

    def im2col_size(self, x: Shape, _offsets: Shape, _mask: Shape | None = None) -> Dim:
        return x[0] * self.taps * size(self.plain.places(x))

    def forward(self, xp: Any, x: Any, offsets: Any, mask: Any = None, **weights: Any) -> Any:
        weight, bias = weights["weight"], weights.get("bias")
        n, channels, *_ = x.shape
        places = offsets.shape[2:]
        sampled = self.sampled(xp, x, offsets.reshape(n, self.offset_groups, -1, 2, *places))
        if mask is not None:
            sampled = sampled * mask.reshape(n, self.offset_groups, 1, -1, *places)
        values = sampled.reshape(n, self.groups, channels // self.groups, -1, *places)
        filters = weight.reshape(self.groups, self.out // self.groups, channels // self.groups, -1)
        y = xp.einsum("ngckyx,gock->ngoyx", values, filters, optimize=True).reshape(n, self.out, *places)
        return y if bias is None else y + reshape_along(1, bias, y)

    def sampled(self, xp: Any, x: Any, offsets: Any) -> Any:
        """The value at each tap, moved by its offset, of each place: batch, groups, channels, taps, height, width."""
        n, channels, *space = x.shape
        axes = zip(self.plain.axes(x.shape[1:]), self.plain.margins(x.shape[1:]), offsets.shape[4:], strict=True)
        # Where each tap lies without an offset, along either axis.
        lines = [
            (s * xp.arange(m) - before + d * xp.arange(k)[:, None]).astype(x.dtype)
            for (_, k, s, _, d), (before, _), m in axes
        ]
        down, across = lines[0][:, None, :, None], lines[1][None, :, None, :]
        taps, places = (len(down), across.shape[1]), offsets.shape[4:]
        corners = []
        for which, line in enumerate((down, across)):
            still = xp.broadcast_to(line, (*taps, *places)).reshape(-1, *places)
            at = offsets[:, :, :, which] + still
            before = xp.floor(at)
            share = at - before
            # No number is no place, and any place beyond the border is as good as the first.
            first = xp.nan_to_num(xp.clip(before, -2, space[which] + 1)).astype(int)
            corners.append([(first, 1 - share), (first + 1, share)])
        flat = x.reshape(n, self.offset_groups, channels // self.offset_groups, -1)
        found = 0
        for (y, low), (z, left) in product(*corners):
            inside = (y >= 0) & (y < space[0]) & (z >= 0) & (z < space[1])
            index = xp.where(inside, y * space[1] + z, 0).reshape(n, self.offset_groups, 1, -1)
            values = xp.take_along_axis(flat, index, 3).reshape(*flat.shape[:3], *y.shape[2:])
            found = found + xp.where(inside[:, :, None], values, 0) * (low * left)[:, :, None]
        return found
