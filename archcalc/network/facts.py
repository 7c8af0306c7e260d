"""Facts about a network beside its nodes: what it assumes of letters, numbers stated of it, and what repeats."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import msgspec

from archcalc.errors import Place
from archcalc.symbols.dims import Dim, Truth
from archcalc.symbols.relations import bound_of


class Assumption(msgspec.Struct, frozen=True):
    """A fact about symbols that a layer relies on and that they leave open."""

    node: str
    fact: Truth


class Assertion(msgspec.Struct, frozen=True):
    """A number that a spec states for nodes `first` up to `last` (exclusive), which computing must confirm."""

    measure: str
    expected: Dim
    first: int
    last: int
    place: Place | None = None


class Loop(NamedTuple):
    """The nodes from `first` up to `last` (exclusive) that stand for `times` repetitions, each on the one before."""

    first: int
    last: int
    times: Dim
    # The node that the first of them reads on, and the one of the loop that the next reads in its place.
    entry: int
    end: int


def strongest(assumptions: Iterable[Assumption]) -> tuple[Assumption, ...]:
    """Assumptions without those that another one implies."""
    found: dict[object, Assumption] = {}
    for one in assumptions:
        subject, bound = bound_of(one.fact)
        other = found.get(subject)
        if other is None or bound > bound_of(other.fact)[1]:
            found[subject] = one
    return tuple(found.values())
