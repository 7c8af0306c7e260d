"""The sections of a cfg file and their options, read as darknet's programs read them."""

from __future__ import annotations

import re
from collections.abc import Sequence

import msgspec

from archcalc.errors import Place, Source, SpecError, nearest

_BREAK = re.compile("\r\n|[\n\r\x85\u2028\u2029]")
_HEADER = re.compile(r"\[([^\]]*)\]")
# The programs read the number that a value begins with, whatever follows it.
_WHOLE = re.compile(r"[+-]?\d+")
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,3})?")
# Theirs have 32 bits.
_LARGEST = 2**31 - 1


class Option(msgspec.Struct, frozen=True):
    """The value of an option, without spaces, and its place."""

    text: str
    place: Place


class Section(msgspec.Struct, frozen=True):
    """A section: its kind, its number among the layers, and its options."""

    kind: str
    index: int
    place: Place
    options: dict[str, Option]

    def error(self, fact: str, key: str = "", *notes: str) -> SpecError:
        """The error of a fact about the section, or about one of its options."""
        option = self.options.get(key)
        return SpecError(f"[{self.kind[:60]}]: {fact}", option.place if option else self.place, *notes)

    def whole(self, key: str, default: int, least: int = -_LARGEST) -> int:
        """The whole number that an option begins with."""
        option = self.options.get(key)
        return default if option is None else self._whole(key, option.text, least)

    def number(self, key: str, default: float) -> float:
        """The number that an option begins with."""
        option = self.options.get(key)
        if option is None:
            return default
        found = _NUMBER.match(option.text[:60])
        if found is None:
            raise self.error(f"{key} must be a number, not '{option.text[:60]}'", key)
        return float(found[0])

    def flag(self, key: str) -> bool:
        """True if an option is a number other than 0."""
        return self.number(key, 0) != 0

    def word(self, key: str, default: str, known: Sequence[str]) -> str:
        """The word of an option, one of those known."""
        option = self.options.get(key)
        if option is None:
            return default
        text = re.split("[#;]", option.text, maxsplit=1)[0]
        if text not in known:
            remedy = nearest(text, [*known]) or f"known are {', '.join(known)}"
            raise self.error(f"no {key} '{text[:60]}'", key, remedy)
        return text

    def earlier(self, key: str) -> list[int]:
        """The numbers of the layers that an option names, those below 0 counted back from the section."""
        option = self.options.get(key)
        if option is None:
            raise self.error(f"it has no {key}", "", f"write {key}=-1 for the layer before it")
        return [self._earlier(key, text) for text in re.split("[#;]", option.text, maxsplit=1)[0].split(",")]

    def _earlier(self, key: str, text: str) -> int:
        number = self._whole(key, text, -_LARGEST)
        found = self.index + number if number < 0 else number
        if not 0 <= found < self.index:
            before = f"layers 0 to {self.index - 1} stand" if self.index else "none stands"
            raise self.error(f"{key} names layer {number}; before this one, {before}", key)
        return found

    def _whole(self, key: str, text: str, least: int) -> int:
        found = _WHOLE.match(text[:60])
        if found is None:
            raise self.error(f"{key} must be a whole number, not '{text[:60]}'", key)
        number = int(found[0])
        if not least <= number <= _LARGEST:
            allowed = f"of at least {least} " if least > -_LARGEST else ""
            raise self.error(f"{key} must be a whole number {allowed}with at most 31 bits, not {found[0]}", key)
        return number


def sections(source: Source) -> list[Section]:
    """The sections of a file: that of the network, numbered -1, and its layers."""
    found: list[Section] = []
    for number, line in enumerate(_BREAK.split(source.text), start=1):
        # The programs drop all spaces, even inside of words.
        text = "".join(line.split())
        begin = len(line) - len(line.lstrip())
        place = Place(source, number, begin + 1, max(begin + 2, len(line.rstrip()) + 1))
        if text.startswith("["):
            header = _HEADER.match(text)
            if header is None:
                raise SpecError("a section without its closing bracket", place, "write ] after its name")
            found.append(Section(header[1], len(found) - 1, place, {}))
        elif text and text[0] not in "#;":
            key, sign, value = text.partition("=")
            if not found:
                raise SpecError("an option before the first section", place, "a file begins with [net]")
            if sign:
                at = msgspec.structs.replace(place, column=min(line.index("=") + 2, place.end - 1))
                # Of several the programs find the first.
                found[-1].options.setdefault(key, Option(value, at))
    return found
