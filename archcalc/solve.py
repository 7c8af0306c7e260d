"""The values of a letter for which a network meets its goals: exactly, over all whole numbers, where its measures are formulas."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Any

import msgspec

from archcalc.dims import written
from archcalc.errors import Place, Source, SpecError
from archcalc.measures import MEASURES
from archcalc.rows import Profile
from archcalc.signs import Run, combined, runs, within
from archcalc.spec.expression import evaluate
from archcalc.symbolic import holds, letters, value
from archcalc.units import Amount, suits, written_out

# Measures of values, which take four bytes each in single precision.
_STORED = frozenset({"params", "weights", "biases", "buffers", "activations"})
_SIGNS = {"<=": {-1, 0}, "<": {-1}, ">=": {0, 1}, ">": {1}, "=": {0}}
_COMPARISON = re.compile(r"<=|>=|==|=|<|>|≤|≥")
_SPELLED = {"==": "=", "≤": "<=", "≥": ">="}
# How far to look for a value that divides as it should.
_MOST_STEPS = 10_000


class Goal(msgspec.Struct, frozen=True):
    """A comparison of two expressions of measures, such as params <= 5M."""

    text: str
    left: str
    comparison: str
    right: str

    @property
    def measures(self) -> list[str]:
        """The measures that it speaks of."""
        return _spoken_of(f"{self.left} {self.right}")

    def difference(self, names: Mapping[str, Any]) -> Any:
        """The left side less the right one."""
        left, right = (evaluate(side, names, self.place(side)) for side in (self.left, self.right))
        if isinstance(left, (bool, str, tuple)) or isinstance(right, (bool, str, tuple)):
            raise SpecError(f"'{self.text[:60]}' does not compare numbers")
        return left - right

    def place(self, side: str) -> Place:
        """Where a side stands, units written out."""
        text = f"{self.left} {self.comparison} {self.right}"
        start = 0 if side == self.left else len(text) - len(side)
        return Place(Source("--for", text), 1, start + 1, start + len(side) + 1)

    def met(self, difference: Any) -> bool:
        """Whether it is met where the sides differ by so much."""
        return (difference > 0) - (difference < 0) in _SIGNS[self.comparison]


class Solution(msgspec.Struct, frozen=True):
    """The values of a letter that meet all goals: those in `runs` for which `where` holds too.

    `upto` is the largest value tried where values had to be tried one by one, and None where formulas decide for all.
    """

    letter: str
    goals: tuple[Goal, ...]
    runs: tuple[Run, ...]
    where: tuple[Any, ...]
    # The measures that the goals speak of, at the values around which they begin or cease to be met.
    values: dict[int, dict[str, Any]]
    smallest: int | None
    largest: int | None
    upto: int | None = None


def goal(text: str) -> Goal:
    """A goal as written, what has a unit of bytes being values of four bytes each; raises SpecError for what compares nothing.

    >>> goal("params <= 5M").right
    '5000000'
    """
    parts = _COMPARISON.split(text)
    if len(parts) != 2 or not all(part.strip() for part in parts):
        raise SpecError(f"'{text[:60]}' is not a goal", None, "such as params <= 5M, macs < 1.5G or bytes <= 64 MiB")
    found = _COMPARISON.search(text)
    sign = found[0] if found else ""
    measures = _spoken_of(written_out(" ".join(parts), lambda _: Fraction(0)))

    def number(found: Amount) -> Fraction:
        if found.noun and not suits(found.noun, measures):
            raise SpecError(f"'{text[:60]}' is not of {found.noun}")
        if not found.in_bytes or "bytes" in measures:
            return found.value
        if not set(measures) <= _STORED:
            raise SpecError(f"{min(set(measures) - _STORED)} is not in bytes")
        return found.value / 4

    left, right = (written_out(part.strip(), number, of_bytes="bytes" in measures) for part in parts)
    return Goal(" ".join(text.split()), left, _SPELLED.get(sign, sign), right)


def _spoken_of(text: str) -> list[str]:
    """The measures that an expression speaks of."""
    return [key for key in MEASURES if re.search(rf"\b{key}\b", text)]


def solve(of: Callable[[Any], Profile], letter: Any, goals: Sequence[Goal], upto: int) -> Solution:
    """The values of a letter for which the profile that `of` makes of it meets the goals; raises SpecError where none does.

    Where the network cannot be written down with the letter, each number up to `upto` is tried.
    """
    for one in goals:
        if not one.measures and str(letter) not in f"{one.left} {one.right}":
            raise SpecError(f"'{one.text}' speaks of no measure", None, f"there are {', '.join(MEASURES)}")
    try:
        profile = of(letter)
        differences = [one.difference(_names(profile, goals, letter)) for one in goals]
        parts = [runs(difference, str(letter)) for difference in differences]
    except SpecError as error:
        return _tried(of, str(letter), goals, upto, error)
    if any(part is None for part in parts):
        return _tried(of, str(letter), goals, upto, None)
    return _decided(profile, letter, goals, differences, [part or [] for part in parts])


def asked(profile: Profile, goals: Sequence[Goal]) -> set[str]:
    """The letters that goals depend on, of a network in which several are open."""
    open_ones = {str(letter): letter for shape in profile.graph.input for letter in getattr(shape, "free_symbols", ())}
    found: set[str] = set()
    for one in goals:
        found |= set(letters(one.difference(_names(profile, goals, 0) | open_ones)))
    return found


def _names(profile: Profile, goals: Sequence[Goal], letter: Any) -> dict[str, Any]:
    names = {key: MEASURES[key].of(profile) for one in goals for key in one.measures}
    return names | {str(letter): letter} if letters(letter) else names


def _decided(
    profile: Profile, letter: Any, goals: Sequence[Goal], differences: Sequence[Any], parts: Sequence[list[Run]]
) -> Solution:
    """The solution where every goal is a formula in the letter."""
    name = str(letter)
    facts: list[Any] = [one.fact for one in profile.graph.conditions if name in letters(one.fact)]
    others = sorted({found for fact in facts for found in letters(fact)} - {name})
    if others:
        raise SpecError(f"whether the network stands depends on {', '.join(others)} too", None, "give them a value")
    allowed = [
        [run for run in part if run.sign is None or run.sign in _SIGNS[one.comparison]]
        for one, part in zip(goals, parts, strict=True)
    ]
    found = [Run(run.start, run.stop, 1) for run in within(_joined(combined(allowed)), name, facts)]
    where = tuple(
        fact for fact in facts if type(fact).__name__ not in {"GreaterThan", "LessThan"} or fact.lhs != letter
    )

    def meets(x: int) -> bool:
        at = {name: x}
        return all(holds(fact, at) for fact in where) and all(
            one.met(_number(difference, at)) for one, difference in zip(goals, differences, strict=True)
        )

    smallest = next((x for run in found for x in _up(run) if meets(x)), None)
    largest = None
    if found and found[-1].stop is not None:
        largest = next((x for run in reversed(found) for x in _down(run) if meets(x)), None)
    if smallest is None:
        first = within([Run(1, None, 1)], name, facts)
        at = next((x for run in first for x in _up(run) if all(holds(fact, {name: x}) for fact in where)), None)
        raise _none(name, goals, [] if at is None else [(at, _at(profile, goals, {name: at}))])
    edges = {x for x in (smallest, largest) if x is not None}
    edges |= (
        {x for run in found for x in (run.start - 1, run.start, run.stop, run.stop + 1 if run.stop else None) if x}
        if not where
        else set()
    )
    shown = [x for x in sorted(edges) if all(holds(fact, {name: x}) for fact in facts)]
    values = {x: _at(profile, goals, {name: x}) for x in shown[:4] + shown[-4:]}
    return Solution(name, tuple(goals), tuple(found), where, values, smallest, largest)


def _joined(found: list[Run]) -> list[Run]:
    """Runs that follow each other as one."""
    joined: list[Run] = []
    for run in sorted(found, key=lambda run: run.start):
        if joined and joined[-1].stop is not None and joined[-1].stop + 1 == run.start:
            joined[-1] = Run(joined[-1].start, run.stop, 1)
        else:
            joined.append(Run(run.start, run.stop, 1))
    return joined


def _up(run: Run) -> Iterator[int]:
    stop = run.start + _MOST_STEPS
    return iter(range(run.start, stop if run.stop is None else min(run.stop + 1, stop)))


def _down(run: Run) -> Iterator[int]:
    stop = run.stop or run.start
    return iter(range(stop, max(run.start - 1, stop - _MOST_STEPS), -1))


def _number(formula: Any, at: Mapping[str, int]) -> Any:
    return value(formula, at) if letters(formula) else formula


def _at(profile: Profile, goals: Sequence[Goal], at: Mapping[str, int]) -> dict[str, Any]:
    return {key: _number(MEASURES[key].of(profile), at) for one in goals for key in one.measures}


def _tried(
    of: Callable[[Any], Profile], name: str, goals: Sequence[Goal], upto: int, why: SpecError | None
) -> Solution:
    """The solution by trying every number."""
    met: list[int] = []
    values: dict[int, dict[str, Any]] = {}
    refused = why
    for x in range(1, upto + 1):
        try:
            profile = of(x)
        except SpecError as error:
            refused = error
            continue
        names = _names(profile, goals, x) | {name: x}
        if others := sorted({letter for number in names.values() for letter in letters(number)}):
            raise SpecError(f"the goal depends on {', '.join(others)} too", None, "give them a value")
        values[x] = {key: names[key] for one in goals for key in one.measures}
        if all(one.met(one.difference(names)) for one in goals):
            met.append(x)
    if not values and refused is not None:
        raise refused
    if not met:
        closest = min(values, key=lambda x: max(abs(one.difference(values[x] | {name: x})) for one in goals))
        raise _none(name, goals, [(closest, values[closest])], upto)
    found = _joined([Run(x, x, 1) for x in met])
    edges = sorted(
        {x for run in found for x in (run.start - 1, run.start, run.stop or 0, (run.stop or 0) + 1)} & values.keys()
    )
    shown = {x: values[x] for x in edges[:4] + edges[-4:]}
    # Met up to where trying ended, it may be met beyond.
    largest = None if met[-1] == upto else met[-1]
    return Solution(name, tuple(goals), tuple(found), (), shown, met[0], largest, upto)


def _none(
    name: str, goals: Sequence[Goal], near: list[tuple[int, dict[str, Any]]], upto: int | None = None
) -> SpecError:
    tried = f"no {name} from 1 to {upto}" if upto else f"no {name}"
    said = [
        f"at {name} = {x:,}, {', '.join(f'{MEASURES[key].title} is {written(number)}' for key, number in values.items())}"
        for x, values in near
    ]
    return SpecError(f"{tried} meets {' and '.join(one.text for one in goals)}", None, *said)
