"""Formulas kept simple as they are made: roundings that merge, and facts about letters in the fewest words.

Every function here takes sympy expressions of whole, positive letters. Roundings of roundings become one:
⌊(⌊a/p⌋ + b)/q⌋ = ⌊(a + bp)/pq⌋ for whole b, and of ⌊(a + c)/m⌋ = ⌈(a + c − m + 1)/m⌉ the one with the smaller constant is kept (Graham,
Knuth and Patashnik, Concrete Mathematics, section 3.2). So five halvings of H are ⌊H/32⌋, or ⌈H/32⌉ if each rounds up.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any

_ROUNDINGS = ("floor", "ceiling")


@lru_cache(maxsize=8192)
def floored(ratio: Any) -> Any:
    """A formula with fractions in it, rounded down.

    >>> from archcalc.dims import symbol
    >>> H, W = symbol("H"), symbol("W")
    >>> floored(floored(H / 2) / 2), floored((floored((H + 1) / 2) + 1) / 2), floored(floored(W + H / 2) - 3)
    (floor(H/4), ceiling(H/4), W + floor(H/2) - 3)
    """
    import sympy  # noqa: PLC0415 - whoever has a formula has paid for it

    parts = terms(ratio)
    constant = parts.pop(None, sympy.Integer(0))
    if not all(term.is_integer for term in parts):
        return sympy.floor(ratio)
    whole = [c * term for term, c in parts.items() if c.q == 1]
    inside = {term: c for term, c in parts.items() if c.q != 1}
    # The terms come to a multiple of 1/bottom, so of the constant only whole multiples of that count.
    bottom = math.lcm(*(c.q for c in inside.values()))
    offset = int(constant * bottom // 1)
    if not inside:
        if offset and len(whole) == 1 and is_rounding(whole[0]):
            # ⌊(H − 4)/2⌋ − 4 is ⌊(H − 12)/2⌋.
            return floored(unrounded(whole[0]) + offset)
        return sympy.Add(*whole, offset)
    if len(inside) == 1:
        ((term, c),) = inside.items()
        if c.p == 1 and is_rounding(term):
            return sympy.Add(*whole, floored((unrounded(term) + offset) / bottom))
    shifted = sympy.Add(*(c * term for term, c in inside.items()))
    up = offset - bottom + 1
    kind, extra = (sympy.floor, offset) if abs(offset) <= abs(up) else (sympy.ceiling, up)
    # sympy would take every argument apart to look for what it can pull out, of which nothing is left.
    return sympy.Add(*whole, kind(sympy.Add(shifted, sympy.Rational(extra, bottom)), evaluate=False))


def ceiled(ratio: Any) -> Any:
    """A formula with fractions in it, rounded up.

    >>> from archcalc.dims import symbol
    >>> ceiled(ceiled(symbol("H") / 2) / 4)
    ceiling(H/8)
    """
    import sympy  # noqa: PLC0415 - whoever has a formula has paid for it

    parts = terms(ratio)
    if not all(term is None or term.is_integer for term in parts):
        return sympy.ceiling(ratio)
    # Of whole numbers, a/b rounded up is (a + b − 1)/b rounded down.
    bottom = math.lcm(*(c.q for c in parts.values()))
    return floored(ratio + sympy.Rational(bottom - 1, bottom))


def terms(formula: Any) -> dict[Any, Any]:
    """The terms of a sum with their coefficients, the constant under None."""
    import sympy  # noqa: PLC0415 - whoever has a formula has paid for it

    found: dict[Any, Any] = {}
    for part in sympy.Add.make_args(sympy.sympify(formula)):
        c, term = part.as_coeff_Mul(rational=True)
        if term.is_Number:
            c, term = c * term, sympy.Integer(1)
        key = None if term == 1 else term
        found[key] = found.get(key, 0) + c
    return {term: c for term, c in found.items() if c != 0}


@lru_cache(maxsize=8192)
def is_rounding(term: Any) -> bool:
    """Whether a term is whole numbers over a number, rounded up or down; of x over a letter less is known."""
    return type(term).__name__ in _ROUNDINGS and all(
        part is None or bool(part.is_integer) for part in terms(term.args[0])
    )


def unrounded(rounding: Any) -> Any:
    """The formula of which a rounding is the floor."""
    (inside,) = rounding.args
    if type(rounding).__name__ == "floor":
        return inside
    bottom = math.lcm(*(c.q for c in terms(inside).values()))
    return inside + (bottom - 1) / _whole(bottom)


def _whole(n: int) -> Any:
    import sympy  # noqa: PLC0415 - whoever has a formula has paid for it

    return sympy.Integer(n)


@lru_cache(maxsize=8192)
def comparable(formula: Any) -> Any:
    """The formula written out, every rounding a floor with a constant from 0 up to its divisor: equal formulas look equal.

    >>> from archcalc.dims import symbol
    >>> H = symbol("H")
    >>> comparable(floored((H - 1) / 2) + 1 - floored((H + 1) / 2))
    0
    """
    import sympy  # noqa: PLC0415 - whoever has a formula has paid for it

    changed = {}
    for rounding in filter(is_rounding, formula.atoms(sympy.floor, sympy.ceiling)):
        inside = unrounded(rounding)
        constant = terms(inside).get(None, sympy.Integer(0))
        pulled = constant.p // constant.q
        changed[rounding] = sympy.floor(inside - pulled, evaluate=False) + pulled
    return sympy.expand(formula.xreplace(changed)) if changed else sympy.expand(formula)


@lru_cache(maxsize=8192)
def nonnegative(formula: Any) -> Any:  # noqa: PLR0911 - each form of formula is settled in its own way
    """Whether a formula is at least 0: True, False, or the relation that it comes down to.

    >>> from archcalc.dims import symbol
    >>> H, W = symbol("H"), symbol("W")
    >>> nonnegative(floored(H / 4) - 2), nonnegative(H + W - 2), nonnegative(-H)
    (H >= 8, True, False)
    """
    import sympy  # noqa: PLC0415 - whoever has a formula has paid for it

    formula = comparable(formula)
    while True:
        parts = terms(formula)
        constant = parts.pop(None, sympy.Integer(0))
        if not parts:
            return bool(constant >= 0)
        if len(parts) > 1:
            break
        ((term, c),) = parts.items()
        bound = -constant / c
        if is_rounding(term):
            inside = unrounded(term)
            # ⌊x⌋ ≥ n where x ≥ n; ⌊x⌋ ≤ n where x < n + 1, which a fraction of the divisor falls short of.
            bottom = math.lcm(*(k.q for k in terms(inside).values()))
            at = sympy.ceiling(bound) if c > 0 else sympy.floor(bound) + 1 - sympy.Rational(1, bottom)
            formula = comparable(inside - at) if c > 0 else comparable(at - inside)
            continue
        if not term.is_Symbol:
            break
        if c > 0:
            n = sympy.ceiling(bound)
            return True if n <= 1 else fact(sympy.Ge(term, n))
        n = sympy.floor(bound)
        return False if n < 1 else fact(sympy.Le(term, n))
    if sorted(parts.values()) == [-1, 1] and all(map(is_rounding, parts)):
        # What is larger is no smaller when both are rounded down.
        (more,), (less,) = ([unrounded(term) for term, c in parts.items() if c == sign] for sign in (1, -1))
        constant = sympy.floor(constant)
        if nonnegative(more - less + constant) is True:
            return True
        if nonnegative(less - more - constant - 1) is True:
            return False
    # Every letter is 1 plus something nonnegative; said that way sympy settles sums it otherwise leaves open.
    shifted = sympy.expand(formula.xreplace({s: 1 + _rest(s) for s in formula.free_symbols}))
    if shifted.is_nonnegative:
        return True
    if shifted.is_negative:
        return False
    left = sympy.Add(*(c * term for term, c in parts.items()))
    return fact(sympy.Ge(left, -constant))


def fact(relation: Any) -> Any:
    """A relation of sympy's, as True or False where sympy finds it settled."""
    return relation if relation.free_symbols else bool(relation)


