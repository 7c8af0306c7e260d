"""A table as it is laid out in print: the widths of its columns, narrowed where texts may wrap, and the heights of its rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from types import MappingProxyType
from typing import Any

import msgspec

from archcalc.document.content import Blank
from archcalc.document.screen import Grid, breaks
from archcalc.document.typeset import cell_lines, least_width, type_width, without_commands, wrapped_lines

# What texts may be wider than they are measured, in points.
SLACK = 0.5
# The lines more that each row takes where there is room to write in.
_ROOM = 0.9


class Layout(msgspec.Struct, frozen=True, dict=True):
    """A table with the space on each side of its columns, its type, the width of its blanks, and of the columns that wrap.

    All lengths are in points.
    """

    grid: Grid
    gap: float
    size: tuple[str, float]
    blank: float = 0.0
    wraps: Mapping[int, float] = MappingProxyType({})

    @cached_property
    def columns(self) -> list[float]:
        """The width of each column."""
        return [
            self.wraps.get(place)
            or max(self._open(place), *(type_width(line, self.size[1]) for line in self._all(place)))
            for place in range(len(self.grid.heads))
        ]

    @cached_property
    def least(self) -> list[float]:
        """The least width of each column."""
        return [
            SLACK + max(self._open(place), *(least_width(line, self.size[1]) for line in self._all(place)))
            if breaks(self.grid, place)
            else width
            for place, width in enumerate(self.columns)
        ]

    @property
    def width(self) -> float:
        """The width of the table."""
        return sum(self.columns) + 2 * self.gap * (len(self.columns) - 1)

    @property
    def roomy(self) -> bool:
        """True if it has cells to write in."""
        return any(map(self._open, range(len(self.grid.heads))))

    @cached_property
    def heights(self) -> list[float]:
        """The height of each row, in lines."""
        room = _ROOM if self.roomy else 0.0
        return [room + max(self._height(place, cell) for place, cell in enumerate(row)) for row in self.grid.rows]

    def narrowed(self, points: float) -> Layout:
        """The layout with its texts wrapped, the widest column first, as far as needed and possible."""
        widths, wraps = [*self.columns], set(self.wraps)
        over = self.width - points
        while over > 0 and (loose := [place for place, now in enumerate(widths) if now > self.least[place]]):
            widest = max(loose, key=widths.__getitem__)
            less = min(1.0, widths[widest] - self.least[widest])
            widths[widest] -= less
            over -= less
            wraps.add(widest)
        return msgspec.structs.replace(self, wraps={place: widths[place] for place in wraps})

    def _height(self, place: int, cell: Any) -> int:
        lines = self._lines(place, cell)
        if place not in self.wraps:
            return len(lines)
        return sum(wrapped_lines(line, self.size[1], self.wraps[place]) for line in lines)

    def _all(self, place: int) -> list[str]:
        """The lines of a column and of its title."""
        cells = [row[place] for row in (*self.grid.rows, self.grid.last) if row]
        return [
            *cell_lines(self.grid.heads[place].title),
            *(line for cell in cells for line in self._lines(place, cell)),
        ]

    def _lines(self, place: int, cell: Any) -> list[str]:
        lines = self.grid.text(without_commands(cell), place).split("\n")
        # Spaces before a text mean something in a tree alone.
        return lines if self.grid.tree and place == 0 else [line.strip() for line in lines]

    def _open(self, place: int) -> float:
        """The width of the blanks of a column, if it has any."""
        cells: Sequence[Any] = [row[place] for row in (*self.grid.rows, self.grid.last) if row]
        return self.blank if any(isinstance(cell, Blank) for cell in cells) else 0.0
