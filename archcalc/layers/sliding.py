"""The sliding window over padded axes that convolution and pooling share."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from archcalc.layers.axes import both_sides, each_axis
from archcalc.layers.base import Layer
from archcalc.layers.geometry import Geometry, Rounding
from archcalc.layers.requirements import Requirement, require_per_axis, require_rank
from archcalc.layers.window import Window
from archcalc.symbols.dims import Dim, Shape, as_int, at_least, ceil_div, floor_div, maximum, minimum
from archcalc.symbols.shape import AXES


def span(kernel: Dim, dilation: Dim) -> Dim:
    """The number of positions that a dilated kernel covers from its first to its last tap.

    >>> span(3, 1), span(3, 2)
    (3, 5)
    """
    return dilation * (kernel - 1) + 1


def sliding(xp: Any, x: Any, kernel: Shape, stride: Shape, dilation: Shape) -> Any:
    """A view of the window's values at each position, over all axes but batch and channels; nothing is copied."""
    axes = range(2, x.ndim)
    view = xp.lib.stride_tricks.sliding_window_view(x, tuple(map(span, kernel, dilation)), axis=axes)
    return view[:, :, *(slice(None, None, step) for step in (*stride, *dilation))]


class _Sliding(Layer, frozen=True):
    """The base of layers with a window over the last `rank` axes; `same` padding gives ⌈input / stride⌉ outputs."""

    def geometry(self) -> Geometry:
        raise NotImplementedError

    def axes(self, x: Shape) -> Iterator[tuple[Dim, Dim, Dim, tuple[Dim, Dim] | None, Dim]]:
        """The input size, kernel, stride, padding before and after (None for `same`) and dilation of each axis."""
        kernel, stride, padding, dilation, _ = self.geometry()
        sides: tuple[Any, ...] = (None,) * self.rank if padding == "same" else both_sides(padding, self.rank)
        return zip(
            x[1:],
            each_axis(kernel, self.rank),
            each_axis(stride, self.rank),
            sides,
            each_axis(dilation, self.rank),
            strict=True,
        )

    def places(self, x: Shape) -> tuple[Dim, ...]:
        """The number of window positions along each axis."""
        up = self.geometry()[-1]
        sizes = []
        for n, k, s, sides, d in self.axes(x):
            if sides is None:
                sizes.append(ceil_div(n, s))
                continue
            room = n + sides[0] + sides[1] - span(k, d)
            # One position more than there are strides in the room; added inside, so that formulas have a single
            # rounding.
            size = ceil_div(room + s, s) if up else floor_div(room + s, s)
            # The last window must start inside the input or the padding before it, or it would see nothing.
            beyond = up and at_least(span(k, d), s + sides[1]) is not True
            sizes.append(minimum(size, ceil_div(n + sides[0], s)) if beyond else size)
        return tuple(sizes)

    def requires(self, x: Shape) -> Iterator[Requirement]:
        yield require_rank(x, self.rank)
        kernel, stride, padding, dilation, up = self.geometry()
        yield from require_per_axis(self.rank, kernel=kernel, stride=stride, padding=padding, dilation=dilation)
        for axis, (n, k, s, sides, d) in zip(AXES[self.rank], self.axes(x), strict=True):
            if sides is not None:
                padded = n + sides[0] + sides[1]
                # With sizes rounded up, the last window may reach beyond the padding by less than a stride.
                room = padded + s - 1 if up else padded
                covers = f"kernel {k}" if d == 1 else f"kernel {k} with dilation {d} covers {span(k, d)} and"
                wide = f"{n}" if padded == n else f"{padded} ({n} with padding {sides[0]} + {sides[1]})"
                yield at_least(room, span(k, d)), f"{covers} is larger than the input's {axis} of {wide}", "kernel"

    def roundings(self, x: Shape) -> Iterator[Rounding]:
        for axis, (n, k, s, sides, d) in enumerate(self.axes(x), start=1):
            if sides is not None:
                yield Rounding(axis, n + sides[0] + sides[1] - span(k, d), s)

    def margins(self, x: Shape) -> Iterator[tuple[Dim, Dim]]:
        """The padding before and after each axis; `same` pads what windows at 0, s, 2s, ... lack, the odd one after."""
        for n, k, s, sides, d in self.axes(x):
            lacking = maximum(0, as_int((ceil_div(n, s) - 1) * s + span(k, d) - n))
            yield (lacking // 2, lacking - lacking // 2) if sides is None else sides

    def slides(self, x: Shape) -> dict[int, Window]:
        """The window of each axis: taps `dilation` apart, the first of them in the padding."""
        axes = zip(self.axes(x), self.margins(x), strict=True)
        return {
            axis: Window(s, ((-before, d * (k - 1) - before),), d)
            for axis, ((_, k, s, _, d), (before, _)) in enumerate(axes, start=1)
        }

    def padded(self, xp: Any, x: Any, margins: list[tuple[Dim, Dim]], padding: float) -> Any:
        """A batch with its margins."""
        return xp.pad(x, [(0, 0), (0, 0), *margins], constant_values=padding)

    def windows(self, xp: Any, x: Any, padding: float = 0.0, beyond: float = 0.0) -> Any:
        """The window's values at each position, as a view: batch, channels, positions, and the taps of the kernel.

        With sizes rounded up, the last window may reach into `beyond` values after the padding, if it starts before
        them.
        """
        shape = x.shape[1:]
        _, kernel, stride, _, dilation = zip(*self.axes(shape), strict=True)
        margins = list(self.margins(shape))
        x = self.padded(xp, x, margins, padding)
        if not self.geometry()[-1]:
            return sliding(xp, x, kernel, stride, dilation)
        x = xp.pad(x, [(0, 0), (0, 0), *((0, s - 1) for s in stride)], constant_values=beyond)
        starts = (range(0, before + n, s) for n, (before, _), s in zip(shape[1:], margins, stride, strict=True))
        return sliding(xp, x, kernel, stride, dilation)[:, :, *(slice(len(places)) for places in starts)]
