"""Tables in the layout of flatbuffers, of which only what is asked for is read.

A table begins with the distance back to a list of places, which says for each field how far behind the table's own place
its value is; a field that is not there has its default. Vectors, words and tables are at a distance from where they are named.
"""

from __future__ import annotations

import struct
from mmap import mmap
from typing import NamedTuple, TypeAlias

import msgspec

Data: TypeAlias = bytes | mmap

# Some ten times the tables and numbers of any network, and a few seconds of reading.
_MOST_PARTS = 3_000_000
# Names of several operators in one may be long; the first is what is kept.
_LONGEST_WORD = 4_096


class Malformed(ValueError):  # noqa: N818 - no error until it is known what stands there
    """Bytes that are no table."""


class Budget(msgspec.Struct):
    """The number of parts that may still be read."""

    left: int = _MOST_PARTS

    def take(self, count: int) -> None:
        """Raise Malformed if there are more parts than any file has."""
        self.left -= count
        if self.left < 0:
            raise Malformed(f"more than {_MOST_PARTS:,} tables and numbers")


class Span(NamedTuple):
    """Bytes of a file: where they begin, and how many they are."""

    start: int
    length: int


def unpacked(data: Data, code: str, at: int, count: int = 1) -> tuple[int | float, ...]:
    """Numbers of a type, as `struct` calls it, from a place on; raises Malformed outside the file."""
    form = f"<{count}{code}"
    if at < 0 or at + struct.calcsize(form) > len(data):
        raise Malformed("it goes on after its end")
    found: tuple[int | float, ...] = struct.unpack_from(form, data, at)
    return found


def whole(data: Data, code: str, at: int) -> int:
    """A whole number at a place."""
    return int(unpacked(data, code, at)[0])


class Table(msgspec.Struct, frozen=True):
    """A table of a file: its fields by their numbers."""

    data: Data
    at: int
    budget: Budget

    def _place(self, field: int) -> int | None:
        """The place of a field's value; None if the table does not have it."""
        places = self.at - whole(self.data, "i", self.at)
        if 4 + 2 * field >= whole(self.data, "H", places):
            return None
        behind = whole(self.data, "H", places + 4 + 2 * field)
        return self.at + behind if behind else None

    def _aim(self, field: int) -> int | None:
        """The place that a field points to."""
        place = self._place(field)
        return None if place is None else place + whole(self.data, "I", place)

    def number(self, field: int, code: str = "i", default: float = 0) -> int | float:
        """The number in a field, or its default."""
        place = self._place(field)
        return default if place is None else unpacked(self.data, code, place)[0]

    def whole(self, field: int, code: str = "i", default: int = 0) -> int:
        """The whole number in a field, or its default."""
        return int(self.number(field, code, default))

    def has(self, field: int) -> bool:
        """True if the table has a field."""
        return self._place(field) is not None

    def table(self, field: int) -> Table | None:
        """The table in a field."""
        aim = self._aim(field)
        self.budget.take(1)
        return None if aim is None else Table(self.data, aim, self.budget)

    def tables(self, field: int) -> list[Table]:
        """The tables of a vector."""
        aim = self._aim(field)
        if aim is None:
            return []
        count = whole(self.data, "I", aim)
        self.budget.take(count)
        behind = unpacked(self.data, "I", aim + 4, count)
        return [Table(self.data, aim + 4 * at + int(n), self.budget) for at, n in enumerate(behind, start=1)]

    def wholes(self, field: int, most: int = _MOST_PARTS) -> tuple[int, ...] | None:
        """The whole numbers of a vector, at most so many; None if it is not there."""
        aim = self._aim(field)
        if aim is None:
            return None
        count = whole(self.data, "I", aim)
        if count > most:
            raise Malformed(f"{count:,} numbers where at most {most:,} belong")
        self.budget.take(count)
        return tuple(map(int, unpacked(self.data, "i", aim + 4, count)))

    def word(self, field: int) -> str:
        """A word, or its beginning; "" if it is not there."""
        span = self.span(field)
        if span is None:
            return ""
        return bytes(self.data[span.start : span.start + min(span.length, _LONGEST_WORD)]).decode("utf-8", "replace")

    def span(self, field: int) -> Span | None:
        """The bytes of a vector, which are not read; None if it is not there."""
        aim = self._aim(field)
        if aim is None:
            return None
        self.budget.take(1)
        span = Span(aim + 4, whole(self.data, "I", aim))
        if span.start + span.length > len(self.data):
            raise Malformed("it goes on after its end")
        return span


def root(data: Data) -> Table:
    """The table that a file begins with."""
    return Table(data, whole(data, "I", 0), Budget())
