"""The table as CSV, for a spreadsheet or another program."""

from __future__ import annotations

from collections.abc import Sequence

from archcalc.document.sheet import comma_separated
from archcalc.formats.table.columns import chosen, lines
from archcalc.profiling.rows import Profile
from archcalc.symbols.evaluate import Form


def render(
    profile: Profile, columns: Sequence[str] | None = None, *, fold: bool = False, formulas: Form = "plain"
) -> str:
    """The rows under the keys of their columns, without totals, so that a column can be summed."""
    parts = chosen(columns, fold=fold, formulas=formulas)
    rows = (
        [line.times if part.key == "times" else part.cell(profile, line) for part in parts]
        for line in lines(profile.rows, fold=fold)
    )
    return comma_separated([part.alone(profile) for part in parts], rows)
