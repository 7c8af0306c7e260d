"""Published figures checked against exact ones, and the search for the origin of a figure that differs."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import msgspec

from archcalc.diagnosis.record import record, recorded
from archcalc.errors import Source
from archcalc.network.figures import Figure, Verdict
from archcalc.profiling.rows import Profile

__all__ = ["check", "checked", "record", "verdicts"]


def check(source: Source, figures: tuple[Figure, ...] | None = None) -> tuple[Verdict, ...]:
    """The verdict on each figure of a spec, or on the given ones; raises SpecError for one that cannot be checked."""
    # Most tables print verdicts that were recorded, and need not load the search.
    found: tuple[Verdict, ...] = _search().check(source, figures)
    return found


def verdicts(source: Source) -> tuple[Verdict, ...]:
    """The verdicts on a source, read from the record for a bundled spec that has not changed since."""
    known = recorded(source)
    return check(source) if known is None else known


def checked(result: Profile, source: Source) -> Profile:
    """The profile with the verdicts on its spec's figures; unchanged for another batch or open letters."""
    if not result.graph.figures or result.batch != 1 or not result.whole:
        return result
    return msgspec.structs.replace(result, verdicts=verdicts(source))


def _search() -> Any:
    return import_module("archcalc.diagnosis.verdict")
