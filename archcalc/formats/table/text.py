"""A table for the terminal."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from archcalc.document.grid import aligned
from archcalc.document.style import PLAIN
from archcalc.formats.summary import heading, published, remarks, title, totals
from archcalc.formats.table.columns import chosen, table
from archcalc.formats.wrapped import indented
from archcalc.profiling.rows import Profile
from archcalc.symbols.evaluate import Form


def render(
    profile: Profile, columns: Sequence[str] | None = None, *, fold: bool = False, formulas: Form = "plain"
) -> str:
    """The table in plain text, with its heading, totals and remarks."""
    parts = chosen(columns, fold=fold, formulas=formulas)
    style = msgspec.structs.replace(PLAIN, form=formulas)
    body, last = table(profile, parts, PLAIN.cell, fold=fold)
    grid = aligned([part.heading(profile) for part in parts], body, [part.numeric for part in parts], last)
    entries = totals(profile, style)
    width = max(len(label) for label, _ in entries)
    sums = [indented(f"{label:{width}}  ", value) for label, value in entries]
    notes = [*remarks(profile), *published(profile)]
    return "\n".join([title(profile), *heading(profile), "", grid, "", *sums, *([""] if notes else []), *notes])
