"""The marks of a class as text, csv, JSON or a page."""

from __future__ import annotations

from typing import Any

import msgspec

from archcalc.characters import visible
from archcalc.document.content import Head, Notes, Page, Part, Section, Table, Text
from archcalc.document.plain import plain
from archcalc.document.screen import PAPER, Screen
from archcalc.document.sheet import comma_separated
from archcalc.document.writer import write
from archcalc.errors import printable
from archcalc.formats.as_json import json_text
from archcalc.grading import ClassGrade
from archcalc.network.measures import MEASURES

# The slips that are named of a class; further ones are mostly of one student.
_MAX_SLIPS = 10


def render(found: ClassGrade, form: str = "text", screen: Screen = PAPER) -> str:
    """The points of every student, the commonest slips, and the files that could not be read, in a format."""
    if form == "json":
        return json_text(_plain(found))
    if form == "csv":
        return _csv(found)
    page = _page(found)
    return plain(page, screen) if form == "text" else write(page, form)


def _page(found: ClassGrade) -> Page:
    sheets, unread = len(found.grades), len(found.unread)
    missing = f", {unread} file{'s' * (unread > 1)} not read" if unread else ""
    title = f"{visible(found.folder)} on {found.network}: {sheets} worksheet{'s' * (sheets != 1)}{missing}"
    sections = [
        *([Section("", (_points(found), Text(_mean(found))))] if found.grades else []),
        *([Section("Commonest slips", _slips(found))] if found.slips else []),
        *([Section("Not read", (Notes(tuple(map(": ".join, _unread(found)))),))] if found.unread else []),
    ]
    return Page(title, sections=tuple(sections))


def _points(found: ClassGrade) -> Table:
    head = (Head("student", key="name"), *(Head(MEASURES[key].title, numeric=True, key=key) for key in found.asked))
    rows = tuple((visible(one.worksheet), *(of := found.points(one).values()), sum(of)) for one in found.grades)
    last = ("of", *found.asked.values(), sum(found.asked.values()))
    return Table((*head, Head("points", numeric=True, key="points")), rows, last)


def _mean(found: ClassGrade) -> str:
    whole = [sum(found.points(one).values()) for one in found.grades]
    said = f"Mean {sum(whole) / len(whole):.1f} of {sum(found.asked.values())} points."
    return f"{said} A point for each cell that is right, or worked out rightly from an earlier wrong one."


def _slips(found: ClassGrade) -> tuple[Part, ...]:
    head = (Head("slip"), Head("students", numeric=True), Head("cells", numeric=True), Head("such as"))
    rows = tuple((one.slip, one.students, one.cells, one.example) for one in found.slips[:_MAX_SLIPS])
    more = len(found.slips) - len(rows)
    return Table(head, rows), *([Text(f"{more} more slip{'s' * (more > 1)}.")] if more else [])


def _unread(found: ClassGrade) -> list[tuple[str, str]]:
    return [(visible(one.file), printable(one.reason)) for one in found.unread]


def _csv(found: ClassGrade) -> str:
    """A line for each file, one that could not be read with the reason as its note and no points."""
    head = ("student", *found.asked, "points", "of", "note")
    whole = sum(found.asked.values())
    rows: list[tuple[Any, ...]] = [
        (visible(one.worksheet), *(of := found.points(one).values()), sum(of), whole, "") for one in found.grades
    ]
    rows += [(name, *[""] * len(found.asked), "", "", f"not read: {reason}") for name, reason in _unread(found)]
    return comma_separated(head, rows)


def _plain(found: ClassGrade) -> dict[str, Any]:
    """The class as a plain dict."""
    students = []
    for one in found.grades:
        points = found.points(one)
        students.append(
            {
                "worksheet": visible(one.worksheet),
                "convention": one.convention,
                "points": points,
                "sum": sum(points.values()),
                "score": one.score,
                "wrong": [
                    msgspec.structs.asdict(cell) for cell in one.cells if cell.verdict in {"wrong", "carried on"}
                ],
            }
        )
    return {
        "network": found.network,
        "folder": visible(found.folder),
        "asked": found.asked,
        "students": students,
        "slips": list(map(msgspec.structs.asdict, found.slips)),
        "unread": [{"file": name, "reason": reason} for name, reason in _unread(found)],
    }
