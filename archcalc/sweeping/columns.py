"""The columns of a sweep: sums over layers, and measures of the whole network."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial, reduce
from typing import Any

import msgspec

from archcalc.comparison.goal import measured
from archcalc.devices.known import device as named
from archcalc.devices.roofline import Asked, roofline
from archcalc.errors import SpecError, nearest
from archcalc.memory_plan.plan import Plan, inference, training
from archcalc.memory_plan.saved_tensors import kept_bytes, saved_tensors
from archcalc.network.measures import MEASURES
from archcalc.profiling.rows import Profile
from archcalc.serving.asked import Asked as Serving
from archcalc.serving.plan import served
from archcalc.serving.text import Text
from archcalc.symbols.dims import maximum

# The least time on a device, which is asked for with it.
TIME = "time"


class Column(msgspec.Struct, frozen=True):
    """A column of results: its key and title, what a row of a profile adds to it, or what a profile has of it."""

    key: str
    title: str
    of_row: Callable[[Profile, Any], Any] | None
    of_network: Callable[[Profile], Any]
    # True where a network with more of it is preferred.
    more: bool = False
    # Of a network that writes, for a batch, where that is not of its profile.
    of_text: Callable[[Text, int], Any] | None = None
    # False where no run answers for other configurations, each of which is counted by itself.
    shared: bool = True


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
    "kept": Column(
        "kept",
        "kept bytes",
        None,
        lambda profile: kept_bytes(profile.graph, saved_tensors(profile.graph), profile.batch),
    ),
    "cache": Column(
        "cache",
        "cache bytes",
        None,
        lambda _: None,
        of_text=lambda text, batch: served(text, Serving(batch=batch)).cache,
        shared=False,
    ),
    TIME: Column(TIME, "least seconds", None, lambda _: None, shared=False),
    "training": Column("training", "training bytes", None, lambda profile: _peak(training(profile), profile.batch)),
}
USUAL = ("params", "macs", "activations")


def columns(keys: list[str], device: str = "") -> list[Column]:
    """The columns of these keys, bounds on time of a device; raises SpecError for an unknown one.

    >>> [column.title for column in columns(["params", "peak"])]
    ['params', 'peak bytes']
    """
    for key in keys:
        if key not in COLUMNS:
            known = list(COLUMNS)
            raise SpecError(f"no measure '{key[:60]}'", None, nearest(key, known) or f"there are {', '.join(known)}")
    if TIME in keys and not device:
        raise SpecError("the least time is one on a device", None, "name it: --device h100-sxm")
    if device and TIME not in keys:
        keys = [*keys, TIME]
    return [_on(device) if key == TIME else COLUMNS[key] for key in dict.fromkeys(keys)]


def _on(device: str) -> Column:
    """The bound on the time of a forward pass in seconds, as `roofline` has it."""
    known = named(device)

    def least(profile: Profile) -> float:
        found = roofline(profile, known, Asked()).seconds
        if found is None:
            raise SpecError("of the time on this device no bound is known")
        return float(found)

    return msgspec.structs.replace(COLUMNS[TIME], of_network=least)
