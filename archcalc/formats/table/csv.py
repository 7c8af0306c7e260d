"""The table as CSV, for a spreadsheet or another program."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Any

from archcalc.formats.table.columns import chosen, lines
from archcalc.profiling.rows import Profile
from archcalc.symbols.dims import format_shape
from archcalc.symbols.evaluate import Form

# Text that starts with one of these is a formula to a spreadsheet.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


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


def comma_separated(head: Iterable[str], rows: Iterable[Iterable[Any]]) -> str:
    """Rows under a head as the text of a CSV file, without the last newline."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(head)
    writer.writerows(map(harmless, row) for row in rows)
    return out.getvalue().rstrip("\n")


def harmless(value: Any) -> Any:
    """A cell that no spreadsheet runs as a formula, with a shape as text."""
    if isinstance(value, tuple):
        return format_shape(value)
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value
