"""What a page says, whatever format it is written in: sections of paragraphs, tables, facts, notes and figures.

A text in it is plain and is escaped where it is written; numbers, shapes and formulas are values, which each format spells
in its own way; and what is already in the format is marked as `Markup`.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import msgspec

# In letters.
_UPRIGHT, _MAX_LENGTH = 100, 32


class Formula(msgspec.Struct, frozen=True):
    """A line of working, such as ⌊(H − kernel) / stride⌋ + 1 = 55: numbers, formulas, their trees or texts, all of them equal."""

    sides: tuple[Any, ...]


class Prose(str):
    """A text of archcalc's own, in which what stands between `marks` is code."""

    __slots__ = ()


class Blank(msgspec.Struct, frozen=True):
    """A cell to be filled in, and what belongs there."""

    label: str


class Link(msgspec.Struct, frozen=True):
    """A text that leads to another page."""

    said: str
    target: str


class Head(msgspec.Struct, frozen=True):
    """The head of a column: its title, whether it holds numbers, and the key by which a line of working belongs to it.

    `alone` is what it is called in a spreadsheet. Where a terminal is too narrow a column that says what others say goes, the
    one that is most to `spare` first.
    """

    title: Any
    numeric: bool = False
    key: str = ""
    alone: str = ""
    spare: int = 0


class WorkingStep(msgspec.Struct, frozen=True):
    """A line of working behind a row, and the columns whose cells it explains."""

    label: str
    said: tuple[Any, ...]
    keys: tuple[str, ...] = ()


class Table(msgspec.Struct, frozen=True):
    """Rows under a head, and the totals as `last`.

    For each row there may be an anchor by which it is linked to, where it links, and its working.
    """

    head: tuple[Head, ...]
    rows: tuple[tuple[Any, ...], ...]
    last: tuple[Any, ...] = ()
    caption: Any = ""
    anchors: tuple[str, ...] = ()
    links: tuple[str, ...] = ()
    steps: tuple[tuple[WorkingStep, ...], ...] = ()
    # Whether the working stands open from the start.
    open: bool = False

    @property
    def letters(self) -> int:
        """About how many letters its lines have, cells of long text being broken."""
        columns = zip(*([head.title for head in self.head], *self.rows), strict=True)
        return sum(2 + min(_MAX_LENGTH, max(len(str(cell)) for cell in column)) for column in columns)

    @property
    def blank(self) -> bool:
        """Whether it has cells to be filled in."""
        return any(isinstance(cell, Blank) for row in (*self.rows, self.last) for cell in row)


class Fact(msgspec.Struct, frozen=True):
    """A label, what is said of it, and what is to be remarked on that."""

    label: Any
    said: Any
    remark: Any = ""


class Facts(msgspec.Struct, frozen=True):
    """Facts, one by one."""

    entries: tuple[Fact, ...]


class Notes(msgspec.Struct, frozen=True):
    """Sentences, one by one."""

    items: tuple[Any, ...]


class Text(msgspec.Struct, frozen=True):
    """A paragraph."""

    said: Any


class Code(msgspec.Struct, frozen=True):
    """Lines that stand as they are, in letters of one width."""

    said: str


class Picture(msgspec.Struct, frozen=True):
    """A picture, as the format of the document has it, and what it shows in words."""

    shows: str
    picture: Any


Part: TypeAlias = Table | Facts | Notes | Text | Code | Picture


class Section(msgspec.Struct, frozen=True):
    """Parts under a title; a deeper level stands under the one before."""

    title: Any
    parts: tuple[Part, ...]
    level: int = 2


class Page(msgspec.Struct, frozen=True):
    """A page: its title, what it is about, and its sections."""

    title: Any
    about: tuple[Any, ...] = ()
    sections: tuple[Section, ...] = ()

    @property
    def wide(self) -> bool:
        """Whether it has a table of longer lines than a page takes upright."""
        tables = [part for section in self.sections for part in section.parts if isinstance(part, Table)]
        return any(table.letters > _UPRIGHT for table in tables)
