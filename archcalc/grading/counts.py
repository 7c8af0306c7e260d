"""Marks for the counts in a line of a worksheet, against the right sizes and against somebody's own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import msgspec

from archcalc.grading.answers import Written
from archcalc.grading.marks import Marked
from archcalc.grading.sheet import COUNTS, SheetLine
from archcalc.grading.slips import Search, explained
from archcalc.symbols.dims import Dim


def marked_counts(
    line: SheetLine,
    right: Search,
    theirs: tuple[Search, tuple[str, ...]],
    beside: Callable[[str, str], Iterator[tuple[str, Any]]],
) -> dict[str, Marked]:
    """The marks of a line's counts; `theirs` is the search with somebody's own sizes, and the layers to blame."""
    search, blamed = theirs
    own = {} if search is right else search.costs
    found = {}
    for column in COUNTS:
        # A convention need not have a price for every layer.
        if column not in line.cells or column not in right.costs:
            continue
        cell = line.cells[column]
        mark = judged(line.name, column, cell, right.costs[column])
        if mark.verdict == "wrong" and not mark.slips:
            if column in own and cell.judged(own[column], column) is not None:
                mark = msgspec.structs.replace(mark, verdict="carried on", carried=blamed)
            elif followed := _from_own_cells(line, right, search, column):
                mark = msgspec.structs.replace(mark, verdict="carried on", carried=followed)
            else:
                searches = [(right, ()), *([(search, blamed)] if own else [])]
                slips, carried = explained(cell, column, beside(line.name, column), searches)
                mark = msgspec.structs.replace(mark, slips=slips, carried=carried)
        found[column] = mark
    return found


def judged(row: str, column: str, cell: Written, exact: int) -> Marked:
    """The mark of a count by itself: right, rounded, unanswered, or wrong, mostly without a reason yet."""
    mark = Marked(row, column, cell.text, exact, "wrong")
    remark = cell.judged(exact, column)
    if cell.blank:
        return msgspec.structs.replace(mark, verdict="unanswered")
    if remark is not None:
        said = "" if remark == "rounded" else remark
        return msgspec.structs.replace(mark, verdict="rounded" if remark else "right", remark=said)
    if not cell.readable:
        return msgspec.structs.replace(mark, slips=("not a number",))
    # Almost any slip would give a number that is rounded so.
    return (
        msgspec.structs.replace(mark, slips=("rounded until no digit is left",)) if cell.vague(exact, column) else mark
    )


def _from_own_cells(line: SheetLine, right: Search, theirs: Search, column: str) -> tuple[str, ...]:
    """The wrong cells of the same line that a number follows from, each named with its column."""
    had: dict[str, int] = {}
    for name, cell in line.cells.items():
        if name in COUNTS and (value := cell.whole) is not None and value != right.costs.get(name):
            had[name] = value
    for search in (right, theirs):
        for sources, value in _followed(had, search, column):
            if isinstance(value, int) and line.cells[column].says(value):
                return tuple(f"the {source} of {line.name}" for source in sources)
    return ()


def _followed(had: dict[str, int], search: Search, column: str) -> Iterator[tuple[tuple[str, ...], Dim | None]]:
    """The values of a column that follow from the wrong numbers of a line, by the right method."""
    costs = search.costs
    if column == "params" and not {"weights", "biases"}.isdisjoint(had):
        parts = tuple(name for name in ("weights", "biases") if name in had)
        yield parts, had.get("weights", costs["weights"]) + had.get("biases", costs["biases"])
    if column == "macs" and "weights" in had and costs["weights"] and costs["macs"] % costs["weights"] == 0:
        yield ("weights",), had["weights"] * (costs["macs"] // costs["weights"])
    if column == "flops" and "macs" in had:
        yield ("macs",), search.case.priced(had["macs"])
