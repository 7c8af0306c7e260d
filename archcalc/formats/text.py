"""A table for the terminal."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Sequence

from tabulate import SEPARATING_LINE, tabulate

from archcalc.document.style import PLAIN
from archcalc.formats.columns import chosen, table
from archcalc.formats.summary import heading, published, remarks, title, totals
from archcalc.profiling.rows import Profile

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


def render(profile: Profile, columns: Sequence[str] | None = None, *, fold: bool = False) -> str:
    """The table in plain text, with its heading, totals and remarks."""
    parts = chosen(columns, fold=fold)
    body, last = table(profile, parts, PLAIN.cell, fold=fold)
    grid = tabulate(
        [*body, SEPARATING_LINE, last],
        headers=[column.heading(profile) for column in parts],
        tablefmt="simple",
        disable_numparse=True,
        colalign=["right" if column.numeric else "left" for column in parts],
    )
    width = max(len(label) for label, _ in totals(profile))
    sums = [indented(f"{label:{width}}  ", value) for label, value in totals(profile)]
    notes = [*remarks(profile), *published(profile)]
    return "\n".join([title(profile), *heading(profile), "", grid, "", *sums, *([""] if notes else []), *notes])
