"""A message about a mistake, fitted to a terminal: its sentences wrapped, the line that it shows cut around its marks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from archcalc.document.lines import told
from archcalc.document.screen import Screen

# A line of a file, and the marks under it.
_SHOWN = r"( *\d+ \| )(.*)"
_MARKS = r" *\| ( *)(\^+)"


def fitted(text: str, width: int) -> str:
    r"""A message with no line longer than a width.

    >>> print(fitted("a.yaml:1:15: no\n  1 | a: 1234567890 XY 1234567890 1234567890\n    |" + " " * 15 + "^^", 30))
    a.yaml:1:15: no
      1 | …1234567890 XY 12345678…
        |             ^^
    """
    return "\n".join(_lines(text.split("\n"), width))


def _lines(lines: list[str], width: int) -> Iterator[str]:
    follows = iter(pairwise([*lines, ""]))
    for line, below in follows:
        shown, marks = re.fullmatch(_SHOWN, line), re.fullmatch(_MARKS, below)
        if shown and marks:
            yield from _cut(shown, marks, width)
            next(follows)
        else:
            yield told([line], Screen(width))


def _cut(shown: re.Match[str], marks: re.Match[str], width: int) -> Iterator[str]:
    """A line of a file, of which the part around its marks has room, and the marks."""
    (gutter, text), (before, carets) = shown.groups(), marks.groups()
    room = max(3, width - len(gutter))
    start = max(0, min(len(before) - room // 2, len(text) - room))
    part = text[start : start + room]
    if start:
        part = f"…{part[1:]}"
    if start + room < len(text):
        part = f"{part[:-1]}…"
    yield f"{gutter}{part}"
    at = len(before) - start
    yield f"{' ' * (len(gutter) - 2)}| {' ' * at}{carets[: max(1, room - at)]}"
