"""The whole numbers for which a formula is negative, zero or positive, exactly.

A formula in one letter x is here a polynomial apart from roundings and remainders, which repeat: on x = period·q + r it
is a polynomial in q for each r (a quasi-polynomial), and those have finitely many sign changes.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from fractions import Fraction
from itertools import pairwise
from typing import TYPE_CHECKING

import msgspec

from archcalc.symbols.dims import as_int
from archcalc.symbols.evaluate import is_cheap, letters, value
from archcalc.symbols.relations import nonnegative
from archcalc.symbols.simplify import canonical, is_rounding

if TYPE_CHECKING:
    import sympy

# A longer period comes from no real network, and would take long to enumerate.
MAX_PERIOD = 4096


class SignRun(msgspec.Struct, frozen=True):
    """A run from `start` to `stop`, or without end, with one sign of a formula: -1, 0 or 1, or None if it varies."""

    start: int
    stop: int | None
    sign: int | None


def same_sign(difference: sympy.Expr) -> sympy.Expr:
    """A formula with the same sign and as few letters as possible, without factors that are always positive."""
    difference = as_int(difference)
    if isinstance(difference, int):
        return difference
    for sign in (1, -1):
        if nonnegative(sign * difference - 1) is True:
            return sign
    if len(letters(difference)) < 2 or not is_cheap(difference):
        return difference
    import sympy  # noqa: PLC0415 - whoever has a formula has paid for it

    constant, factors = sympy.factor_list(canonical(difference))
    left = sympy.Integer(1 if constant > 0 else -1)
    for factor, times in factors:
        if nonnegative(factor - 1) is True:
            continue
        left *= (
            -1
            if nonnegative(-factor - 1) is True and times % 2
            else 1
            if nonnegative(-factor - 1) is True
            else factor**times
        )
    return int(left) if left.is_Integer else left


def sign_runs(difference: sympy.Expr, letter: str) -> list[SignRun] | None:
    """The sign of a formula in one letter for every positive whole number, or None if it is not a quasi-polynomial.

    >>> from archcalc.symbols.dims import floor_div, symbol
    >>> sign_runs(symbol("C") ** 2 - 9, "C")
    [SignRun(start=1, stop=2, sign=-1), SignRun(start=3, stop=3, sign=0), SignRun(start=4, stop=None, sign=1)]
    """
    found = signs_by_remainder(difference, letter)
    return None if found is None else _merged(found)


def signs_by_remainder(difference: sympy.Expr, letter: str) -> list[list[tuple[int, int]]] | None:
    """For each remainder of a period, the sign changes of a formula, as (first number, sign).

    None if the formula is not a quasi-polynomial in the letter. The first starts of a remainder may lie below 1.
    """
    difference = as_int(difference) if not isinstance(difference, Fraction) else difference
    if isinstance(difference, (int, Fraction)):
        return [[(0, _sign(difference))]]
    period, power, scale = _period(difference), _power(difference, letter), _denominator(difference)
    if set(letters(difference)) != {letter} or period is None or power is None or scale is None:
        return None
    if period > MAX_PERIOD:
        return None
    found = []
    for remainder in range(period):
        samples = [scale * value(difference, {letter: period * q + remainder}) for q in range(power + 1)]
        found.append([(period * q + remainder, sign) for q, sign in _changes(list(map(int, samples)))])
    return found


def _merged(found: list[list[tuple[int, int]]]) -> list[SignRun]:
    """The runs of all remainders merged, from the sign changes of each."""
    period = len(found)
    starts: dict[int, dict[int, int]] = {}
    for remainder, changes in enumerate(found):
        for start, sign in changes:
            starts.setdefault(start, {})[remainder] = sign
    signs: list[int | None] = [None] * period
    merged: list[SignRun] = []

    def add(start: int, stop: int | None, sign: int | None) -> None:
        if merged and merged[-1].sign == sign:
            start = merged.pop().start
        if stop is None or stop >= max(start, 1):
            merged.append(SignRun(max(start, 1), stop, sign))

    for here, following in pairwise([*sorted(starts), None]):
        for remainder, sign in starts[here or 0].items():
            signs[remainder] = sign
        start = here or 0
        known = [sign for sign in signs if sign is not None]
        if len(known) == period and len(set(known)) == 1:
            add(start, None if following is None else following - 1, known[0])
        elif following is None or following - start > 2 * period:
            add(start, None if following is None else following - 1, None)
        else:
            for x in range(start, following):
                add(x, x, signs[x % period])
    return merged


def _changes(samples: list[int]) -> list[tuple[int, int]]:
    """The sign changes of the polynomial through values at 0, 1, 2, ..., over all whole numbers from 0 on."""
    # Newton's form: the differences of every order at 0. Those from one order on are those of the polynomial's own
    # difference.
    orders = []
    while samples:
        orders.append(samples[0])
        samples = [b - a for a, b in pairwise(samples)]
    while orders and orders[-1] == 0:
        orders.pop()
    if not orders:
        return [(0, 0)]

    def order(k: int, q: int) -> int:
        return sum(c * math.comb(q, j) for j, c in enumerate(orders[k:]))

    # From `far` on all differences have the sign of the highest, so no sign changes any more.
    far, top = 1, _sign(orders[-1])
    while any(_sign(order(k, far)) != top for k in range(len(orders))):
        far *= 2
    cuts = [0, far]
    # Between the cuts of its difference a polynomial rises or falls, and changes sign twice at most: to 0 and from it.
    for k in range(len(orders) - 1, -1, -1):
        inner = set(cuts)
        for a, b in pairwise(cuts):
            for sign in {_sign(order(k, a)), 0}:
                low, high = a, b
                if _leaves(order(k, low), order(k, high), sign):
                    while high - low > 1:
                        middle = (low + high) // 2
                        low, high = (low, middle) if _leaves(order(k, a), order(k, middle), sign) else (middle, high)
                    inner |= {low, high}
        # A difference describes the step to the next value, so its cut may be off by one.
        cuts = sorted(inner | {q + 1 for q in inner if q < far})
    found: list[tuple[int, int]] = []
    for q in cuts:
        sign = _sign(order(0, q))
        if not found or found[-1][1] != sign:
            found.append((q, sign))
    return found


def _leaves(a: int, b: int, sign: int) -> bool:
    """True if a value going from a to b has left the given sign, or for sign 0 has crossed 0."""
    return _sign(b) != sign if sign else _sign(a) * _sign(b) < 0


def _sign(n: sympy.Expr) -> int:
    return int(n > 0) - int(n < 0)


def _power(formula: sympy.Expr, letter: str) -> int | None:
    """The highest power of a letter in a formula, or None if it is not made of powers."""
    if letter not in letters(formula) or type(formula).__name__ in {"Mod", "gcd"}:
        return 0
    if formula.is_Symbol:
        return 1
    if formula.is_Pow and formula.exp.is_Integer and formula.exp > 0:
        inner = _power(formula.base, letter)
        return None if inner is None else inner * int(formula.exp)
    if not (formula.is_Add or formula.is_Mul or is_rounding(formula)):
        return None
    parts = [_power(part, letter) for part in formula.args]
    known = [part for part in parts if part is not None]
    return None if len(known) < len(parts) else sum(known) if formula.is_Mul else max(known)


def _period(formula: sympy.Expr) -> int | None:
    """The period of the roundings and remainders in a formula, or None if they do not repeat."""
    inner = [_period(part) for part in formula.args]
    if None in inner:
        return None
    period = math.lcm(*(n for n in inner if n is not None))
    name = type(formula).__name__
    if is_rounding(formula):
        divisor = _denominator(formula.args[0])
        return None if divisor is None else period * divisor
    if name in {"Mod", "gcd"}:
        inside, number = formula.args if formula.args[1].is_Integer else formula.args[::-1]
        divisor = _denominator(inside)
        # A remainder by a multiple of a letter does not repeat.
        if divisor is None or not number.is_Integer or (name == "Mod" and number is not formula.args[1]):
            return None
        return period * divisor * abs(int(number))
    return period


def _denominator(formula: sympy.Expr) -> int | None:
    """The factor by which a formula becomes whole for whole letters, or None if there is none."""
    if formula.is_Rational:
        return int(formula.q)
    if formula.is_Symbol or is_rounding(formula) or type(formula).__name__ == "gcd":
        return 1
    parts = [_denominator(part) for part in formula.args]
    known = [part for part in parts if part is not None]
    if len(known) < len(parts):
        return None
    if formula.is_Pow:
        return known[0] ** int(formula.exp) if formula.exp.is_Integer and formula.exp > 0 else None
    return math.prod(known) if formula.is_Mul else math.lcm(*known)


def restrict(found: Iterable[SignRun], letter: str, facts: Iterable[sympy.Basic]) -> list[SignRun]:
    """Runs cut to the values of a letter that facts such as H ≥ 32 allow.

    >>> from archcalc.symbols.dims import at_least, symbol
    >>> restrict([SignRun(1, 8, 1), SignRun(9, None, -1)], "H", [at_least(symbol("H"), 5)])
    [SignRun(start=5, stop=8, sign=1), SignRun(start=9, stop=None, sign=-1)]
    """
    allowed = SignRun(1, None, 1)
    for fact in facts:
        left, right = fact.args[:2]
        name = type(fact).__name__
        if type(left).__name__ == "Mod" and left.args[0].is_Integer and str(left.args[1]) == letter:
            # A divisor of a number is not larger than it.
            name, left, right = "LessThan", left.args[1], left.args[0]
        if str(left) != letter or not right.is_Integer:
            continue
        n = int(right)
        low = n if name in {"GreaterThan", "Equality"} else 1
        high = n if name in {"LessThan", "Equality"} else None
        allowed = next(iter(intersect([[allowed], [SignRun(low, high, 1)]])), SignRun(1, 0, 1))
    return intersect([found, [allowed]])


def intersect(parts: Iterable[Iterable[SignRun]]) -> list[SignRun]:
    """The values that are in a run of every part, with the sign they have in the first.

    >>> intersect([[SignRun(1, 8, -1)], [SignRun(1, 4, 0), SignRun(5, None, 1)]])
    [SignRun(start=1, stop=4, sign=-1), SignRun(start=5, stop=8, sign=-1)]
    """
    first, *others = parts
    found = list(first)
    for other in map(list, others):
        found = [
            SignRun(max(a.start, b.start), stop, a.sign)
            for a in found
            for b in other
            for stop in [min((end for end in (a.stop, b.stop) if end is not None), default=None)]
            if stop is None or stop >= max(a.start, b.start)
        ]
    return found
