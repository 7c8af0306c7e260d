"""The list of bundled networks in each format."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from operator import itemgetter
from typing import Any, TypeAlias

import msgspec

from archcalc.conventions import Convention, Total
from archcalc.document.content import Head, Page, Section, Table
from archcalc.document.printed import printed
from archcalc.document.screen import PAPER, Screen
from archcalc.formats.as_json import json_text

_MACS = Head("MACs", numeric=True, key="macs")
_HEADS = (
    Head("name", key="name"),
    Head("network", key="network"),
    Head("family", key="family"),
    Head("year", key="year"),
    Head("task", key="task", spare=1),
    Head("params", numeric=True, key="params"),
    _MACS,
    Head("depth", numeric=True, key="depth"),
    Head("source", key="source", spare=2),
)
# The place of the families, which text has above their networks.
_FAMILY = 2


# The lines' totals under a convention.
Counted: TypeAlias = tuple[Convention, Sequence[Total]]


class Listed(msgspec.Struct, frozen=True):
    """A line of the list: a network's name, title, params, MACs, depth and source, and the year of that if it names one."""

    name: str
    title: str
    params: int
    macs: int
    depth: int
    source: str
    family: str = ""
    task: str = ""
    year: int | None = None


def render(
    lines: Sequence[Listed],
    counted: Counted | None = None,
    form: str = "text",
    screen: Screen = PAPER,
    *,
    grouped: bool = False,
) -> str:
    """A line for each network, with its total under a convention if it is counted by one.

    Lines that are grouped stand in text under the names of their families, which are a column elsewhere.
    """
    if form == "json":
        return json_text(to_list(lines, counted))
    table = _table(lines, counted)
    if form == "text":
        table = _under_families(table) if grouped else _without_family(table)
        return printed(Page("", sections=(Section("", (table,)),)), form, screen)
    return printed(Page("Bundled networks", sections=(Section("", (table,)),)), form, screen)


def _table(lines: Sequence[Listed], counted: Counted | None) -> Table:
    head = list(_HEADS)
    rows = [
        [one.name, one.title, one.family, str(one.year or ""), one.task, one.params, one.macs, one.depth, one.source]
        for one in lines
    ]
    if counted:
        convention, totals = counted
        place = head.index(_MACS) + 1
        head.insert(place, Head(convention.column, numeric=True))
        for row, total in zip(rows, totals, strict=True):
            row.insert(place, Total(convention.shown(total.value), total.uncovered).bounded())
    return Table(tuple(head), tuple(map(tuple, rows)))


def _under_families(table: Table) -> Table:
    rows: list[tuple[Any, ...]] = []
    for family, own in groupby(table.rows, key=itemgetter(_FAMILY)):
        rows.append((family or "others", *[""] * (len(table.head) - 1)))
        rows += [(f"  {name}", *rest) for name, *rest in own]
    return _without_family(Table(table.head, tuple(rows)))


def _without_family(table: Table) -> Table:
    head, *rows = ((*row[:_FAMILY], *row[_FAMILY + 1 :]) for row in (table.head, *table.rows))
    return Table(head, tuple(rows))


def to_list(lines: Sequence[Listed], counted: Counted | None) -> list[dict[str, Any]]:
    """The list as plain dicts."""
    more = [_counted(counted[0], total) for total in counted[1]] if counted else [{}] * len(lines)
    return [msgspec.structs.asdict(line) | extra for line, extra in zip(lines, more, strict=True)]


def _counted(convention: Convention, total: Total) -> dict[str, Any]:
    return {
        "convention": convention.name,
        "unit": convention.unit,
        "counted": total.value,
        "uncovered": total.uncovered,
    }
