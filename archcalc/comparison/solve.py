"""The values of a letter for which a network meets its goals: exact where its measures are formulas."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Any

import msgspec

from archcalc.comparison.goal import SIGNS, Goal, measured, title
from archcalc.errors import SpecError, nearest
from archcalc.network.facts import Assumption
from archcalc.network.limits import TooDeepError
from archcalc.network.measures import MEASURES
from archcalc.profiling.rows import Profile
from archcalc.symbols.dims import format_dim
from archcalc.symbols.evaluate import letters, substitute
from archcalc.symbols.holding import holding, where
from archcalc.symbols.periodic import Numbers, Stretch, common, listed, period_of

# The longest period of a set of solutions; longer ones come from no real network and take long to enumerate.
_MAX_PERIOD = 1 << 16
# The numbers tried first, to check the conditions that sizes must agree.
_FIRST = 24
_MAX_FIRST = 64
# The last number tried if no limit is given.
_USUALLY = 200
# Trying stops once measures are monotone over _ENOUGH values and settled over the last _SETTLED of them.
_ENOUGH = 8
_SETTLED = 3


class Solution(msgspec.Struct, frozen=True):
    """The values of a letter that meet all goals: those of `numbers`, or of `stretches` where `where` holds.

    `upto` is the largest value tried if values had to be tried one by one, or None if formulas decide for all.
    `settled` is true if trying ended because both sides of the goals were monotone and had passed the point where they
    change.
    """

    letter: str
    goals: tuple[Goal, ...]
    numbers: Numbers
    stretches: tuple[Stretch, ...]
    where: tuple[Assumption, ...]
    # The measures in the goals, at the values where the goals begin or cease to be met.
    values: dict[int, dict[str, Any]]
    upto: int | None = None
    settled: bool = False

    @property
    def smallest(self) -> int | None:
        """The smallest value, or None if there is none."""
        return self.numbers.smallest

    @property
    def largest(self) -> int | None:
        """The largest value, or None if there is no end or none was found by trying."""
        largest = self.numbers.largest
        return None if largest == self.upto else largest


def solve(of: Callable[[Any], Profile], letter: Any, goals: Sequence[Goal], upto: int | None = None) -> Solution:
    """The values of a letter for which the profile `of` makes of it meets the goals; raises SpecError if none does.

    If the network cannot be built with the letter, or its formulas do not decide, each number up to `upto` is tried.
    """
    for one in goals:
        if not one.measures and str(letter) not in f"{one.left} {one.right}":
            words = re.findall(r"[^\W\d]\w+", f"{one.left} {one.right}")
            close = next(filter(None, (nearest(word, list(MEASURES)) for word in words)), "")
            raise SpecError(f"'{one.text}' speaks of no measure", None, close, f"there are {', '.join(MEASURES)}")
    try:
        profile = of(letter)
        differences = [one.difference(_names(profile, goals, letter)) for one in goals]
    except SpecError as error:
        return _tried(of, str(letter), goals, upto, error)
    found = _decided(profile, str(letter), goals, differences)
    if found is None or not _stands(of, found, goals):
        return _tried(of, str(letter), goals, upto, None)
    if found.numbers.smallest is None:
        first = found.allowed.smallest
        raise _none(str(letter), goals, [] if first is None else [(first, _at(profile, goals, {str(letter): first}))])
    return found.solution


def asked(profile: Profile, goals: Sequence[Goal]) -> set[str]:
    """The letters that the goals depend on, or all open letters if they depend on none."""
    shapes = tuple(node.shape for node in profile.graph.nodes)
    facts = [one.fact for one in profile.graph.conditions]
    names = {name for part in (*shapes, *facts) for name in letters(part)}
    open_ones = {str(letter): letter for part in (*shapes, *facts) for letter in _symbols(part)}
    found: set[str] = set()
    for one in goals:
        found |= set(letters(one.difference(_names(profile, goals, 0) | open_ones)))
    return found or names


def _symbols(part: Any) -> set[Any]:
    parts = part if isinstance(part, tuple) else (part,)
    return {letter for one in parts for letter in getattr(one, "free_symbols", ())}


def _keys(goals: Sequence[Goal]) -> list[str]:
    return [key for one in goals for key in one.measures]


def _names(profile: Profile, goals: Sequence[Goal], letter: Any) -> dict[str, Any]:
    names = {key: measured(profile, key) for key in _keys(goals)}
    return names | {str(letter): letter} if letters(letter) else names


class _Decided(msgspec.Struct, frozen=True):
    """A solution decided by formulas, the values for which the network exists, and its profile."""

    solution: Solution
    allowed: Numbers
    profile: Profile

    @property
    def numbers(self) -> Numbers:
        return self.solution.numbers


def _decided(profile: Profile, name: str, goals: Sequence[Goal], differences: Sequence[Any]) -> _Decided | None:
    """The solution if every goal is a formula in the letter and every condition a fact about it, else None."""
    conditions = [one for one in profile.graph.conditions if name in letters(one.fact)]
    facts = [one.fact for one in conditions]
    others = sorted({found for fact in (*facts, *differences) for found in letters(fact)} - {name})
    if others:
        raise SpecError(f"whether the network stands depends on {', '.join(others)} too", None, "give them a value")
    met = [where(difference, name, SIGNS[one.comparison]) for one, difference in zip(goals, differences, strict=True)]
    held = [holding(fact, name) for fact in facts]
    known = [one for one in (*met, *held) if one is not None]
    if len(known) < len(met) + len(held) or period_of(known) > _MAX_PERIOD:
        return None
    goals_met, allowed = common(*known[: len(met)]), common(*known[len(met) :])
    numbers = common(goals_met, allowed)
    # Conditions of divisibility are stated as such, and the others cut the stretches.
    apart = [one for one in conditions if _repeats(one.fact)]
    plain = [one for fact, one in zip(facts, known[len(met) :], strict=True) if not _repeats(fact)]
    ends = Numbers(1, (((allowed.smallest or 1, None if _endless(allowed) else allowed.largest),),))
    stretches = common(goals_met, ends, *plain).stretches()
    edges = {x for x in (numbers.smallest, numbers.largest) if x is not None}
    if not apart:
        edges |= _edges(stretches)
    shown = [x for x in sorted(edges) if x in allowed]
    values = {x: _at(profile, goals, {name: x}) for x in shown[:4] + shown[-4:]}
    solution = Solution(name, tuple(goals), numbers, tuple(stretches), tuple(apart), values)
    return _Decided(solution, allowed, profile)


def _repeats(fact: Any) -> bool:
    """True if a fact is a condition of divisibility."""
    return type(fact).__name__ == "Equality" and type(fact.lhs).__name__ == "Mod"


def _endless(numbers: Numbers) -> bool:
    return numbers.largest is None and numbers.smallest is not None


def _edges(stretches: Iterable[Stretch]) -> set[int]:
    """The numbers at which stretches begin and end, and their neighbours."""
    edges = {x for one in stretches for x in (one.start - 1, one.start)}
    edges |= {x for one in stretches if one.stop is not None for x in (one.stop, one.stop + 1)}
    return edges - {0}


def _stands(of: Callable[[Any], Profile], found: _Decided, goals: Sequence[Goal]) -> bool:
    """True if the networks at the numbers where the answer changes agree with the formulas, as a check on these."""
    ends = {1, 2, *(x + d for x in (found.allowed.smallest, found.allowed.largest) if x for d in (-1, 0, 1))}
    facts = {type(one.fact).__name__ for one in found.profile.graph.conditions}
    # A bound is right if its end is. Sizes that must agree may do so at numbers that the formulas miss, and a receptive
    # field may change its form with the number.
    plain = facts <= {"GreaterThan", "LessThan"} and not any(key.startswith("rf") for key in _keys(goals))
    first = range(1, 1) if plain else range(1, max(_FIRST, 2 * found.allowed.period) + 1)
    for x in sorted({*found.solution.values, *ends, *first[:_MAX_FIRST]} - {0}):
        try:
            profile = of(x)
        except TooDeepError:
            # Nothing is known against the formulas.
            continue
        except SpecError:
            if x in found.allowed:
                return False
            continue
        if x not in found.allowed or _names(profile, goals, x) != _at(found.profile, goals, {found.solution.letter: x}):
            return False
    return True


def _at(profile: Profile, goals: Sequence[Goal], point: Mapping[str, int]) -> dict[str, Any]:
    found = {key: measured(profile, key) for key in _keys(goals)}
    return {key: substitute(formula, point) for key, formula in found.items()}


def _tried(
    of: Callable[[Any], Profile], name: str, goals: Sequence[Goal], upto: int | None, why: SpecError | None
) -> Solution:
    """The solution found by trying every number, up to `upto` or until settled."""
    values: dict[int, dict[str, Any]] = {}
    compared: dict[int, list[Any]] = {}
    refused = why
    tried, settled = 0, False
    for x in range(1, (upto or _USUALLY) + 1):
        tried = x
        try:
            profile = of(x)
        except SpecError as error:
            refused = error
            continue
        names = _names(profile, goals, x) | {name: x}
        if others := sorted({letter for number in names.values() for letter in letters(number)}):
            raise SpecError(f"the goal depends on {', '.join(others)} too", None, "give them a value")
        values[x] = {key: names[key] for key in _keys(goals)}
        compared[x] = [one.difference(names) for one in goals]
        settled = upto is None and _settled(goals, list(compared.values()))
        if settled:
            break
    if not values and refused is not None:
        raise refused
    met = [x for x, of_x in compared.items() if all(one.met(n) for one, n in zip(goals, of_x, strict=True))]
    if not met:
        closest = min(compared, key=lambda x: max(map(abs, compared[x])))
        raise _none(name, goals, [(closest, values[closest])], tried)
    numbers = listed(met)
    stretches = numbers.stretches()
    edges = sorted(_edges(stretches) & values.keys())
    shown = {x: values[x] for x in edges[:4] + edges[-4:]}
    return Solution(name, tuple(goals), numbers, tuple(stretches), (), shown, tried, settled)


def _settled(goals: Sequence[Goal], compared: Sequence[Sequence[Any]]) -> bool:
    """True if the last numbers settle the goals, provided that each difference stays monotone."""
    if len(compared) < _ENOUGH:
        return False
    for one, differences in zip(goals, zip(*compared, strict=True), strict=True):
        last = differences[-_SETTLED:]
        rises, falls = (all((b - a) * way >= 0 for a, b in pairwise(differences)) for way in (1, -1))
        stays = (rises and falls) or (rises and last[0] > 0) or (falls and last[0] < 0)
        if stays and not one.met(last[0]):
            return True
        if not stays:
            return False
    return True


def _none(
    name: str, goals: Sequence[Goal], near: list[tuple[int, dict[str, Any]]], upto: int | None = None
) -> SpecError:
    tried = f"no {name} from 1 to {upto}" if upto else f"no {name}"
    said = [
        f"at {name} = {x:,}, {', '.join(f'{title(key)} is {format_dim(number)}' for key, number in values.items())}"
        for x, values in near
    ]
    return SpecError(f"{tried} meets {' and '.join(one.text for one in goals)}", None, *said)
