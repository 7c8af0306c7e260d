"""The content of a page, independent of its format: sections of paragraphs, tables, facts, notes and pictures.

Texts are plain and are escaped when written; numbers, shapes and formulas are values, which each format spells in its
own way; text that is already in the format is marked as `Markup`.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import msgspec

# The widest table of an upright page, and the widest column counted for it, in characters.
_UPRIGHT, _MAX_LENGTH = 100, 32


class Formula(msgspec.Struct, frozen=True):
    """A line of working, such as ⌊(H − kernel) / stride⌋ + 1 = 55: equal numbers, formulas, trees or texts."""

    sides: tuple[Any, ...]


class Prose(str):
    """A text of archcalc's own, in which backquotes mark code."""

    __slots__ = ()


class Blank(msgspec.Struct, frozen=True):
    """A cell to be filled in, with a label."""

    label: str


class Link(msgspec.Struct, frozen=True):
    """A text that links to another page."""

    said: str
    target: str


class Head(msgspec.Struct, frozen=True):
    """The head of a column: its title, true if the cells are numbers, and the key by which a working refers to it.

    `alone` is its title in a spreadsheet. On a terminal that is too narrow, columns with `spare` above 0 are dropped,
    the largest first.
    """

    title: Any
    numeric: bool = False
    key: str = ""
    alone: str = ""
    spare: int = 0


class WorkingStep(msgspec.Struct, frozen=True):
    """A line of the working of a row, with the keys of the columns that it explains."""

    label: str
    said: tuple[Any, ...]
    keys: tuple[str, ...] = ()


class Block(msgspec.Struct, frozen=True):
    """Rows from `start` up to `stop` under a name of their own, with their sums; an inner block is one deeper."""

    name: str
    depth: int
    start: int
    stop: int
    cells: tuple[Any, ...] = ()
    bars: tuple[float, ...] = ()


class Table(msgspec.Struct, frozen=True):
    """Rows under a head, with the totals as `last`.

    Each row may have an anchor for links to it, a target that it links to, and the steps of its working.
    """

    head: tuple[Head, ...]
    rows: tuple[tuple[Any, ...], ...]
    last: tuple[Any, ...] = ()
    caption: Any = ""
    anchors: tuple[str, ...] = ()
    links: tuple[str, ...] = ()
    steps: tuple[tuple[WorkingStep, ...], ...] = ()
    # True if the working is open from the start.
    open: bool = False
    # The blocks of the rows, an outer one before its inner ones, and the length of the bar behind each number, up to 1.
    blocks: tuple[Block, ...] = ()
    bars: tuple[tuple[float, ...], ...] = ()

    @property
    def letters(self) -> int:
        """The approximate width in characters, with long texts wrapped."""
        columns = zip(*([head.title for head in self.head], *self.rows), strict=True)
        return sum(2 + min(_MAX_LENGTH, max(len(str(cell)) for cell in column)) for column in columns)

    def opening(self, row: int) -> tuple[Block, ...]:
        """The blocks that begin with a row."""
        return tuple(block for block in self.blocks if block.start == row)

    def around(self, row: int) -> tuple[Block, ...]:
        """The blocks around a row, the outermost first."""
        return tuple(block for block in self.blocks if block.start <= row < block.stop)

    @property
    def blank(self) -> bool:
        """True if it has cells to be filled in."""
        return any(isinstance(cell, Blank) for row in (*self.rows, self.last) for cell in row)


class Fact(msgspec.Struct, frozen=True):
    """A label with its value or text, and a remark on that."""

    label: Any
    said: Any
    remark: Any = ""


class Facts(msgspec.Struct, frozen=True):
    """A list of facts, in large type if they are the headline of a page."""

    entries: tuple[Fact, ...]
    large: bool = False


class Notes(msgspec.Struct, frozen=True):
    """A list of sentences."""

    items: tuple[Any, ...]


class Text(msgspec.Struct, frozen=True):
    """A paragraph."""

    said: Any


class Code(msgspec.Struct, frozen=True):
    """Preformatted lines, in a monospaced font."""

    said: str


class Picture(msgspec.Struct, frozen=True):
    """A picture in the format of the document, with its alternative text."""

    shows: str
    picture: Any


Part: TypeAlias = Table | Facts | Notes | Text | Code | Picture


class Section(msgspec.Struct, frozen=True):
    """Parts under a title; a section of a deeper level belongs to the one before."""

    title: Any
    parts: tuple[Part, ...]
    level: int = 2


class Page(msgspec.Struct, frozen=True):
    """A page: its title, the paragraphs under that, and its sections."""

    title: Any
    about: tuple[Any, ...] = ()
    sections: tuple[Section, ...] = ()
    # The columns that its sections run in on paper.
    columns: int = 1

    @property
    def tables(self) -> tuple[Table, ...]:
        """Its tables with rows, in order."""
        return tuple(
            part for section in self.sections for part in section.parts if isinstance(part, Table) and part.rows
        )

    @property
    def wide(self) -> bool:
        """True if it has a table that is too wide for an upright page."""
        return any(table.letters > _UPRIGHT for table in self.tables)
