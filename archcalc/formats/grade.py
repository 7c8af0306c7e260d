"""A marked worksheet as text, JSON or a page."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

import msgspec

from archcalc.characters import visible
from archcalc.document.content import Head, Notes, Page, Part, Section, Table
from archcalc.document.printed import printed
from archcalc.document.screen import PAPER, Screen
from archcalc.document.tones import RED, Toned
from archcalc.formats.as_json import json_text
from archcalc.formats.summary import listed
from archcalc.grading import Grade, Marked
from archcalc.symbols.dims import format_dim, format_shape

_TITLES = ("layer", "column", "written", "exact", "verdict", "why")
# The slips named for one cell; more of them that give the same number do not fit a line.
_MAX_NAMED = 3


def render(grade: Grade, form: str = "text", screen: Screen = PAPER) -> str:
    """The score, every cell that is wrong or carried on, and the notes, in a format."""
    # The name of a file may have unprintable characters.
    grade = msgspec.structs.replace(grade, worksheet=visible(grade.worksheet))
    if form == "json":
        return json_text(_plain(grade))
    return printed(_page(grade), form, screen)


def _page(grade: Grade) -> Page:
    rows = tuple(map(_texts, _told(grade)))
    notes = tuple(_notes(grade))
    parts: list[Part] = [
        *([Table(tuple(map(Head, _TITLES)), rows)] if rows else []),
        *([Notes(notes)] if notes else []),
    ]
    return Page(f"{grade.worksheet} on {grade.network}: {grade.score}", sections=(Section("", tuple(parts)),))


def _told(grade: Grade) -> list[Marked]:
    """The cells that are not right; unanswered ones are left out, so that their answers are not given away."""
    return [cell for cell in grade.cells if cell.verdict in {"wrong", "carried on"}]


def _texts(cell: Marked) -> tuple[str, ...]:
    wrong = cell.verdict == "wrong"
    wrote, verdict = (Toned(text, RED) if wrong else text for text in (cell.wrote, cell.verdict))
    return cell.row, cell.column, wrote, _exact(cell), verdict, _why(cell)


def _exact(cell: Marked) -> str:
    return format_shape(cell.exact) if isinstance(cell.exact, tuple) else format_dim(cell.exact)


def _why(cell: Marked) -> str:
    if cell.verdict != "wrong":
        return f"from {listed(cell.carried)}" if cell.carried else ""
    if not cell.slips:
        return "no slip found"
    said = "; or ".join(cell.slips[:_MAX_NAMED])
    more = f"; or {len(cell.slips) - _MAX_NAMED} more" if len(cell.slips) > _MAX_NAMED else ""
    return f"{said}{more}{f', carried on from {listed(cell.carried)}' if cell.carried else ''}"


def _tally(counted: Iterable[tuple[str, int]]) -> str:
    return "; ".join(f"{said} ({n} cell{'s' * (n > 1)})" for said, n in counted)


def _notes(grade: Grade) -> list[str]:
    notes = []
    if grade.habits:
        notes.append(f"More than once: {_tally(grade.habits)}.")
    if remarks := Counter(cell.remark for cell in grade.cells if cell.remark):
        notes.append(f"Right though otherwise written: {_tally(remarks.items())}.")
    if unanswered := [f"{cell.row} {cell.column}" for cell in grade.cells if cell.verdict == "unanswered"]:
        notes.append(f"Unanswered: {listed(unanswered)}.")
    if grade.missing:
        notes.append(f"No line for: {listed(grade.missing)}.")
    if grade.passed_over:
        notes.append(f"Not marked: {', '.join(grade.passed_over)}.")
    if any(cell.column == "flops" for cell in grade.cells):
        notes.append(f"FLOPs by the convention {grade.convention}.")
    return notes


def _plain(grade: Grade) -> dict[str, Any]:
    """The grade as a plain dict, with the number of each verdict."""
    verdicts = dict.fromkeys(("right", "rounded", "unanswered", "carried on", "wrong"), 0)
    for cell in grade.cells:
        verdicts[cell.verdict] += 1
    said = msgspec.structs.asdict(grade)
    habits = [{"slip": slip, "cells": n} for slip, n in grade.habits]
    return {
        **said,
        "score": grade.score,
        "counts": verdicts,
        "habits": habits,
        "cells": list(map(msgspec.structs.asdict, grade.cells)),
    }
