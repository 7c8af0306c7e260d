"""What convolution and pooling share: a window that slides over padded axes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

from archcalc.dims import Dim, Shape, at_least, ceil_div, least
from archcalc.layers.base import (
    AXES,
    Layer,
    Padding,
    Requirement,
    Rounding,
    Sizes,
    both_sides,
    each_axis,
    of_rank,
    one_each,
)


def span(kernel: Dim, dilation: Dim) -> Dim:
    """How many positions a dilated kernel covers from its first to its last tap.

    >>> span(3, 1), span(3, 2)
    (3, 5)
    """
    return dilation * (kernel - 1) + 1


class _Sliding(Layer, frozen=True):
    """A window over the last `rank` axes; with padding `same` an output axis is the input's divided by the stride, rounded up."""

    rank: ClassVar[int] = 0

    def geometry(self) -> tuple[Sizes, Sizes, Padding, Sizes, bool]:
        """Kernel, stride, padding, dilation, and whether sizes are rounded up, as written in the fields."""
        raise NotImplementedError

    def axes(self, x: Shape) -> Iterator[tuple[Dim, Dim, Dim, tuple[Dim, Dim] | None, Dim]]:
        """For each axis: input size, kernel, stride, padding before and after (None for `same`), dilation."""
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
        """How many places the window takes along each axis."""
        up = self.geometry()[-1]
        sizes = []
        for n, k, s, sides, d in self.axes(x):
            if sides is None:
                sizes.append(ceil_div(n, s))
                continue
            room = n + sides[0] + sides[1] - span(k, d)
            size = (ceil_div(room, s) if up else room // s) + 1
            # The last window must start inside the input or the padding before it, else it would see nothing.
            sizes.append(least(size, ceil_div(n + sides[0], s)) if up else size)
        return tuple(sizes)

    def requires(self, x: Shape) -> Iterator[Requirement]:
        yield of_rank(x, self.rank)
        kernel, stride, padding, dilation, _ = self.geometry()
        yield from one_each(self.rank, kernel=kernel, stride=stride, padding=padding, dilation=dilation)
        for axis, (n, k, _s, sides, d) in zip(AXES[self.rank], self.axes(x), strict=True):
            if sides is not None:
                padded = n + sides[0] + sides[1]
                covers = f"kernel {k}" if d == 1 else f"kernel {k} with dilation {d} covers {span(k, d)} and"
                wide = f"{n}" if padded == n else f"{padded} ({n} with padding {sides[0]} + {sides[1]})"
                yield at_least(padded, span(k, d)), f"{covers} is larger than the input's {axis} of {wide}", "kernel"

    def roundings(self, x: Shape) -> Iterator[Rounding]:
        for axis, (n, k, s, sides, d) in enumerate(self.axes(x), start=1):
            if sides is not None:
                yield Rounding(axis, n + sides[0] + sides[1] - span(k, d), s)
