"""Messages in the wire format of protocol buffers, of which only what is asked for is read."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from mmap import mmap
from typing import NamedTuple, TypeAlias

import msgspec

Data: TypeAlias = bytes | mmap

# The types in which a field is written, and the sizes of those that are fixed.
NUMBER, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5
_FIXED = {FIXED64: 8, FIXED32: 4}
# Ten groups of seven bits hold 64.
_LONGEST = 10
# Some hundred times those of any network, and a few seconds of reading.
_MOST_FIELDS = 4_000_000
# No name, word or small array is longer.
_MOST_BYTES = 1_000_000


class Malformed(ValueError):  # noqa: N818 - no error until it is known what stands there
    """Bytes that are no message."""


class Field(NamedTuple):
    """The value of a field: a number, or the span of its bytes."""

    wire: int
    number: int
    start: int
    stop: int


def varint(data: Data, at: int, stop: int) -> tuple[int, int]:
    """A number in groups of seven bits, and the place after it.

    >>> varint(bytes([0xac, 0x02]), 0, 2)
    (300, 2)
    """
    number = shift = 0
    for place in range(at, min(stop, at + _LONGEST)):
        byte = data[place]
        number |= (byte & 127) << shift
        if byte < 128:
            return number & (2**64 - 1), place + 1
        shift += 7
    raise Malformed("a number without an end")


def key(data: Data, at: int, stop: int) -> tuple[int, Field, int]:
    """The number of the field at a place, its value, and the place after what says how long it is."""
    tag, at = varint(data, at, stop)
    field, wire = tag >> 3, tag & 7
    if field == 0:
        raise Malformed("a field without a number")
    if wire == NUMBER:
        number, at = varint(data, at, stop)
        return field, Field(wire, number, at, at), at
    if wire == BYTES:
        size, at = varint(data, at, stop)
        return field, Field(wire, 0, at, at + size), at
    if wire in _FIXED:
        return field, Field(wire, 0, at, at + _FIXED[wire]), at
    raise Malformed(f"a field of type {wire}")


class Budget(msgspec.Struct):
    """The number of fields that may still be read."""

    left: int = _MOST_FIELDS


class Message(msgspec.Struct, frozen=True):
    """A part of a file: its fields, or its bytes, read when they are asked for."""

    data: Data
    start: int
    stop: int
    budget: Budget

    @property
    def size(self) -> int:
        """The number of its bytes."""
        return self.stop - self.start

    def fields(self) -> Iterator[tuple[int, int | Message]]:
        """The fields in order: a number as it is, all else as a part; raises Malformed where there are none."""
        at = self.start
        while at < self.stop:
            self.budget.left -= 1
            if self.budget.left < 0:
                raise Malformed(f"more than {_MOST_FIELDS:,} fields")
            field, value, _ = key(self.data, at, self.stop)
            at = value.stop
            if at > self.stop:
                raise Malformed("a field that goes on after its end")
            yield field, value.number if value.wire == NUMBER else Message(self.data, value.start, at, self.budget)

    def parts(self, field: int) -> Iterator[Message]:
        """The parts under one field."""
        for number, value in self.fields():
            if number == field and isinstance(value, Message):
                yield value

    @property
    def content(self) -> bytes:
        """Its bytes."""
        if self.size > _MOST_BYTES:
            raise Malformed(f"{self.size:,} bytes where a word or a small array belongs")
        return self.data[self.start : self.stop]

    @property
    def text(self) -> str:
        """Its bytes as text."""
        return self.content.decode("utf-8", "replace")

    @property
    def numbers(self) -> list[int]:
        """Whole numbers, one after the other."""
        content, at, found = self.content, 0, []
        while at < len(content):
            number, at = varint(content, at, len(content))
            found.append(signed(number))
        return found

    def unpacked(self, code: str) -> tuple[int | float, ...]:
        """Numbers of one type, one after the other, as `struct` calls it."""
        content, size = self.content, struct.calcsize(code)
        return struct.unpack(f"<{len(content) // size}{code}", content[: len(content) // size * size])


def signed(number: int) -> int:
    """A number of 64 bits, the largest of which stand for those below zero.

    >>> signed(2**64 - 1), signed(5)
    (-1, 5)
    """
    return number - 2**64 if number >= 2**63 else number


def float_of(value: int | Message) -> float:
    """A number of 32 bits with a point; 0 where other bytes stand."""
    found = value.unpacked("f") if isinstance(value, Message) else ()
    return float(found[0]) if found else 0.0
