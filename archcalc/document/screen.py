"""Tables fitted to a terminal: spare columns are dropped, numbers shortened, names made a tree, texts wrapped."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from archcalc.document.content import Head, Table
from archcalc.document.grid import GAP, aligned
from archcalc.document.style import PLAIN
from archcalc.document.tones import BOLD, DIM, Toned
from archcalc.symbols.units import abbreviated

# A column of text is no narrower than its longest piece, except that words longer than this may break.
_WORD = 14
# Where a text may break: after a space or one of these, but not inside a number such as 1,234.
_BREAK = re.compile(r"(?<=\s)(?=\S)|(?<=[/;·])(?=\S)|(?<=,)(?=[^\s\d])")
_NUMBER = re.compile(r"[≤≥+−-]?[\d.,×…%()⌊⌋]+[KMGT]?")
_LETTERS = re.compile(r"[^\W\d]{2}")
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
        return sum(self.widths) + len(GAP) * (len(self.heads) - 1)

    def lines(self, place: int) -> list[str]:
        """The lines of one column, including its title with the room around it."""
        cells = [row[place] for row in (*self.rows, self.last) if row]
        return [
            f"{self.heads[place].title}{' ' * self.room}",
            *"\n".join(self.text(c, place) for c in cells).split("\n"),
        ]

    def text(self, value: Any, place: int) -> str:
        """The text of a cell: shortened or wrapped, if the table is."""
        if self.short and isinstance(value, int):
            return abbreviated(value)
        limit, text = self.limits[place], PLAIN.cell(value)
        return text if limit is None else "\n".join(wrapped(text, limit))

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
        titles, right = [str(head.title) for head in self.heads], [head.numeric for head in self.heads]
        shades = [*map(self.tone, self.rows), *([BOLD] if self.last else [])] if tones else []
        return aligned(titles, body, right, last, room=self.room, tones=shades) + (
            f"\n{_SHORTENED}" if self.short else ""
        )


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
    """A table as text no wider than a screen, as far as its numbers allow; empty if it has no rows."""
    if not table.rows:
        return ""
    grid = Grid.of(table)
    if screen.width is None:
        return grid.printed(tones=screen.tones)
    for grid in narrower(grid, exact=screen.exact):  # noqa: B020 - the last is the narrowest
        if grid.width <= screen.width:
            break
    return _wrapped(grid, screen.width).printed(tones=screen.tones)


def narrower(grid: Grid, *, exact: bool) -> Iterator[Grid]:
    """Ever narrower grids: no room around titles, without spare columns, with short numbers, with names as a tree."""
    yield grid
    grid = msgspec.structs.replace(grid, room=0)
    yield grid
    for spare in sorted({head.spare for head in grid.heads if head.spare}, reverse=True):
        grid = without(grid, [place for place, head in enumerate(grid.heads) if head.spare == spare])
        yield grid
    if not exact and any(isinstance(value, int) and value >= 1000 for row in grid.rows for value in row):
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


def _wrapped(grid: Grid, width: int) -> Grid:
    """The grid with its columns of text narrowed to fit a width, the widest first."""
    text = [place for place in range(len(grid.heads)) if breaks(grid, place)]
    least = {place: max(map(_least, grid.lines(place))) for place in text}
    widths = grid.widths
    while sum(widths) + len(GAP) * (len(widths) - 1) > width:
        widest = max(
            (place for place in text if widths[place] > least[place]), key=lambda place: widths[place], default=None
        )
        if widest is None:
            break
        widths[widest] -= 1
    limits = tuple(widths[place] if place in text else None for place in range(len(widths)))
    return msgspec.structs.replace(grid, limits=limits)


def breaks(grid: Grid, place: int) -> bool:
    """True if a column is text, or has sentences among numbers."""
    cells = (row[place] for row in grid.rows)
    return not grid.heads[place].numeric or any(
        isinstance(cell, str) and " " in cell and _LETTERS.search(cell) for cell in cells
    )


def _least(line: str) -> int:
    """The least width of a line: its longest piece, where a word counts for _WORD at most."""
    indent = len(line) - len(line.lstrip())
    return indent + max(len(piece) if _NUMBER.fullmatch(piece) else min(len(piece), _WORD) for piece in pieces(line))


def pieces(text: str) -> list[str]:
    """The pieces of a text between which it may break."""
    return [piece.strip() for piece in _BREAK.split(text)]


def wrapped(text: str, width: int) -> list[str]:
    """A text wrapped to a width, broken after spaces, slashes and commas, and elsewhere only inside long words.

    >>> wrapped("out=64 kernel=3 padding=1", 16), wrapped("1,234,567", 5), wrapped("layer4/0/downsample", 9)
    (['out=64 kernel=3', 'padding=1'], ['1,234,567'], ['layer4/0/', 'downsampl', 'e'])
    """
    lines = []
    for line in text.split("\n"):
        indent = " " * (len(line) - len(line.lstrip()))
        found = [""]
        for piece in _BREAK.split(line):
            if len(found[-1]) + len(piece.rstrip()) > width and found[-1].strip():
                found.append(indent)
            found[-1] += piece
            while len(found[-1].rstrip()) > width and not _NUMBER.fullmatch(piece.strip()):
                found[-1:] = [found[-1][:width], indent + found[-1][width:]]
        lines += [part.rstrip() for part in found]
    return lines
