"""Networks side by side: each measure, what lies between them, where one becomes the cheaper, and which layers it comes from."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import product
from typing import TYPE_CHECKING, Any

import msgspec

from archcalc.display import Displayable, brief
from archcalc.errors import SpecError
from archcalc.network.graph import Assumption, strongest
from archcalc.network.measures import Measure, field_of
from archcalc.profiling.rows import Profile, Row
from archcalc.symbols.dims import as_int
from archcalc.symbols.evaluate import Leading, holds, leading, letters, limit, ratio, substitute
from archcalc.symbols.sign_runs import SignRun, restrict, same_sign, sign_runs

if TYPE_CHECKING:
    import pandas as pd

_MAX_POINTS = 1_000


class Against(msgspec.Struct, frozen=True):
    """One network's measure beside the first one's.

    `limits` holds what the ratio comes to as a letter grows, for each letter it depends on. `runs` says for every value of
    `letter` which is the smaller, -1 where the first is, or is None where that depends on several letters or cannot be told.
    """

    difference: Any
    ratio: Any
    limits: dict[str, Any]
    letter: str = ""
    runs: tuple[SignRun, ...] | None = None


class MeasureLine(msgspec.Struct, frozen=True):
    """A measure of every network, and of every further one against the first; None where a measure is no number."""

    measure: Measure
    values: tuple[Any, ...]
    against: tuple[Against | None, ...]
    # How each value grows with each of its letters.
    growth: tuple[dict[str, Leading | None], ...]


class OwnRows(msgspec.Struct, frozen=True):
    """The rows that one network has and the other does not, alike rows taken together, with how many there are."""

    row: Row
    times: int


class Comparison(Displayable, msgspec.Struct, frozen=True):
    """Networks side by side, the first being what the others are held against."""

    profiles: tuple[Profile, ...]
    lines: tuple[MeasureLine, ...]
    points: tuple[dict[str, int], ...] = ()

    def __repr__(self) -> str:
        return brief(self, f"of {', '.join(self.names)}")

    @property
    def names(self) -> tuple[str, ...]:
        """What the networks are called, told apart by what they are given where two are of one name."""
        names = [profile.graph.name for profile in self.profiles]
        return tuple(name if names.count(name) == 1 else f"{name} ({i})" for i, name in enumerate(names, start=1))

    @property
    def bounded(self) -> tuple[str, ...]:
        """The networks whose receptive field is only known to hold all that is seen, if it is compared."""
        if not any(line.measure.key in {"rf", "rf_local"} for line in self.lines):
            return ()
        pairs = zip(self.names, self.profiles, strict=True)
        return tuple(name for name, profile in pairs if not field_of(profile).exact)

    @property
    def conditions(self) -> tuple[Assumption, ...]:
        """What is assumed of letters, of all the networks."""
        return _assumed(self.profiles)

    def own(self, i: int) -> tuple[list[OwnRows], list[OwnRows]]:
        """What only the first network has, and what only the i-th has: layers that both have alike cancel."""
        first, other = (
            Counter(_alike(row) for row in profile.rows if not row.auxiliary)
            for profile in (self.profiles[0], self.profiles[i])
        )
        return _only(self.profiles[0], first - other), _only(self.profiles[i], other - first)

    def at(self, values: Mapping[str, int]) -> list[tuple[Any, ...]]:
        """Every line's values with numbers for letters, None for a network that there is not with these."""
        there = [not broken for broken in self.broken(values)]
        return [
            tuple(
                substitute(value, values) if stands else None for value, stands in zip(line.values, there, strict=True)
            )
            for line in self.lines
        ]

    def broken(self, values: Mapping[str, int]) -> list[tuple[Assumption, ...]]:
        """What each network assumes of letters that does not hold for these numbers."""
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
    """The comparison of networks by some measures, with numbers for letters at some points.

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
    # What letters both have in the same way may cancel.
    shared = None if other == 0 else ratio(first, other)
    limits = {} if shared is None else {letter: limit(first, other, letter) for letter in letters(shared)}
    sign = same_sign(difference)
    names = letters(sign)
    letter = names[0] if len(names) == 1 else ""
    found = sign_runs(sign, letter) if len(names) < 2 else None
    return Against(difference, shared, limits, letter, None if found is None else tuple(restrict(found, letter, facts)))


def _alike(row: Row) -> tuple[Any, ...]:
    """What two rows must have in common to cost the same."""
    return row.kind, row.settings, row.inputs, row.output, row.weights, row.biases, row.activations


def _only(profile: Profile, left: Counter[tuple[Any, ...]]) -> list[OwnRows]:
    found = []
    for row in profile.rows:
        times = left.pop(_alike(row), 0)
        if times:
            found.append(OwnRows(row, times))
    return found


def points_of(values: Sequence[tuple[str, tuple[int, ...]]]) -> list[dict[str, int]]:
    """Every combination of some values for letters; raises SpecError where there are more than anyone reads.

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
