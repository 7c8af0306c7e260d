"""Comparisons of networks: each measure, its difference and ratio, the crossovers, and the layers that cause them."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import product
from typing import TYPE_CHECKING, Any

import msgspec

from archcalc.errors import SpecError
from archcalc.network.display import Displayable, brief
from archcalc.network.facts import Assumption, strongest
from archcalc.network.measures import Measure, field_of
from archcalc.profiling.rows import Profile, Row
from archcalc.symbols.dims import as_int
from archcalc.symbols.evaluate import Leading, holds, leading, letters, limit, ratio, substitute
from archcalc.symbols.sign_runs import SignRun, restrict, same_sign, sign_runs

if TYPE_CHECKING:
    import pandas as pd

_MAX_POINTS = 1_000


class Against(msgspec.Struct, frozen=True):
    """One network's measure relative to the first network's.

    `limits` has, for each letter of the ratio, its limit as the letter grows. `runs` has the sign of the difference
    over the values of `letter`: -1 where the first is smaller; None if it depends on several letters or is unknown.
    """

    difference: Any
    ratio: Any
    limits: dict[str, Any]
    letter: str = ""
    runs: tuple[SignRun, ...] | None = None


class MeasureLine(msgspec.Struct, frozen=True):
    """One measure of all networks, and each further one relative to the first; None where it is not a number."""

    measure: Measure
    values: tuple[Any, ...]
    against: tuple[Against | None, ...]
    # The leading term of each value in each of its letters.
    growth: tuple[dict[str, Leading | None], ...]


class OwnRows(msgspec.Struct, frozen=True):
    """A row that one network has and the other lacks, with the number of equal rows it stands for."""

    row: Row
    times: int


class Comparison(Displayable, msgspec.Struct, frozen=True):
    """A comparison of networks, of which the first is the baseline."""

    profiles: tuple[Profile, ...]
    lines: tuple[MeasureLine, ...]
    points: tuple[dict[str, int], ...] = ()

    def __repr__(self) -> str:
        return brief(self, f"of {', '.join(self.names)}")

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the networks, numbered where two are the same."""
        names = [profile.graph.name for profile in self.profiles]
        return tuple(name if names.count(name) == 1 else f"{name} ({i})" for i, name in enumerate(names, start=1))

    @property
    def bounded(self) -> tuple[str, ...]:
        """The networks whose receptive field is only an upper bound, if receptive fields are compared."""
        if not any(line.measure.key in {"rf", "rf_local"} for line in self.lines):
            return ()
        pairs = zip(self.names, self.profiles, strict=True)
        return tuple(name for name, profile in pairs if not field_of(profile).exact)

    @property
    def at_least(self) -> tuple[str, ...]:
        """The networks whose MACs are only a lower bound."""
        pairs = zip(self.names, self.profiles, strict=True)
        return tuple(name for name, profile in pairs if profile.totals.macs_counted.uncovered)

    @property
    def conditions(self) -> tuple[Assumption, ...]:
        """The assumptions about letters of all the networks."""
        return _assumed(self.profiles)

    def own(self, i: int) -> tuple[list[OwnRows], list[OwnRows]]:
        """The rows that only the first network has, and those that only the i-th has; equal layers cancel."""
        first, other = (
            Counter(_alike(row) for row in profile.rows if not row.auxiliary)
            for profile in (self.profiles[0], self.profiles[i])
        )
        return _only(self.profiles[0], first - other), _only(self.profiles[i], other - first)

    def at(self, values: Mapping[str, int]) -> list[tuple[Any, ...]]:
        """The values of every line at these numbers, None for a network that cannot be built with them."""
        there = [not broken for broken in self.broken(values)]
        return [
            tuple(
                substitute(value, values) if stands else None for value, stands in zip(line.values, there, strict=True)
            )
            for line in self.lines
        ]

    def broken(self, values: Mapping[str, int]) -> list[tuple[Assumption, ...]]:
        """The assumptions of each network that these numbers violate."""
        return [
            tuple(
                one
                for one in profile.graph.conditions
                if set(letters(one.fact)) <= values.keys() and not holds(one.fact, values)
            )
            for profile in self.profiles
        ]

    def to_pandas(self) -> pd.DataFrame:
        """A data frame with a row for each measure that is a number, and a column for each network.

        Raises SpecError where pandas is missing.

        >>> from archcalc import compare
        >>> compare("vgg16", "vgg19", measures="params,depth").to_pandas().loc["depth"].to_dict()
        {'vgg16': 16, 'vgg19': 19}
        """
        frame: pd.DataFrame = Displayable.show(self, "pandas")
        return frame


