"""Tables fitted to a terminal: spare columns are dropped, numbers shortened, names made a tree, texts wrapped."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from archcalc.document.breaking import WORD, least, wrapped
from archcalc.document.content import Head, Table
from archcalc.document.grid import GAP, aligned
from archcalc.document.style import PLAIN
from archcalc.document.tones import BOLD, DIM, Toned
from archcalc.symbols.units import abbreviated

_LETTERS = re.compile(r"[^\W\d]{2}")
# A whole number as a text, with its sign, or as a bound.
_EXACT = re.compile(r"((?:[≥≤] )?[+−]?)(\d{1,3}(?:,\d{3})+)")
# What a word is broken to where the table would have to be cut otherwise.
_SHORT = 11
_SHORTENED = "Three digits; --exact has all."


class Screen(msgspec.Struct, frozen=True):
    """A place to print text: its width in columns, None for no limit, `exact` if numbers keep all digits, `tones` if it has them."""

    width: int | None = None
    exact: bool = False
    tones: bool = False


# A file, or another program: nothing is left out there.
PAPER = Screen()


class Grid(msgspec.Struct, frozen=True):
    """A table that is being made narrower: heads, cells, room around titles, and the width limit of each column."""

    heads: tuple[Head, ...]
    rows: tuple[tuple[Any, ...], ...]
    last: tuple[Any, ...]
    limits: tuple[int | None, ...]
    room: int = 2
    short: bool = False
    # True if names stand below their blocks.
    tree: bool = False

    @classmethod
    def of(cls, table: Table) -> Grid:
        """A table as it is."""
        return cls(table.head, table.rows, table.last, (None,) * len(table.head))

    @property
    def widths(self) -> list[int]:
        """The width of each column, in columns of the terminal."""
        return [max(map(len, self.lines(place)), default=0) for place in range(len(self.heads))]

    @property
    def width(self) -> int:
        """The width of the table, in columns of the terminal."""
        return _across(self.widths)

    def lines(self, place: int) -> list[str]:
        """The lines of one column, including its title with the room around it."""
        cells = [row[place] for row in (*self.rows, self.last) if row]
        titles = [f"{title}{' ' * self.room}" for title in self.title(place).split("\n")]
        return [*titles, *"\n".join(self.text(c, place) for c in cells).split("\n")]

    def title(self, place: int) -> str:
        """The title of a column, wrapped if the column is."""
        limit, title = self.limits[place], str(self.heads[place].title)
        return title if limit is None else "\n".join(wrapped(title, limit, formula=True))

    def text(self, value: Any, place: int) -> str:
        """The text of a cell: shortened or wrapped, if the table is."""
        short, limit = self.shortened(value, place), self.limits[place]
        text = PLAIN.cell(value) if short is None else short
        return text if limit is None else "\n".join(wrapped(text, limit, formula=not breaks(self, place)))

    def shortened(self, value: Any, place: int) -> str | None:
        """A number with three digits, None if the table is not shortened or the cell is no number."""
        if not self.short:
            return None
        if isinstance(value, int):
            return abbreviated(value)
        exact = _EXACT.fullmatch(value) if isinstance(value, str) and self.heads[place].numeric else None
        return f"{exact[1]}{abbreviated(int(exact[2].replace(',', '')))}" if exact else None

    def tone(self, row: Sequence[Any]) -> str | list[str]:
        """The tone of a row, dim if all its numbers are 0, or else of each of its cells: dim of a 0, and a text's own."""
        numbers = [value for value, head in zip(row, self.heads, strict=True) if head.numeric]
        if numbers and all(value in {0, ""} for value in numbers if not hasattr(value, "free_symbols")):
            return DIM
        return [
            value.tone if isinstance(value, Toned) else DIM if isinstance(value, int) and value == 0 else ""
            for value in row
        ]

    def printed(self, *, tones: bool) -> str:
        """The table as text, on request in tones."""
        body = [[self.text(value, place) for place, value in enumerate(row)] for row in self.rows]
        last = [self.text(value, place) for place, value in enumerate(self.last)] if self.last else None
        titles = [self.title(place) for place in range(len(self.heads))]
        right = [head.numeric for head in self.heads]
        shades = [*map(self.tone, self.rows), *([BOLD] if self.last else [])] if tones else []
        return aligned(titles, body, right, last, room=self.room, tones=shades)


def text_table(
    titles: Sequence[str],
    rows: Sequence[Sequence[Any]],
    right: Sequence[bool],
    screen: Screen = PAPER,
    spare: Sequence[str] = (),
) -> str:
    """Rows under titles as text that fits a screen; if too wide, columns of `spare` are dropped, in its order."""
    heads = [
        Head(
            title,
            numeric,
            "name" if title == "name" else "",
            spare=len(spare) - spare.index(title) if title in spare else 0,
        )
        for title, numeric in zip(titles, right, strict=True)
    ]
    return table_text(Table(tuple(heads), tuple(map(tuple, rows))), screen)


def table_text(table: Table, screen: Screen = PAPER) -> str:
    """A table as text no wider than a screen; empty if it has no rows.

    Columns that do not fit stand in tables below, under the same names.
    """
    if not table.rows:
        return ""
    grid = Grid.of(table)
    if screen.width is None:
        return grid.printed(tones=screen.tones)
    for grid in narrower(grid, exact=screen.exact):  # noqa: B020 - the last is the narrowest
        if grid.width <= screen.width:
            break
    shown = [part.printed(tones=screen.tones) for part in _wrapped(grid, screen.width)]
    return "\n\n".join(shown) + (f"\n{_SHORTENED}" if grid.short else "")


