"""The header of a GGUF file: values by name, and the names, shapes and types of its arrays."""

from __future__ import annotations

import struct
from mmap import mmap
from typing import TypeAlias

import msgspec

from archcalc.errors import Source, SpecError
from archcalc.importers.gguf.types import TYPES, StoredAs

# Sizes by which a file that is damaged or hostile shows itself, many times those of any model.
_MAX_VALUES = 100_000
_MAX_ARRAYS = 200_000
_MAX_ENTRIES = 8_000_000
_MAX_AXES = 8
_MAX_DEPTH = 4
_MAX_TEXT = 1_000
# Lists that are longer, such as vocabularies, are of interest for their length alone.
_MAX_KEPT = 2_048
# The codes of values, as in the format's description: numbers by their letters in `struct`, then texts and lists.
_NUMBERS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}
_TEXT, _LIST = 8, 9
_VERSIONS = (2, 3)


class Entries(msgspec.Struct, frozen=True):
    """A list of so many entries; `kept` has them if they are few numbers."""

    count: int
    kept: tuple[int | float, ...] = ()


Value: TypeAlias = int | float | str | Entries


class Array(msgspec.Struct, frozen=True):
    """An array of the file: its name, its sizes with the one that runs fastest first, and the type of its values."""

    name: str
    sizes: tuple[int, ...]
    stored: StoredAs

    @property
    def count(self) -> int:
        """The number of its values."""
        n = 1
        for size in self.sizes:
            n *= size
        return n

    @property
    def bytes(self) -> int:
        """The bytes that they take in the file."""
        return self.count // self.stored.block * self.stored.bytes


class Header(msgspec.Struct, frozen=True):
    """The values and the arrays of a file."""

    values: dict[str, Value]
    arrays: tuple[Array, ...]


def header_of(source: Source) -> Header:
    """The header of a file; raises SpecError if it is damaged or of another version."""
    data = source.data
    try:
        return _Reading(source.name, data, _order(source.name, data)).header()
    except struct.error:
        raise SpecError(
            f"{source.name}: the file ends within its header", None, "it is damaged, or not whole"
        ) from None


def _order(name: str, data: bytes | mmap) -> str:
    """The order of bytes in numbers, by the version, which is small."""
    for order in "<>":
        (version,) = struct.unpack_from(f"{order}I", data, 4)
        if version in _VERSIONS:
            return order
    (version,) = struct.unpack_from("<I", data, 4)
    raise SpecError(f"{name}: a GGUF file of version {version}", None, "versions 2 and 3 are read")


class _Reading:
    """The reading of a header, number by number."""

    def __init__(self, name: str, data: bytes | mmap, order: str) -> None:
        self._name, self._data, self._order = name, data, order
        self._at = 8
        self._entries = 0

    def header(self) -> Header:
        arrays = self._count("arrays", _MAX_ARRAYS)
        values = dict(self._value() for _ in range(self._count("values", _MAX_VALUES)))
        found = tuple(self._array() for _ in range(arrays))
        for array in found:
            if array.sizes[0] % array.stored.block:
                fact = f"the rows of '{array.name}' have {array.sizes[0]:,} values"
                raise self._damaged(f"{fact}, and {array.stored.name} has blocks of {array.stored.block}")
        return Header(values, found)

    def _number(self, letter: str) -> int | float:
        code = f"{self._order}{letter}"
        value: int | float
        (value,) = struct.unpack_from(code, self._data, self._at)
        self._at += struct.calcsize(code)
        return value

    def _whole(self, letter: str) -> int:
        return int(self._number(letter))

    def _count(self, what: str, most: int) -> int:
        n = self._whole("Q")
        if n > most:
            raise self._damaged(f"{n:,} {what} are announced, and at most {most:,} are read")
        return n

    def _skip_text(self) -> int:
        """The length of a text that is passed over."""
        n = self._whole("Q")
        if n > len(self._data) - self._at:
            raise self._damaged("a text is longer than the file")
        self._at += n
        return n

    def _text(self) -> str:
        start = self._at + 8
        # Of a long one the beginning is enough for whatever it may say.
        return self._data[start : start + min(self._skip_text(), _MAX_TEXT)].decode("utf-8", "replace")

    def _value(self) -> tuple[str, Value]:
        name, code = self._text(), self._whole("I")
        if code in _NUMBERS:
            return name, self._number(_NUMBERS[code])
        if code == _TEXT:
            return name, self._text()
        if code == _LIST:
            return name, self._list(1)
        raise self._damaged(f"'{name[:60]}' is of an unknown sort, {code}")

    def _list(self, depth: int) -> Entries:
        code, n = self._whole("I"), self._whole("Q")
        self._entries += 0 if code in _NUMBERS else n
        if self._entries > _MAX_ENTRIES or depth > _MAX_DEPTH:
            raise self._damaged("lists of too many entries")
        if code in _NUMBERS:
            letter, start = _NUMBERS[code], self._at
            end = start + n * struct.calcsize(f"={letter}")
            if end > len(self._data):
                raise self._damaged("a list is longer than the file")
            kept = tuple(self._number(letter) for _ in range(n)) if n <= _MAX_KEPT else ()
            self._at = end
            return Entries(n, kept)
        if code == _TEXT:
            for _ in range(n):
                self._skip_text()
        elif code == _LIST:
            for _ in range(n):
                self._list(depth + 1)
        else:
            raise self._damaged(f"a list of entries of an unknown sort, {code}")
        return Entries(n)

    def _array(self) -> Array:
        name, axes = self._text(), self._whole("I")
        if not 0 < axes <= _MAX_AXES:
            raise self._damaged(f"'{name[:60]}' has {axes:,} axes")
        sizes = tuple(self._whole("Q") for _ in range(axes))
        code, _offset = self._whole("I"), self._whole("Q")
        if code not in TYPES:
            known = ", ".join(each.name for each in TYPES.values())
            raise SpecError(f"{self._name}: '{name[:60]}' is of an unknown type, {code}", None, f"known are {known}")
        return Array(name, sizes, TYPES[code])

    def _damaged(self, fact: str) -> SpecError:
        return SpecError(f"{self._name}: {fact}", None, "the file is damaged")