def compare(
    profiles: Sequence[Profile], chosen: Sequence[Measure], points: Sequence[dict[str, int]] = ()
) -> Comparison:
    """The comparison of networks by the chosen measures, evaluated at some points.

    >>> from archcalc.profiling.engine import profile
    >>> from archcalc.network.measures import measures
    >>> from archcalc.language.shorthand import from_line
    >>> found = compare([profile(from_line(line)) for line in ("3 x conv3-C", "conv7-C")], measures("weights"))
    >>> found.lines[0].values, found.lines[0].against[0].ratio
    ((27*C**2, 49*C**2), Fraction(27, 49))
    """
    facts = [one.fact for one in _assumed(profiles)]
    lines = []
    for measure in chosen:
        values = tuple(measure.whole(profile) for profile in profiles)
        numbers = not any(isinstance(value, tuple) for value in values)
        lines.append(
            MeasureLine(
                measure,
                values,
                tuple(_against(values[0], value, facts) if numbers else None for value in values[1:]),
                tuple(
                    {letter: leading(value, letter) for letter in letters(value)} if numbers else {} for value in values
                ),
            )
        )
    return Comparison(tuple(profiles), tuple(lines), tuple(points))


def _assumed(profiles: Sequence[Profile]) -> tuple[Assumption, ...]:
    return strongest(one for profile in profiles for one in profile.graph.assumptions)


def _against(first: Any, other: Any, facts: Sequence[Any]) -> Against:
    difference = as_int(first - other)
    # Common factors of both values may cancel.
    shared = None if other == 0 else ratio(first, other)
    limits = {} if shared is None else {letter: limit(first, other, letter) for letter in letters(shared)}
    sign = same_sign(difference)
    names = letters(sign)
    letter = names[0] if len(names) == 1 else ""
    found = sign_runs(sign, letter) if len(names) < 2 else None
    return Against(difference, shared, limits, letter, None if found is None else tuple(restrict(found, letter, facts)))


def _alike(row: Row) -> tuple[Any, ...]:
    """The properties that two rows of equal cost share."""
    return row.kind, row.settings, row.inputs, row.output, row.weights, row.biases, row.activations


def _only(profile: Profile, left: Counter[tuple[Any, ...]]) -> list[OwnRows]:
    found = []
    for row in profile.rows:
        times = left.pop(_alike(row), 0)
        if times:
            found.append(OwnRows(row, times))
    return found


def points_of(values: Sequence[tuple[str, tuple[int, ...]]]) -> list[dict[str, int]]:
    """Every combination of some values for letters; raises SpecError if there are too many to read.

    >>> points_of([("C", (64, 128)), ("H", (7,))])
    [{'C': 64, 'H': 7}, {'C': 128, 'H': 7}]
    """
    count = math.prod(len(numbers) for _, numbers in values)
    if count > _MAX_POINTS:
        raise SpecError(f"{count:,} combinations of values; at most {_MAX_POINTS:,} are shown")
    names = [name for name, _ in values]
    return (
        [dict(zip(names, point, strict=True)) for point in product(*(numbers for _, numbers in values))]
        if values
        else []
    )
