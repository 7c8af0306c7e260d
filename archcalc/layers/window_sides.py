"""The axes of an image in windows, and arrays of places put in them."""

from __future__ import annotations

import math
from itertools import chain
from typing import Any, NamedTuple

from archcalc.layers.window import Window, whole_axis
from archcalc.layers.windows import MAX_LISTED, blocks, spread
from archcalc.symbols.dims import Dim, at_least, ceil_div, decided, minimum


class Side(NamedTuple):
    """One axis of an image of n places in windows of w, which a shift moves by s; the places of a grid lie apart."""

    n: Dim
    w: Dim
    s: Dim
    grid: bool = False

    @property
    def windows(self) -> Dim:
        return ceil_div(self.n, self.w)

    @property
    def apart(self) -> tuple[Dim, Dim]:
        """The windows and the places of one, in the order in which they divide the axis."""
        return (self.w, self.windows) if self.grid else (self.windows, self.w)

    @property
    def pairs(self) -> Dim:
        """The pairs of places in one window."""
        return self.windows * self.w * self.w

    @property
    def seen(self) -> Dim:
        """Those that see each other: the last window holds both ends of the axis, unless it is the only one."""
        return self.pairs - 2 * self.s * (self.w - self.s) * minimum(self.windows - 1, 1)

    @property
    def window(self) -> Window:
        """The window of a place over the axis."""
        several = decided(at_least(self.n, self.w + 1))
        if several is False:
            return whole_axis(self.n)
        if self.grid:
            return spread(self.w, self.windows, self.n)
        if several is None or not isinstance(self.w, int) or not isinstance(self.s, int) or self.w > MAX_LISTED:
            return Window(1, ((1 - self.w, self.w - 1),), loose=True)
        if self.s == 0:
            return blocks(self.w, self.w, self.n)
        starts = (self.s - self.w if i < self.s else self.s for i in range(self.w))
        return Window(self.w, tuple((start, start + self.w - 1) for start in starts)).reduced()


def parted(x: Any, sides: list[Side]) -> Any:
    """An array batch×places×values as batch×windows×places of one×values."""
    n, f, rank = len(x), x.shape[-1], len(sides)
    x = x.reshape(n, *chain.from_iterable(side.apart for side in sides), f)
    x = x.transpose(0, *windows_first(sides), 2 * rank + 1)
    return x.reshape(n, math.prod(side.windows for side in sides), math.prod(side.w for side in sides), f)


def windows_first(sides: list[Side]) -> list[int]:
    """The order, counted from 1, by which axes that are divided have windows first and then the places of one."""
    first = [2 * axis + 1 + side.grid for axis, side in enumerate(sides)]
    return first + [2 * axis + 2 - side.grid for axis, side in enumerate(sides)]


def joined(x: Any, sides: list[Side]) -> Any:
    """The inverse of `parted`."""
    n, f, rank = len(x), x.shape[-1], len(sides)
    x = x.reshape(n, *(side.windows for side in sides), *(side.w for side in sides), f)
    x = x.transpose(0, *(1 + windows_first(sides).index(axis) for axis in range(1, 2 * rank + 1)), 2 * rank + 1)
    return x.reshape(n, *(side.windows * side.w for side in sides), f)


def distances(xp: Any, sides: list[Side]) -> Any:
    """The row of the table for each pair of places of a window: their distance along each axis, from −(w − 1) on."""
    index = 0
    for side, places in zip(sides, _coordinates(xp, [side.w for side in sides]), strict=True):
        index = index * (2 * side.w - 1) + places[:, None] - places + side.w - 1
    return index


def seen_together(xp: Any, sides: list[Side], shifts: tuple[int, ...]) -> Any:
    """The mask of a shift: windows×queries×keys, true where both stood on one side of the end of each axis."""
    grid = _coordinates(xp, [side.windows * side.w for side in sides])
    ends = [
        places >= side.windows * side.w - s if s else places < 0
        for places, side, s in zip(grid, sides, shifts, strict=True)
    ]
    whole = xp.stack(ends, -1).reshape(1, *(side.windows * side.w for side in sides), len(sides))
    parts = parted(whole, sides)[0]
    return (parts[:, :, None] == parts[:, None]).all(-1)


def _coordinates(xp: Any, shape: list[int]) -> Any:
    """The coordinates of all places of a grid along each of its axes."""
    return xp.indices(shape).reshape(len(shape), -1)
