"""A table for the terminal."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import starmap

from tabulate import SEPARATING_LINE, tabulate

from archcalc.formats.columns import cell_text, chosen, lines, total_text
from archcalc.formats.summary import heading, remarks, title, totals
from archcalc.rows import Profile


def render(profile: Profile, columns: Sequence[str] | None = None, *, fold: bool = False) -> str:
    """The table in plain text, with its heading, totals and remarks."""
    parts = chosen(columns, fold=fold)
    body = [[cell_text(column.cell(profile, line)) for column in parts] for line in lines(profile.rows, fold=fold)]
    last = [total_text(column, profile.totals) for column in parts]
    if parts[0].total is None:
        last[0] = "total"
    table = tabulate(
        [*body, SEPARATING_LINE, last],
        headers=[column.heading(profile) for column in parts],
        tablefmt="simple",
        disable_numparse=True,
        colalign=["right" if column.numeric else "left" for column in parts],
    )
    width = max(len(label) for label, _ in totals(profile))
    sums = starmap((lambda label, value: f"{label:{width}}  {value}"), totals(profile))
    notes = remarks(profile)
    return "\n".join([title(profile), *heading(profile), "", table, "", *sums, *([""] if notes else []), *notes])
