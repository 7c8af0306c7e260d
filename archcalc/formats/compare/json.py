"""A comparison as plain values."""

from __future__ import annotations

import math
from typing import Any

import msgspec

from archcalc.comparison.compare import Against, Comparison, OwnRows
from archcalc.formats.as_json import plain_facts
from archcalc.network.graph import each_input
from archcalc.network.measures import sums
from archcalc.profiling.rows import Profile


def to_dict(comparison: Comparison) -> dict[str, Any]:
    """A comparison as plain dicts and lists; formulas and fractions are strings in sympy's own form."""
    names = comparison.names
    return {
        "networks": list(names),
        "inputs": [each_input(profile.graph, _plain) for profile in comparison.profiles],
        "batch": _plain(comparison.profiles[0].batch),
        "convention": comparison.profiles[0].convention.name,
        "measures": {
            line.measure.key: {
                "values": _plain(line.values),
                "growth": [
                    {
                        letter: None if term is None else {"power": term.power, "coefficient": _plain(term.coefficient)}
                        for letter, term in growth.items()
                    }
                    for growth in line.growth
                ],
                "against_first": [None if against is None else _against(against) for against in line.against],
            }
            for line in comparison.lines
        },
        "points": [
            {
                "at": point,
                "values": {
                    line.measure.key: _plain(values)
                    for line, values in zip(comparison.lines, comparison.at(point), strict=True)
                },
            }
            for point in comparison.points
        ],
        "only_in": [
            {
                names[at]: [_own(comparison.profiles[at], one) for one in owned]
                for at, owned in zip((0, i), comparison.own(i), strict=True)
            }
            for i in range(1, len(names))
        ],
        # The networks whose receptive field is only an upper bound.
        "rf_bounded": list(comparison.bounded),
        "assumptions": plain_facts(comparison.conditions),
    }


def _against(against: Against) -> dict[str, Any]:
    return {
        "difference": _plain(against.difference),
        "ratio": _plain(against.ratio),
        "limits": {letter: _plain(limit) for letter, limit in against.limits.items()},
        "letter": against.letter,
        # -1 where the first network has the smaller value.
        "signs": None if against.runs is None else [msgspec.to_builtins(run) for run in against.runs],
    }


def _own(profile: Profile, one: OwnRows) -> dict[str, Any]:
    row = one.row
    return {
        "name": row.name,
        "layer": row.kind,
        "times": one.times,
        **{measure.name: _plain(one.times * measure.row(profile, row)) for measure in sums() if measure.main},
    }


def _plain(value: Any) -> Any:
    if isinstance(value, (tuple, list)):
        return [_plain(part) for part in value]
    if value == math.inf:
        return "infinity"
    return value if value is None or isinstance(value, int) else str(value)
