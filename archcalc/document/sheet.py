"""The table of a page as CSV, for a spreadsheet or another program."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable
from typing import Any

from archcalc.document.content import Facts, Page, Table
from archcalc.symbols.dims import format_shape

# Text that starts with one of these is a formula to a spreadsheet.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_WRITTEN = re.compile(r"([+−]?)(\d{1,3}(?:,\d{3})*)")


def sheet(document: Page) -> str:
    """The first table of a page without its totals, so that a column can be summed; without a table, its facts as a row."""
    parts = [part for section in document.sections for part in section.parts]
    for part in parts:
        if isinstance(part, Table):
            rows = (
                [_number(cell) if head.numeric else cell for head, cell in zip(part.head, row, strict=True)]
                for row in part.rows
            )
            return comma_separated([head.alone or head.title for head in part.head], rows)
    facts = [fact for part in parts if isinstance(part, Facts) for fact in part.entries]
    return comma_separated([fact.label for fact in facts], [[fact.said for fact in facts]])


def _number(value: Any) -> Any:
    """A whole number written for a reader as a spreadsheet reads it: −1,234 as -1234."""
    found = _WRITTEN.fullmatch(value) if isinstance(value, str) else None
    return int(f"{'-' if found[1] == '−' else ''}{found[2].replace(',', '')}") if found else value


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
