"""Digits: the position of a value along an input axis, read from its index like hours and minutes from a time of day.

In an output axis where a position repeats every `inner` values it is (index // inner) % modulo. A reshape or transpose
moves digits and loses none: an image flattened to a line of pixels can become an image again.
"""

from __future__ import annotations

from typing import NamedTuple

from archcalc.layers.intervals import numbers
from archcalc.symbols.dims import Dim, Shape, divides, equal, quotient, size


class Digit(NamedTuple):
    """`times` positions per step of (index // inner) % modulo along an axis; without a modulo to the axis's end."""

    axis: int
    inner: Dim = 1
    modulo: Dim | None = None
    times: Dim = 1

    @property
    def plain(self) -> bool:
        """True if positions follow each other one by one."""
        return self.inner == 1 and self.modulo is None


class Limit(NamedTuple):
    """The indices of an axis, `start` up to `stop` (exclusive), of a joined branch; digits count from `origin`."""

    axis: int
    start: Dim
    stop: Dim
    origin: Dim


def kept(axis: int, x: Shape, y: Shape) -> int | None:
    """The axis of y that equals the given axis of x after a reshape; None if there is none."""
    inner = size(x[axis + 1 :])
    return next(
        (j for j in range(len(y)) if equal(y[j], x[axis]) is True and equal(size(y[j + 1 :]), inner) is True), None
    )


def moved(digit: Digit, x: Shape, y: Shape) -> list[Digit] | None:
    """The digits of a shape y that one digit of x becomes in a reshape; None if they are unknown."""
    before = size(x[digit.axis + 1 :])
    count = quotient(x[digit.axis], digit.inner) if digit.modulo is None else digit.modulo
    low = before * digit.inner
    if count == 1:
        axis = kept(digit.axis, x, y)
        return [] if axis is None else [digit._replace(axis=axis)]
    high = low * count
    found: list[Digit] = []
    for axis, n in enumerate(y):
        inner = size(y[axis + 1 :])
        outer = inner * n
        if divides(inner, low) is True and divides(high, outer) is True:
            # All of it lies within this axis.
            return [Digit(axis, quotient(low, inner), None if equal(high, outer) is True else count, digit.times)]
        if not numbers(low, high, inner, outer) or n == 1 or outer <= low or inner >= high:
            continue
        first, last = max(inner, low), min(outer, high)
        if first % inner or first % low or last % first or outer % last or high % last:
            return None
        part = None if last == outer else last // first
        found.append(Digit(axis, first // inner, part, digit.times * (first // low)))
    return found or None
