"""The summary of a sweep, or of a front, in every format."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from archcalc.document.content import Fact, Facts, Head, Notes, Page, Part, Section, Table
from archcalc.document.printed import printed
from archcalc.document.screen import PAPER, Screen
from archcalc.formats.as_json import json_text
from archcalc.sweeping.columns import COLUMNS
from archcalc.sweeping.summary import Summary

# The messages of refusals that are told, the most frequent first.
_TOLD = 5


def render(found: Summary, title: str, form: str = "text", screen: Screen = PAPER, *, written: str = "") -> str:
    """The summary of a sweep; `written` is the file that its rows are in."""
    if form == "json":
        return json_text(to_dict(found, title))
    return printed(page(found, title, written), form, screen)


def page(found: Summary, title: str, written: str = "") -> Page:
    """The page of a sweep: how many configurations, what each column comes to, and rows."""
    counts = [Fact("configurations", f"{found.configurations:,}")]
    if found.refused:
        counts.append(Fact("refused", f"{found.refused:,}"))
    if found.kept < found.configurations - found.refused:
        counts.append(Fact("that meet the conditions", f"{found.kept:,}"))
    counts += [
        Fact(_title(name), f"{_said(low)} to {_said(high)}" if low != high else _said(low))
        for name, (low, high) in found.extents.items()
        if name in COLUMNS
    ]
    if written:
        counts.append(Fact("written to", written))
    parts: list[Part] = [Facts(tuple(counts))]
    if found.rows:
        heads = tuple(
            Head(_title(name), numeric=_is_number(found, at), alone=name) for at, name in enumerate(found.names)
        )
        parts.append(Table(heads, tuple(tuple(_cell(value) for value in row) for row in found.rows)))
    return Page(title, sections=(Section("", (*parts, Notes(tuple(_notes(found))))),))


def _notes(found: Summary) -> list[str]:
    notes = []
    if found.aims:
        said = ", ".join(f"{'more' if more else 'less'} {_title(name)}" for name, more in found.aims)
        notes.append(f"The front has {found.count:,} rows: each other row is behind one of them ({said} is better).")
    if found.count > len(found.rows):
        notes.append(f"These are {len(found.rows):,} of {found.count:,} rows; --rows prints more.")
    by_count = sorted(found.refusals.items(), key=lambda item: -item[1][0])
    for message, (count, first) in by_count[:_TOLD]:
        often = f"{count:,} times, first as" if count > 1 else "once, as"
        notes.append(f"Refused {often} number {first + 1:,}: {message}")
    if by_count[_TOLD:]:
        notes.append(f"There are {len(by_count) - _TOLD:,} further reasons.")
    return notes


def _title(name: str) -> str:
    return COLUMNS[name].title if name in COLUMNS else name


def _is_number(found: Summary, at: int) -> bool:
    return not isinstance(found.rows[0][at], str)


def _cell(value: Any) -> Any:
    return value if isinstance(value, (int, str)) else _said(value)


def _said(value: Any) -> str:
    if isinstance(value, str):
        return value
    return f"{int(value):,}" if value == int(value) else f"{float(value):,.6g}"


def to_dict(found: Summary, title: str) -> dict[str, Any]:
    """The summary of a sweep as plain dicts and lists."""
    return {
        "network": title,
        "configurations": found.configurations,
        "refused": found.refused,
        "kept": found.kept,
        "refusals": [
            {"message": message, "count": count, "first": first} for message, (count, first) in found.refusals.items()
        ],
        "columns": {
            name: {"least": _plain(low), "greatest": _plain(high)} for name, (low, high) in found.extents.items()
        },
        "front": [{"column": name, "better": "more" if more else "less"} for name, more in found.aims],
        "count": found.count,
        "rows": [dict(zip(found.names, map(_plain, row), strict=True)) for row in found.rows],
    }


def _plain(value: Any) -> Any:
    if isinstance(value, (int, str)):
        return value
    return int(value) if Fraction(value).denominator == 1 else float(value)
