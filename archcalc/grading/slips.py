"""The search for the slips that give a written number or shape: single ones first, then pairs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from itertools import chain
from typing import Any

from archcalc.grading.answers import Written
from archcalc.grading.case import Case
from archcalc.grading.miscounts import Counted, doubled, miscounts, scaled, swapped_digits
from archcalc.grading.mistakes import mistakes
from archcalc.grading.shapes import matches, mistyped
from archcalc.symbols.dims import Shape

# More pairs than this with the same result do not tell which it was.
_MAX_PAIRS = 3
AND = ", and "


class Search:
    """The search for slips in one layer, whose mistakes are worked out once for all of its cells.

    `pairs` is true if two slips together are tried where no single one is found.
    """

    def __init__(self, case: Case, *, pairs: bool = True) -> None:
        self.case = case
        self.costs = case.costs
        self.pairs = pairs

    @cached_property
    def _mistakes(self) -> list[tuple[str, Case, Mapping[str, int]]]:
        return [(said, other, other.costs) for said, other in mistakes(self.case)]

    @cached_property
    def _both(self) -> list[tuple[str, Case, Case, Mapping[str, int], Mapping[str, int]]]:
        """Two mistakes together, each with the layer and its costs after the first and after both."""
        return [
            (f"{first}{AND}{second}", one, two, costs, two.costs)
            for first, one, costs in self._mistakes
            for second, two in mistakes(one)
            if first != second
        ]

    def single(self, cell: Written, column: str, beside: Iterable[tuple[str, Any]]) -> tuple[str, ...]:
        """The single slips that give the value of a cell; `beside` are other cells that it may be copied from."""
        if column == "output":
            shapes = ((said, other.output) for said, other, _ in self._mistakes)
            return _shaped(cell, chain(shapes, mistyped(self.case.output), beside))
        exact = self.costs.get(column)
        if exact is None:
            return ()
        # An empty amount could have been copied from every other such cell.
        taken = ((said, value) for said, value in beside if value)
        found = _numbered(cell, exact, chain(self._singles(column, exact), taken))
        # These explain less than any other.
        return found or _numbered(cell, exact, chain(self._elsewhere(column), doubled(exact)))

    def both(self, cell: Written, column: str) -> tuple[str, ...]:
        """The pairs of slips that give the value of a cell."""
        if not self.pairs:
            return ()
        if column == "output":
            return _first(_shaped(cell, self._shape_pairs()))
        # A rounded number is near to many results of two slips.
        exact = self.costs.get(column) if cell.whole is not None else None
        return () if exact is None else _first(_numbered(cell, exact, self._pairs(column)))

    def _singles(self, column: str, exact: int) -> Iterator[Counted]:
        for said, _, costs in self._mistakes:
            if column in costs:
                yield said, costs[column]
        yield from miscounts(self.case, column)
        yield from scaled(self.case.profile, column, exact)
        if exact > 9:
            yield from swapped_digits(exact)

    def _elsewhere(self, column: str) -> Iterator[Counted]:
        """The values of other columns of the line."""
        yield from ((f"the {name} of this line", n) for name, n in self.costs.items() if name != column and n)
        yield from ((f"a size of the output, {n}", n) for n in self.case.output if isinstance(n, int) and n > 1)

    def _pairs(self, column: str) -> Iterator[Counted]:
        """Two mistakes, a mistake and a miscount, or either and a factor; each of the two must change the number."""
        profile, exact = self.case.profile, self.costs[column]
        for said, _, _, costs, after in self._both:
            if costs.get(column, exact) != exact and after.get(column) != costs[column]:
                yield said, after.get(column, exact)
        for first, one, costs in self._mistakes:
            if (value := costs.get(column, exact)) != exact:
                for second, after_both in (*miscounts(one, column), *scaled(profile, column, value)):
                    yield f"{first}{AND}{second}", after_both if after_both != value else exact
        for first, value in miscounts(self.case, column):
            if value != exact:
                yield from ((f"{first}{AND}{second}", twice) for second, twice in scaled(profile, column, value))

    def _shape_pairs(self) -> Iterator[tuple[str, Shape]]:
        exact = self.case.output
        for said, one, two, *_ in self._both:
            if one.output not in {exact, two.output}:
                yield said, two.output
        for first, one, _ in self._mistakes:
            if one.output != exact:
                yield from ((f"{first}{AND}{second}", shape) for second, shape in mistyped(one.output))


def explained(
    cell: Written, column: str, beside: Iterable[tuple[str, Any]], searches: Iterable[tuple[Search, tuple[str, ...]]]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The slips that give the value of a cell, and the earlier wrong cells that it was carried on from.

    Each search is on somebody's own sizes, with the layers whose slips are in those. A single slip is preferred to two.
    """
    beside, searches = list(beside), list(searches)
    for search, carried in searches:
        if slips := search.single(cell, column, beside):
            return slips, carried
    for search, carried in searches:
        if slips := search.both(cell, column):
            return slips, carried
    return (), ()


def _shaped(cell: Written, found: Iterable[tuple[str, Shape]]) -> tuple[str, ...]:
    agreeing = (said for said, shape in found if matches(cell.near(shape), shape) is not None)
    return tuple(dict.fromkeys(agreeing))


def _numbered(cell: Written, exact: int, found: Iterable[tuple[str, Any]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(said for said, value in found if value != exact and cell.says(value)))


def _first(found: Iterable[str]) -> tuple[str, ...]:
    """The first few of the pairs, two in another order being the same."""
    pairs: dict[frozenset[str], str] = {}
    for said in found:
        pairs.setdefault(frozenset(said.split(AND)), said)
    return tuple(pairs.values())[:_MAX_PAIRS]
