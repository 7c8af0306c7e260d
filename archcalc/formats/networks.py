"""The list of bundled networks: as text, and as plain values."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from archcalc.document.screen import PAPER, Screen, text_table
from archcalc.profiling.rows import Profile

_TITLES = ("name", "network", "params", "MACs", "depth", "source")


class Listed(msgspec.Struct, frozen=True):
    """A line of the list: a network's name, title, params, MACs, depth and source."""

    name: str
    title: str
    params: int
    macs: int
    depth: int
    source: str


def text(lines: Sequence[Listed], counted: Sequence[Profile], screen: Screen = PAPER) -> str:
    """A line for each network, with its total under a convention if `counted` has the profiles."""
    titles, right = [*_TITLES], [False, False, True, True, True, False]
    rows = [[line.name, line.title, line.params, line.macs, line.depth, line.source] for line in lines]
    if counted:
        titles.insert(4, counted[0].convention.column)
        right.insert(4, True)
        for row, result in zip(rows, counted, strict=True):
            row.insert(4, result.totals.shown.bounded())
    return text_table(titles, rows, right, screen, spare=("source",))


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
