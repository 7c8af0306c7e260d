"""The list of bundled networks in each format."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from archcalc.document.content import Head, Page, Section, Table
from archcalc.document.printed import printed
from archcalc.document.screen import PAPER, Screen
from archcalc.formats.as_json import json_text
from archcalc.profiling.rows import Profile

_TITLES = ("name", "network", "params", "MACs", "depth", "source")
_NUMERIC = {"params", "MACs", "depth"}


class Listed(msgspec.Struct, frozen=True):
    """A line of the list: a network's name, title, params, MACs, depth and source."""

    name: str
    title: str
    params: int
    macs: int
    depth: int
    source: str


def render(lines: Sequence[Listed], counted: Sequence[Profile], form: str = "text", screen: Screen = PAPER) -> str:
    """A line for each network, with its total under a convention if `counted` has the profiles."""
    if form == "json":
        return json_text(to_list(lines, counted))
    title = "" if form == "text" else "Bundled networks"
    return printed(Page(title, sections=(Section("", (_table(lines, counted),)),)), form, screen)


def _table(lines: Sequence[Listed], counted: Sequence[Profile]) -> Table:
    head = [Head(title, title in _NUMERIC, title, spare=title == "source") for title in _TITLES]
    rows = [[line.name, line.title, line.params, line.macs, line.depth, line.source] for line in lines]
    if counted:
        head.insert(4, Head(counted[0].convention.column, numeric=True))
        for row, result in zip(rows, counted, strict=True):
            row.insert(4, result.totals.shown.bounded())
    return Table(tuple(head), tuple(map(tuple, rows)))


def to_list(lines: Sequence[Listed], counted: Sequence[Profile]) -> list[dict[str, Any]]:
    """The list as plain dicts."""
    more = [_counted(result) for result in counted] or [{}] * len(lines)
    return [msgspec.structs.asdict(line) | extra for line, extra in zip(lines, more, strict=True)]


def _counted(result: Profile) -> dict[str, Any]:
    total = result.totals.counted
    return {
        "convention": result.convention.name,
        "unit": result.convention.unit,
        "counted": total.value,
        "uncovered": total.uncovered,
    }
