"""The one exception of the package, and the places in sources that it points at."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from functools import lru_cache
from itertools import takewhile
from mmap import mmap
from pathlib import PurePath
from typing import TypeVar

import msgspec

from archcalc.characters import visible

T = TypeVar("T")

# The line breaks of YAML, which differ from those of `str.splitlines`.
_BREAK = re.compile("\r\n|[\n\r\x85\u2028\u2029]")
# A hostile file may hold its whole text on one line; nobody reads past this many characters.
_WIDTH = 100
_MAX_SAID = 400


@lru_cache(maxsize=1)
def _lines(text: str) -> list[str]:
    return _BREAK.split(text)


class Source(msgspec.Struct, frozen=True):
    """The content of a file, with its name; if it is text, an error can show the line concerned."""

    name: str
    content: str | bytes | mmap
    # The network that is meant in a file of several.
    variant: str = ""

    @property
    def text(self) -> str:
        """The content as text; raises SpecError if it is not UTF-8."""
        return self.content if isinstance(self.content, str) else _decoded(self.name, self.content[:])

    @property
    def data(self) -> bytes | mmap:
        """The content as bytes, or as what gives them in slices where the file is too large to be read whole."""
        return self.content.encode() if isinstance(self.content, str) else self.content

    @property
    def lenient(self) -> Source:
        r"""The same as text in which bytes that are not UTF-8, such as a comment in another encoding, are replaced.

        >>> Source("net.cfg", b"# \xb2\xe3\n[net]").lenient.line(2)
        '[net]'
        """
        return Source(self.name, self.data[:].decode("utf-8-sig", "replace"))

    @property
    def stem(self) -> str:
        """The name without its folders and its suffix.

        >>> Source("models/net.bin", b"").stem
        'net'
        """
        return PurePath(self.name).stem

    def line(self, number: int) -> str:
        r"""Line `number` of the text, counted from 1.

        >>> Source("a.yaml", "one\r\ntwo").line(1)
        'one'
        """
        lines = _lines(self.text)
        return lines[number - 1] if number <= len(lines) else ""

    def at(self, offset: int) -> Place:
        r"""The place of one character, counted from 0.

        >>> str(Source("a.yaml", "one\ntwo").at(5))
        'a.yaml:2:2'
        """
        before = _BREAK.split(self.text[:offset])
        return Place(self, len(before), len(before[-1]) + 1, len(before[-1]) + 2)


class Place(msgspec.Struct, frozen=True):
    """A span on one line of a source; line and columns count from 1, `end` is exclusive."""

    source: Source
    line: int
    column: int
    end: int

    def __str__(self) -> str:
        return f"{self.source.name}:{self.line}:{self.column}"


class SpecError(ValueError):
    """A mistake in a spec: the fact, its place, and remedies.

    `others` are the mistakes after it in the text, and `more` is true if reading ended before the text did.
    """

    def __init__(self, fact: str, place: Place | None = None, *notes: str) -> None:
        super().__init__(fact)
        self.fact = fact
        self.place = place
        self.notes = notes
        self.others: tuple[SpecError, ...] = ()
        self.more = False

    def __str__(self) -> str:
        if not self.others:
            return self._told()
        count = f"{1 + len(self.others)} mistakes{'; reading ended there' if self.more else ''}"
        return "\n".join([*(one._told() for one in (self, *self.others)), count])  # noqa: SLF001 - of its own class

    def _told(self) -> str:
        notes = [printable(note) for note in self.notes if note]
        if self.place is None:
            return "\n".join([printable(self.fact), *(f"  = {note}" for note in notes)])
        place = self.place
        gutter = " " * len(str(place.line))
        shown, column, width = _window(place)
        # A place may lie one column after its line, where something is missing.
        before = _columns(shown[:column].ljust(column))
        marked = _columns(shown[column : column + width])
        return "\n".join(
            [
                printable(f"{place}: {self.fact}"),
                f"  {place.line} | {shown}".rstrip(),
                f"  {gutter} | {' ' * before}{'^' * max(1, marked)}",
                *(f"  {gutter} = {note}" for note in notes),
            ],
        )


def together(found: Iterable[SpecError], *, more: bool = False) -> SpecError:
    """Several mistakes as one error: the first in the order of the text, with the others.

    >>> together([SpecError("a"), SpecError("b")]).others
    (SpecError('b'),)
    """
    first, *others = sorted(found, key=lambda one: (one.place.line, one.place.column) if one.place else (0, 0))
    first.others, first.more = tuple(others), more
    return first


@lru_cache(maxsize=1)
def _decoded(name: str, content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise SpecError(
            f"{name}:{line}: byte 0x{content[error.start]:02x} is not UTF-8", None, "save the file as UTF-8"
        ) from None


def printable(text: str) -> str:
    r"""A sentence safe to print on a terminal, shortened, whatever a file put into it.

    >>> printable("no layer named '\x1b[2J'")
    "no layer named '\\x1b[2J'"
    """
    text = text if len(text) <= _MAX_SAID else f"{text[:_MAX_SAID]}…"
    return visible(text)


def _columns(text: str) -> int:
    """The number of terminal columns that a text fills: two for a CJK character, none for an accent."""
    return sum(
        0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in {"W", "F"} else 1 for c in text
    )


def _window(place: Place) -> tuple[str, int, int]:
    """The visible part of the line, with the offset and the width of the marked span."""
    # A tab or a control character would shift the marks.
    line = "".join(c if c.isprintable() else " " for c in place.source.line(place.line))
    column = place.column - 1
    start = max(0, column - _WIDTH // 2) if len(line) > _WIDTH else 0
    shown = line[start : start + _WIDTH]
    if start:
        shown = "…" + shown[1:]
    if start + _WIDTH < len(line):
        shown = shown[:-1] + "…"
    width = max(1, min(place.end - place.column, len(shown) - (column - start)))
    return shown, column - start, width


def nearest(word: str, known: list[str]) -> str:
    """A remedy naming the known word closest to `word`, or an empty text if none is close.

    Of several that are equally close it is the one that begins most alike, or those that do, of which four are named.

    >>> nearest("Cov2D", ["conv2d", "relu"]), nearest("conv1_3", ["conv1_2", "conv5_3"])
    ("did you mean 'conv2d'?", "did you mean 'conv1_2'?")
    >>> nearest("con", ["conv1d", "conv2d", "relu"])
    "did you mean 'conv1d' or 'conv2d'?"
    """
    import difflib  # noqa: PLC0415 - 8 ms that only a mistake has to pay

    folded = {name.lower(): name for name in known}
    wanted = word[:80].lower()
    close = difflib.get_close_matches(wanted, folded, n=8, cutoff=0.65)

    def likeness(name: str) -> tuple[float, int]:
        # With the word as the second sequence, as get_close_matches has it.
        front = takewhile(lambda pair: pair[0] == pair[1], zip(name, wanted, strict=False))
        return difflib.SequenceMatcher(None, name, wanted).ratio(), len(list(front))

    alike = {name: likeness(name) for name in sorted(close)}
    best = max(alike.values(), default=None)
    return meant([folded[name] for name in alike if alike[name] == best][:4])


def meant(names: list[str]) -> str:
    """A remedy naming what may be meant, or an empty text if nothing may."""
    quoted = [f"'{name}'" for name in names]
    listed = [", ".join(quoted[:-1]), *quoted[-1:]] if quoted[1:] else quoted
    return f"did you mean {' or '.join(listed)}?" if names else ""


def among(names: Iterable[str], known: Mapping[str, T], what: str) -> list[T]:
    """The entries of these names; raises SpecError for an unknown one, with the nearest and all known names.

    >>> among(["b"], {"a": 1, "b": 2}, "column")
    [2]
    """
    found = []
    for name in names:
        if name not in known:
            every = f"there are {', '.join(known)}"
            raise SpecError(f"no {what} '{name[:60]}'", None, nearest(name, list(known)), every)
        found.append(known[name])
    return found
