"""The entries of a JSON object, each with its place in the text."""

from __future__ import annotations

import re
from json import JSONDecodeError, JSONDecoder
from typing import Any

import msgspec

from archcalc.errors import Place, Source, SpecError

_SPACE = re.compile(r"[ \t\r\n]*")
_DECODER = JSONDecoder()


class Entry(msgspec.Struct, frozen=True):
    """A value of an object, with the span of the text in which it is written."""

    value: Any
    source: Source
    start: int
    end: int

    @property
    def place(self) -> Place:
        """The place of the value, marked on its first line."""
        place = self.source.at(self.start)
        first, *_ = self.source.text[self.start : self.end].split("\n", 1)
        return msgspec.structs.replace(place, end=place.column + max(1, len(first)))


def entries(source: Source, start: int = 0) -> dict[str, Entry]:
    """The entries of the object at an offset, of one that is given twice the last; raises SpecError if it is no JSON."""
    text = source.text
    try:
        return dict(_entries(source, text, _past(text, start)))
    except JSONDecodeError as error:
        at = min(error.pos, len(text))
        said = error.msg[0].lower() + error.msg[1:].removesuffix(" at")
        raise SpecError(f"the file is no JSON: {said}", source.at(at)) from None
    except RecursionError:
        raise SpecError("lists and objects lie inside each other too deep", source.at(start)) from None
    except ValueError:
        # Python reads no number of more than some thousand digits.
        raise SpecError("a number of the file has too many digits", source.at(start)) from None


def _past(text: str, at: int) -> int:
    """The offset behind the space at an offset."""
    found = _SPACE.match(text, at)
    return found.end() if found else at


def _entries(source: Source, text: str, start: int) -> list[tuple[str, Entry]]:
    _expect(text, start, "{")
    found: list[tuple[str, Entry]] = []
    at = _past(text, start + 1)
    while text[at : at + 1] != "}":
        if found:
            _expect(text, at, ",")
            at = _past(text, at + 1)
        _expect(text, at, '"')
        key, end = _DECODER.raw_decode(text, at)
        at = _past(text, end)
        _expect(text, at, ":")
        offset = _past(text, at + 1)
        value, end = _DECODER.raw_decode(text, offset)
        found.append((key, Entry(value, source, offset, end)))
        at = _past(text, end)
    return found


def _expect(text: str, at: int, sign: str) -> None:
    if text[at : at + 1] != sign:
        raise JSONDecodeError(f"expecting '{sign}'", text, at)
