"""Lines of plain text: unchanged for paper, wrapped for a screen."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable

from archcalc.document.screen import PAPER, Screen
from archcalc.document.tones import SIGNS

# The width of a text behind a label on paper.
_WIDTH = 120
# The label at the beginning of a line, with the spaces after it.
_LABEL = r"\s*\S(?:.{0,30}?\S)?\s{2,}(?=\S)|\s*"


def told(lines: Iterable[str], screen: Screen = PAPER) -> str:
    """Lines wrapped to the screen, with continuations indented to the label if a line has one."""
    if screen.width is None:
        return "\n".join(lines)
    width = screen.width
    return "\n".join(line if len(SIGNS.sub("", line)) <= width else _continued(line, width) for line in lines)


def _continued(line: str, width: int) -> str:
    label = re.match(_LABEL, line)
    indent = len(label[0]) if label else 0
    return _filled("", line, width, " " * min(indent or 2, width // 2))


def labelled(entries: Iterable[tuple[str, str]], screen: Screen = PAPER) -> str:
    """Texts after labels that are padded to one width."""
    entries = list(entries)
    width = max((len(label) for label, _ in entries), default=0)
    return "\n".join(indented(f"{label:{width}}  ", text, screen) for label, text in entries)


def indented(label: str, text: str, screen: Screen = PAPER) -> str:
    """A text after a label, wrapped below itself; a formula breaks between two of its terms."""
    width = max(_WIDTH, len(label) + 40) if screen.width is None else screen.width
    return _filled(label, text, width, " " * min(len(label), width // 2))


def _filled(label: str, text: str, width: int, indent: str) -> str:
    """A text wrapped to a width; a formula breaks inside brackets only if it is otherwise too long for a line."""
    for whole in (_joined(text), text):
        filled = textwrap.fill(
            whole,
            width,
            initial_indent=label,
            subsequent_indent=indent,
            break_long_words=False,
            break_on_hyphens=False,
        ).replace("\u00a0", " ")
        if all(len(line) <= width for line in filled.split("\n")):
            break
    return filled


def _joined(text: str) -> str:
    """The text with no-break spaces between a sign and its term, and inside brackets of any kind."""
    parts = re.split(r"([(⌊⌈]|[)⌋⌉])", text.replace(" + ", " +\u00a0").replace(" − ", " −\u00a0"))
    depth = 0
    for i, part in enumerate(parts):
        depth += (part in "(⌊⌈") - (part in ")⌋⌉") if part else 0
        if depth:
            parts[i] = part.replace(" ", "\u00a0")
    return "".join(parts)
