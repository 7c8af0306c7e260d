"""The table of a page as CSV, for a spreadsheet or another program."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from typing import Any

from archcalc.document.content import Facts, Page, Table
from archcalc.symbols.dims import format_shape

# Text that starts with one of these is a formula to a spreadsheet.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def sheet(document: Page) -> str:
    """The first table of a page without its totals, so that a column can be summed; without a table, its facts as a row."""
    parts = [part for section in document.sections for part in section.parts]
    for part in parts:
        if isinstance(part, Table):
            return comma_separated([head.alone or head.title for head in part.head], part.rows)
    facts = [fact for part in parts if isinstance(part, Facts) for fact in part.entries]
    return comma_separated([fact.label for fact in facts], [[fact.said for fact in facts]])


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