@lru_cache(maxsize=256)
def _rest(letter: Any) -> Any:
    import sympy  # noqa: PLC0415 - whoever has a formula has paid for it

    return sympy.Dummy(letter.name, integer=True, nonnegative=True)


@lru_cache(maxsize=8192)
def zero(formula: Any) -> Any:
    """Whether a formula is 0: True, False, or the equation that it comes down to.

    >>> from archcalc.dims import symbol
    >>> C = symbol("C")
    >>> zero(2 * C - 8), zero(2 * C - 7), zero(C + 3)
    (Eq(C, 4), False, False)
    """
    import sympy  # noqa: PLC0415 - whoever has a formula has paid for it

    formula = comparable(formula)
    if formula == 0:
        return True
    if nonnegative(formula - 1) is True or nonnegative(-formula - 1) is True:
        return False
    parts = terms(formula)
    constant = parts.pop(None, sympy.Integer(0))
    if len(parts) == 1:
        ((term, c),) = parts.items()
        return fact(sympy.Eq(term, -constant / c)) if (constant / c).is_integer or not term.is_integer else False
    left = sympy.Add(*(c * term for term, c in parts.items() if c > 0), *([constant] if constant > 0 else []))
    return fact(sympy.Eq(left, left - formula))


@lru_cache(maxsize=8192)
def divisible(formula: Any, k: Any) -> Any:
    """Whether k divides a formula: True, False, or the equation of a remainder that it comes down to.

    >>> from archcalc.dims import symbol
    >>> C = symbol("C")
    >>> divisible(8 * C, 4), divisible(6 * C, 4), divisible(2 * C + 1, 4)
    (True, Eq(Mod(C, 2), 0), False)
    """
    import sympy  # noqa: PLC0415 - whoever has a formula has paid for it

    formula, k = comparable(sympy.sympify(formula)), sympy.sympify(k)
    if (formula / k).is_integer:
        return True
    parts = terms(formula)
    if k.is_Integer and all(c.q == 1 for c in parts.values()) and all(t is None or t.is_integer for t in parts):
        left = {term: int(c) % int(k) for term, c in parts.items()}
        shared = math.gcd(int(k), *(c for term, c in left.items() if term is not None))
        if left.get(None, 0) % shared:
            return False
        k //= shared
        formula = sympy.Add(*(c // shared * (1 if term is None else term) for term, c in left.items()))
        if k == 1 or formula == 0:
            return True
    return fact(sympy.Eq(sympy.Mod(formula, k), 0))


def bounded_by(known: Any) -> tuple[Any, int]:
    """What a fact is about, and how much it asks of it: of two facts about the same, the one that asks more implies the other.

    >>> from archcalc.dims import at_least, symbol
    >>> bounded_by(at_least(symbol("H"), 5))
    ((<class 'sympy.core.relational.GreaterThan'>, H), 5)
    """
    name = type(known).__name__
    if name in {"GreaterThan", "LessThan"} and known.rhs.is_Integer:
        return (type(known), known.lhs), int(known.rhs) * (1 if name == "GreaterThan" else -1)
    return known, 0
