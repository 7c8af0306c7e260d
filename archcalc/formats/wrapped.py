"""Lines of plain text, wrapped to a width under a label."""

from __future__ import annotations

import re
import textwrap

# The width of a line of prose, past which a formula in it is broken.
_WIDTH = 120


def indented(label: str, text: str) -> str:
    """A text behind a label; a formula longer than the line goes on below, between two of its terms."""
    return textwrap.fill(
        _joined(text),
        max(_WIDTH, len(label) + 40),
        initial_indent=label,
        subsequent_indent=" " * len(label),
        break_long_words=False,
        break_on_hyphens=False,
    ).replace("\u00a0", " ")


def _joined(text: str) -> str:
    """The text with no place to break it between a sign and its term, or inside brackets of any kind."""
    parts = re.split(r"([(⌊⌈]|[)⌋⌉])", text.replace(" + ", " +\u00a0").replace(" − ", " −\u00a0"))
    depth = 0
    for i, part in enumerate(parts):
        depth += (part in "(⌊⌈") - (part in ")⌋⌉") if part else 0
        if depth:
            parts[i] = part.replace(" ", "\u00a0")
    return "".join(parts)
