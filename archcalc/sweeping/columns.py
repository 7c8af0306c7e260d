"""What a sweep computes for each configuration: sums over layers, and what is of the whole network."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial, reduce
from typing import Any

import msgspec

from archcalc.comparison.goal import measured
from archcalc.errors import SpecError, nearest
from archcalc.memory_plan.plan import Plan, inference, training
from archcalc.network.measures import MEASURES
from archcalc.profiling.rows import Profile
from archcalc.symbols.dims import maximum


class Column(msgspec.Struct, frozen=True):
    """A column of results: its key and title, what a row of a profile adds to it, or what a profile has of it."""

    key: str
    title: str
    of_row: Callable[[Profile, Any], Any] | None
    of_network: Callable[[Profile], Any]
    # True where a network with more of it is preferred.
    more: bool = False


def _peak(plan: Plan, batch: Any) -> Any:
    """The peak of a plan; which step it is at, which differs from one configuration to the next, is not asked."""
    return sum(part.bytes(batch) for part in plan.resident.values()) + reduce(maximum, plan.timeline.bytes(batch))


def _sizes() -> dict[str, Column]:
    found = {}
    for key in ("depth", "rf"):
        found[key] = Column(key, MEASURES[key].title, None, partial(measured, key=key), more=True)
    return found


COLUMNS: dict[str, Column] = {
    **{
        key: Column(key, measure.title, measure.row, measure.whole)
        for key, measure in MEASURES.items()
        if measure.of_row is not None
    },
    **_sizes(),
    "peak": Column("peak", "peak bytes", None, lambda profile: _peak(inference(profile), profile.batch)),
    "training": Column("training", "training bytes", None, lambda profile: _peak(training(profile), profile.batch)),
}
USUAL = ("params", "macs", "activations")


def columns(keys: list[str]) -> list[Column]:
    """The columns of these keys; raises SpecError for an unknown one.

    >>> [column.title for column in columns(["params", "peak"])]
    ['params', 'peak bytes']
    """
    for key in keys:
        if key not in COLUMNS:
            known = list(COLUMNS)
            raise SpecError(f"no measure '{key[:60]}'", None, nearest(key, known) or f"there are {', '.join(known)}")
    return [COLUMNS[key] for key in dict.fromkeys(keys)]
