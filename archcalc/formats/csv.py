"""Rows for a spreadsheet or another program."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from typing import Any

from archcalc.dims import written_shape
from archcalc.formats.columns import chosen, lines
from archcalc.rows import Profile

# A spreadsheet takes text that starts with one of these for a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def render(profile: Profile, columns: Sequence[str] | None = None, *, fold: bool = False) -> str:
    """The rows with the keys of their columns, and no totals, so that a column can be summed."""
    parts = chosen(columns, fold=fold)
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    # FLOPs mean nothing without their convention, and a CSV file has no heading to name it in.
    convention = profile.convention
    counted = f"{'flops' if convention.column == 'FLOPs' else 'macs'} ({convention.name})"
    writer.writerow(counted if part.key == "flops" else part.key for part in parts)
    for line in lines(profile.rows, fold=fold):
        writer.writerow(line.times if part.key == "times" else harmless(part.cell(profile, line)) for part in parts)
    return out.getvalue().rstrip("\n")


def harmless(value: Any) -> Any:
    """A cell that no spreadsheet runs as a formula, a shape spelled as people read it."""
    if isinstance(value, tuple):
        return written_shape(value)
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value
