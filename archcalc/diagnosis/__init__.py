"""Published figures against exact ones, and the search for how a figure that differs came about."""

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
    """The verdict on each figure of a spec, or on the ones given; raises SpecError for one that cannot be held against it."""
    # Most tables print verdicts that were recorded, and need not load the search.
    found: tuple[Verdict, ...] = _search().check(source, figures)
    return found


def verdicts(source: Source) -> tuple[Verdict, ...]:
    """The same as `check`, at once for a bundled spec whose verdicts were recorded since it last changed."""
    known = recorded(source)
    return check(source) if known is None else known


def checked(result: Profile, source: Source) -> Profile:
    """The profile with the verdicts on the figures of its spec, which are of one sample and cannot be told of open letters."""
    if not result.graph.figures or result.batch != 1 or not result.whole:
        return result
    return msgspec.structs.replace(result, verdicts=verdicts(source))


def _search() -> Any:
    return import_module("archcalc.diagnosis.verdict")
