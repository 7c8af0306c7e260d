"""The search for the slips that give a number or a shape that was written: single ones first, then two together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from archcalc.dims import Shape
from archcalc.grading.case import Case
from archcalc.grading.miscounts import miscounts, scaled, swapped_digits
from archcalc.grading.mistakes import mistakes
from archcalc.grading.shapes import agreement, mistyped
from archcalc.grading.written import Written

# More pairs than this that give the same say nothing of which it was.
_MOST_PAIRS = 3
# In these an exact value is no number at all but 0, which every other cell may hold.
_NOTHING = {0}


def shape_slips(cell: Written, case: Case) -> tuple[str, ...]:
    """The slips that give a shape, as the output of a layer."""
    single = _named(cell, ((said, other.output) for said, other in mistakes(case)))
    single += _named(cell, mistyped(case.output))
    return tuple(dict.fromkeys(single)) or _first(_named(cell, _shape_pairs(case)))


def number_slips(cell: Written, case: Case, column: str) -> tuple[str, ...]:
    """The slips that give a number, as a cost of a layer."""
    exact = case.costs.get(column)
    if exact is None:
        return ()
    single = _numbered(cell, exact, _singles(case, column, exact))
    if single:
        return single
    # A rounded number is near many that two slips give.
    return _first(_numbered(cell, exact, _pairs(case, column))) if cell.whole is not None else ()


def mixed_up(cell: Written, exact: int, others: Iterable[tuple[str, int]]) -> tuple[str, ...]:
    """The other cells that a number was taken from."""
    return _numbered(cell, exact, ((said, value) for said, value in others if value not in _NOTHING))


def _singles(case: Case, column: str, exact: int) -> Iterator[tuple[str, int]]:
    for said, other in mistakes(case):
        costs = other.costs
        if column in costs:
            yield said, costs[column]
    yield from miscounts(case, column)
    yield from scaled(column, exact)
    if exact > 9:
        yield from swapped_digits(exact)


def _pairs(case: Case, column: str) -> Iterator[tuple[str, int]]:
    """Two mistakes, a mistake and a miscount, or a miscount and a factor."""
    for first, one in mistakes(case):
        for second, two in mistakes(one):
            if first != second and column in (costs := two.costs):
                yield f"{first}, and {second}", costs[column]
        for second, value in miscounts(one, column):
            yield f"{first}, and {second}", value
        for second, value in scaled(column, one.costs.get(column, 0)):
            yield f"{first}, and {second}", value
    for first, value in miscounts(case, column):
        for second, twice in scaled(column, value):
            yield f"{first}, and {second}", twice


def _shape_pairs(case: Case) -> Iterator[tuple[str, Shape]]:
    for first, one in mistakes(case):
        for second, two in mistakes(one):
            if first != second:
                yield f"{first}, and {second}", two.output
        for second, shape in mistyped(one.output):
            yield f"{first}, and {second}", shape


def _named(cell: Written, found: Iterable[tuple[str, Shape]]) -> list[str]:
    return [said for said, shape in found if agreement(cell.shapes, shape) is not None]


def _numbered(cell: Written, exact: int, found: Iterable[tuple[str, Any]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(said for said, value in found if value != exact and cell.says(value)))


def _first(found: Iterable[str]) -> tuple[str, ...]:
    """The first few of what two slips together give, two in another order being the same."""
    pairs: dict[frozenset[str], str] = {}
    for said in found:
        pairs.setdefault(frozenset(said.split(", and ")), said)
    return tuple(pairs.values())[:_MOST_PAIRS]
