"""The site of a sliding window: arrays that stay in place from one run to the next, images with their channels last.

With the channels last, the values of a pixel lie side by side, so that copies, sums over taps and biases run along
them.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, TypeAlias

import msgspec
import numpy as np

from archcalc.reference.fast.scratch import Scratch
from archcalc.reference.fast.workers import Part

# Batches of parts: those of a batch run side by side, one batch after the other.
Step: TypeAlias = list[list[Part]]
Sides: TypeAlias = tuple[tuple[int, int], tuple[int, int]]

# In products and sums of a matrix product: the cost of finishing a value, the cost of a tap outside a matrix product,
# and the least total for which waking another thread pays.
_FINISHING = 60
_TAP = 8
_WORTH_SHARING = 20_000_000


class Finish(msgspec.Struct, frozen=True):
    """The last pass over outputs while they are in the cache: biases, a sum with another array, bounds."""

    bias: Any = None
    other: Any = None
    low: float | None = None
    high: float = math.inf

    def __call__(self, part: Any, *where: Any) -> None:
        """Finish outputs with one row per pixel, which stand at `where` in all outputs."""
        if self.bias is not None:
            add_along_rows(part, self.bias)
        if self.other is not None:
            np.add(part, self.other[where].reshape(part.shape), out=part)
        self.bound(part)

    def of(self, outs: slice) -> Finish:
        """The same for some of the channels."""
        bias = None if self.bias is None else self.bias[outs]
        other = None if self.other is None else self.other[..., outs]
        return msgspec.structs.replace(self, bias=bias, other=other)

    def flat(self) -> Finish:
        """The same with one row per pixel in the added array."""
        other = self.other
        return self if other is None else msgspec.structs.replace(self, other=other.reshape(-1, other.shape[-1]))

    def bound(self, part: Any) -> None:
        """Clamp values to the bounds."""
        if self.low is not None:
            # One pass for both bounds, and three times as fast as `maximum` for one.
            np.clip(part, self.low, self.high, out=part)


def add_along_rows(part: Any, bias: Any) -> None:
    """Add a vector to each row; short rows several at a time, since each run of the inner loop has its own cost."""
    rows, wide = part.shape
    together = math.gcd(rows, max(1, 1024 // wide))
    if together > 1 and part.flags.c_contiguous:
        part = part.reshape(rows // together, together * wide)
        bias = np.tile(bias, together)
    np.add(part, bias, out=part)


class Site(msgspec.Struct, frozen=True):
    """A convolution or pool in place: its input and output as batch, height, width, channels, and its geometry.

    `weight` and `finish` include any normalisation that follows. `weight` is out, channels of a group, height, width.
    """

    x: Any
    y: Any
    kernel: tuple[int, int]
    stride: tuple[int, int]
    dilation: tuple[int, int]
    # Before height and width.
    padding: tuple[int, int]
    scratch: Scratch
    workers: int
    weight: Any = None
    # The first of the workers.
    worker: int = 0
    groups: int = 1
    finish: Finish = Finish()
    # The row and the column of the input that stand at each of those with padding, where the input fills that itself.
    filled_by: tuple[Any, Any] | None = None

    @property
    def shared(self) -> int:
        """The number of workers that it is worth sharing between."""
        taps = math.prod(self.kernel)
        products = _TAP * taps if self.weight is None or self.weight.shape[1] == 1 else self.weight[0].size
        return self.workers if self.y.size * (products + _FINISHING) >= _WORTH_SHARING else 1

    @property
    def covers(self) -> tuple[int, int]:
        """The number of rows and columns that a window covers."""
        return tuple(d * (k - 1) + 1 for k, d in zip(self.kernel, self.dilation, strict=True))  # type: ignore[return-value]

    @property
    def inside(self) -> bool:
        """True if no window reaches beyond the input."""
        ends = ((n - 1) * s + c for n, s, c in zip(self.y.shape[1:3], self.stride, self.covers, strict=True))
        return self.padding == (0, 0) and all(end <= n for end, n in zip(ends, self.x.shape[1:3], strict=True))

    def surrounded(self, worker: int, high: int, fill: float = 0.0) -> Callable[[int, range], Any]:
        """A function that returns the inputs of up to `high` output rows of a sample, with `fill` beyond the input."""
        _, height, width, channels = self.x.shape
        (down, across), (top, left), (tall, wide) = self.stride, self.padding, self.covers
        line = (self.y.shape[2] - 1) * across + wide
        image = self.scratch.take(f"image {worker}", (high - 1) * down + tall, line, channels)
        right = max(0, min(width, line - left))

        def rows(sample: int, places: range) -> Any:
            first, n = places.start * down - top, (len(places) - 1) * down + tall
            if self.inside:
                return self.x[sample, first : first + n, :line]
            if self.filled_by is not None:
                below = places.start * down
                part = image()[:n]
                part[...] = self.x[sample][np.ix_(self.filled_by[0][below : below + n], self.filled_by[1][:line])]
                return part
            # Rows of padding, rows of the input, rows of padding.
            lead = min(n, max(0, -first))
            tail = max(lead, min(n, height - first))
            part = image()[:n]
            part[:lead] = fill
            part[tail:] = fill
            part[lead:tail, :left] = fill
            part[lead:tail, left + right :] = fill
            part[lead:tail, left : left + right] = self.x[sample, first + lead : first + tail, :right]
            return part

        return rows

    def tap(self, seen: Any, places: range, i: int, j: int) -> Any:
        """The values under tap i, j of the kernel at each position of some output rows, taken from `surrounded`."""
        (down, across), (dy, dx) = self.stride, self.dilation
        rows = slice(i * dy, i * dy + (len(places) - 1) * down + 1, down)
        return seen[rows, j * dx : j * dx + (self.y.shape[2] - 1) * across + 1 : across]

    def group(self, number: int, worker: int) -> Site:
        """One group of the convolution as a convolution of its own, for a single worker."""
        seen, own = self.x.shape[3] // self.groups, len(self.weight) // self.groups
        outs = slice(number * own, (number + 1) * own)
        return msgspec.structs.replace(
            self,
            x=self.x[..., number * seen : (number + 1) * seen],
            y=self.y[..., outs],
            weight=self.weight[outs],
            groups=1,
            workers=1,
            worker=worker,
            finish=self.finish.of(outs),
        )


def slice_of(places: range) -> slice:
    """The slice of a range of positions."""
    return slice(places.start, places.stop)


def blocks(places: range, high: int) -> list[range]:
    """Rows in blocks of at most `high`.

    >>> blocks(range(2, 7), 3)
    [range(2, 5), range(5, 7)]
    """
    return [places[start : start + high] for start in range(0, len(places), high)]


def in_order(parts: list[Part]) -> Part:
    """A part that runs parts one after the other."""

    def part() -> None:
        for each in parts:
            each()

    return part