def narrower(grid: Grid, *, exact: bool) -> Iterator[Grid]:
    """Ever narrower grids: no room around titles, without empty and spare columns, with short numbers, with names as a tree."""
    yield grid
    grid = msgspec.structs.replace(grid, room=0)
    yield grid
    if empty := [
        place for place in range(1, len(grid.heads)) if all(row[place] == "" for row in (*grid.rows, grid.last) if row)
    ]:
        grid = without(grid, empty)
        yield grid
    for spare in sorted({head.spare for head in grid.heads if head.spare}, reverse=True):
        grid = without(grid, [place for place, head in enumerate(grid.heads) if head.spare == spare])
        yield grid
    if not exact and _long(grid):
        grid = msgspec.structs.replace(grid, short=True)
        yield grid
    if any("/" in str(row[0]) for row in grid.rows) and grid.heads[0].key == "name":
        yield _as_tree(grid)


def without(grid: Grid, places: Sequence[int]) -> Grid:
    """The grid without some columns."""

    def left(cells: Sequence[Any]) -> tuple[Any, ...]:
        return tuple(cell for place, cell in enumerate(cells) if place not in places)

    return msgspec.structs.replace(
        grid, heads=left(grid.heads), rows=tuple(map(left, grid.rows)), last=left(grid.last), limits=left(grid.limits)
    )


def _as_tree(grid: Grid) -> Grid:
    """The grid with names below their blocks, each block on its own line."""
    rows: list[tuple[Any, ...]] = []
    above: list[str] = []
    empty = ("",) * (len(grid.heads) - 1)
    for name, *cells in grid.rows:
        *blocks, own = str(name).split("/")
        same = next(
            (i for i, (a, b) in enumerate(zip(above, blocks, strict=False)) if a != b), min(len(above), len(blocks))
        )
        rows += [(f"{'  ' * depth}{block}", *empty) for depth, block in enumerate(blocks) if depth >= same]
        below = f"{'  ' * len(blocks)}{own}"
        rows.append((Toned(below, name.tone) if isinstance(name, Toned) else below, *cells))
        above = blocks
    return msgspec.structs.replace(grid, rows=tuple(rows), tree=True)


def _long(grid: Grid) -> bool:
    """True if a number has more than three digits."""
    short = msgspec.structs.replace(grid, short=True)
    return any(
        short.shortened(value, place) not in {None, str(value)} for row in grid.rows for place, value in enumerate(row)
    )


def kinds_of(grid: Grid) -> list[int]:
    """The column of the kinds of layers, unless it is the first."""
    return [place for place, head in enumerate(grid.heads) if place and head.title == "layer"]


def _wrapped(grid: Grid, width: int) -> list[Grid]:
    """The grid with its columns narrowed to fit a width; if they cannot, without kinds of layers, else cut in several."""
    less = without(grid, kinds_of(grid))
    for one, word in ((grid, WORD), (less, WORD), (grid, _SHORT), (less, _SHORT)):
        fitted = _narrowed(one, width, word)
        if fitted.width <= width:
            return [fitted]
    fewest = [max(_least(grid, place, WORD)) for place in range(len(grid.heads))]
    return [_narrowed(part, width, WORD) for part in cut(grid, fewest, len(GAP), width)]


def cut(grid: Grid, fewest: Sequence[float], gap: float, width: float) -> list[Grid]:
    """The grid as several, each with the columns that name its rows and as many others as a width has room for.

    `fewest` are the least widths of the columns, and `gap` is the space between two.
    """
    names = [*range(1 if grid.tree else _naming(grid))]
    parts: list[list[int]] = [[]]
    for place in range(len(names), len(fewest)):
        beside = [*names, *parts[-1], place]
        if parts[-1] and sum(fewest[one] for one in beside) + gap * (len(beside) - 1) > width:
            parts.append([])
        parts[-1].append(place)
    return [without(grid, [place for place in range(len(names), len(fewest)) if place not in part]) for part in parts]


def _naming(grid: Grid) -> int:
    """The columns that tell rows apart: the first, or the first two where it says the same of several."""
    first, both = ({tuple(map(str, row[:columns])) for row in grid.rows} for columns in (1, 2))
    return 2 if len(first) < len(both) and len(grid.heads) > 2 else 1


def _narrowed(grid: Grid, width: int, word: int) -> Grid:
    """The grid with its columns narrowed to fit a width, the widest first, as far as words and numbers allow."""
    fewest = [max(_least(grid, place, word)) for place in range(len(grid.heads))]
    widths = grid.widths
    narrow = {place for place in range(len(widths)) if breaks(grid, place)}
    while _across(widths) > width:
        loose = [place for place, now in enumerate(widths) if now > fewest[place]]
        if not loose:
            break
        widest = max(loose, key=widths.__getitem__)
        widths[widest] -= 1
        narrow.add(widest)
    limits = tuple(widths[place] if place in narrow else None for place in range(len(widths)))
    return msgspec.structs.replace(grid, limits=limits)


def _least(grid: Grid, place: int, word: int) -> list[int]:
    """The least widths of the lines of a column and of its title."""
    formula = not breaks(grid, place)
    title, *lines = grid.lines(place)
    return [least(title.strip(), formula=True), *(least(line, word, formula=formula) for line in lines)]


def _across(widths: Sequence[int]) -> int:
    return sum(widths) + len(GAP) * (len(widths) - 1)


def breaks(grid: Grid, place: int) -> bool:
    """True if a column is text, or has sentences among numbers."""
    cells = (row[place] for row in grid.rows)
    return not grid.heads[place].numeric or any(
        isinstance(cell, str) and " " in cell and _LETTERS.search(cell) for cell in cells
    )
