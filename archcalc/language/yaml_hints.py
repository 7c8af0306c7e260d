"""Plain words for the errors of YAML's parser, which speaks of tokens, scalars and flow nodes."""

from __future__ import annotations

import re
from typing import NamedTuple

import yaml

from archcalc.errors import Place, Source, SpecError

MAX_DEPTH = 64
TOO_DEEP = f"more than {MAX_DEPTH} levels of nesting"

# Common omissions in a line, by a pattern whose first group marks the spot.
_SLIPS = (
    (r"\w(:)[{\[]", "a space is missing after ':'", ""),
    (r"^\s*(-)\w", "a space is missing after '-'", ""),
    (r"^\s*(?:- )?\w+ *([{\[])", "a ':' is missing before this", ""),
    (r"^\s*\w+\([^()]*(:)", "a ':' stands in the head of a block", "write defaults as stage(out, depth=2)"),
)


class _Saying(NamedTuple):
    """The message for parser errors that contain `fragment`; `opening` places it where the construct began."""

    fragment: str
    fact: str
    remedy: str = ""
    opening: bool = False


# The fragments are common to PyYAML's two parsers; {at} is the character where reading stopped.
_SAYINGS = (
    # libyaml has a limit of its own, and on one line reads ahead as far before it reports.
    _Saying("maximum nesting depth", TOO_DEEP),
    _Saying("mapping values are not allowed", "a ':' stands in the middle of a value", "put such a text in quotes"),
    _Saying("could not find expected ':'", "a ':' is missing after this", opening=True),
    _Saying(
        "sequence entries are not allowed", "a list cannot start in the middle of a line", "give '- ' its own line"
    ),
    _Saying("unexpected end of stream", "this quote is never closed", opening=True),
    _Saying("unknown escape", "no such escape in double quotes", r"write \\ for a backslash, or use single quotes"),
    _Saying("cannot start any token", "a value cannot start with '{at}'", "put it in quotes"),
    _Saying("node content", "a value is missing before '{at}'"),
    _Saying("scanning an alias", "a value cannot start with '*'", "put it in quotes", opening=True),
    _Saying("scanning an anchor", "a value cannot start with '&'", "put it in quotes", opening=True),
    _Saying("scanning a directive", "a line cannot start with '%'", "put it in quotes"),
    _Saying("<document start>", "the spec has ended before this", "give it one mapping, without braces around it"),
)


def misread(source: Source, error: yaml.MarkedYAMLError) -> SpecError:
    """The parser's error as a SpecError, with a remedy for the commonest mistakes."""
    stop = error.problem_mark or error.context_mark
    if stop is None:  # the parser marks every error that it has words for
        return SpecError(f"{source.name}: {error.problem or 'not YAML'}")
    said = f"{error.context or ''} {error.problem or ''}".strip()
    reading = _Reading(source, said, error.context_mark or stop, stop)
    return _tab(reading) or _slip(reading) or _unclosed(reading) or _saying(reading) or _misaligned(reading)


class _Reading(NamedTuple):
    """A failed reading: the parser's words, the start of the construct, and the position where reading stopped."""

    source: Source
    said: str
    start: yaml.Mark
    stop: yaml.Mark

    @property
    def before(self) -> str:
        """The line up to where reading stopped."""
        return self.source.line(self.stop.line + 1)[: self.stop.column]

    @property
    def at(self) -> str:
        """The character where reading stopped."""
        return self.source.line(self.stop.line + 1)[self.stop.column : self.stop.column + 1]

    def place(self, line: int, column: int) -> Place:
        """The place of one character, from a mark's numbers, which count from 0."""
        return Place(self.source, line + 1, column + 1, column + 2)


def _tab(reading: _Reading) -> SpecError | None:
    if reading.before.strip() or "\t" not in reading.before + reading.at:
        return None
    return SpecError("a tab cannot indent YAML", reading.place(reading.stop.line, reading.stop.column), "use spaces")


def _slip(reading: _Reading) -> SpecError | None:
    """The error for an omission that the lines themselves show."""
    for number in dict.fromkeys((reading.stop.line, reading.start.line)):
        for pattern, fact, remedy in _SLIPS:
            if slip := re.search(pattern, reading.source.line(number + 1)):
                return SpecError(fact, reading.place(number, slip.start(1)), remedy)
    return None


def _unclosed(reading: _Reading) -> SpecError | None:
    """The error for an unclosed bracket, or for a missing comma between two entries."""
    start, stop = reading.start, reading.stop
    opened = reading.source.line(start.line + 1)[start.column : start.column + 1]
    if opened not in {"{", "["} or "expected ','" not in reading.said:
        return None
    if start.line == stop.line:
        fact = f"a ',' or '{'}' if opened == '{' else ']'}' is missing before this"
        return SpecError(fact, reading.place(stop.line, stop.column))
    note = f"reading stopped on line {stop.line + 1}"
    return SpecError(f"'{opened}' is never closed", reading.place(start.line, start.column), note)


def _saying(reading: _Reading) -> SpecError | None:
    """The parser's error in plain words."""
    for saying in _SAYINGS:
        if saying.fragment in reading.said:
            mark = reading.start if saying.opening else reading.stop
            return SpecError(saying.fact.format(at=reading.at), reading.place(mark.line, mark.column), saying.remedy)
    return None


def _misaligned(reading: _Reading) -> SpecError:
    """The error for a line that belongs to nothing open above it."""
    place = reading.place(reading.stop.line, reading.stop.column)
    if "while parsing a block" not in reading.said:
        return SpecError(reading.said.replace("did not find expected", "expected"), place)
    if reading.before.strip():
        remedy = "write a quote inside a quoted text twice" if re.search("['\"]", reading.before) else ""
        return SpecError("this comes after the end of the value", place, remedy)
    if reading.at == "-":
        return SpecError("this '-' belongs to no list above it", place, "start the items of a list in one column")
    return SpecError("this key belongs to no mapping above it", place, "start the keys of a mapping in one column")
