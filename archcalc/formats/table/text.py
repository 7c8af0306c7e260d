"""The table of a profile as plain text for the terminal."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from archcalc.document.lines import labelled, told
from archcalc.document.screen import PAPER, Screen, table_text
from archcalc.document.style import PLAIN
from archcalc.formats.summary import heading, published, remarks, title, totals
from archcalc.formats.table.columns import chosen, compact, lines, table
from archcalc.profiling.rows import Profile
from archcalc.symbols.evaluate import Form


def render(  # noqa: PLR0913 - each is a choice of its own
    profile: Profile,
    columns: Sequence[str] | None = None,
    *,
    fold: bool = False,
    formulas: Form = "plain",
    screen: Screen = PAPER,
    every: bool = False,
) -> str:
    """The table in plain text, with its heading, totals and remarks.

    A layer without cost shares the row of the layer before it, as in "conv1_1 + relu", unless `every` is true or
    `columns` are given.
    """
    parts = chosen(columns, fold=fold, formulas=formulas)
    shown = lines(profile.rows, fold=fold)
    if columns is None and not every:
        shown = compact(profile, shown)
    style = msgspec.structs.replace(PLAIN, form=formulas)
    notes = [*remarks(profile), *published(profile)]
    return "\n".join(
        [
            told([title(profile), *heading(profile)], screen),
            "",
            table_text(table(profile, parts, shown), screen),
            "",
            labelled(totals(profile, style), screen),
            *(["", told(notes, screen)] if notes else []),
        ]
    )
