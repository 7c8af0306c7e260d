"""Simplification of formulas as they are made: roundings that merge, and equal formulas that look equal.

Every function here takes sympy expressions of whole, positive letters. Roundings of roundings become one:
⌊(⌊a/p⌋ + b)/q⌋ = ⌊(a + bp)/pq⌋ for whole b, and of ⌊(a + c)/m⌋ = ⌈(a + c − m + 1)/m⌉ the one with the smaller constant
is kept (Graham, Knuth and Patashnik, Concrete Mathematics, section 3.2). So five halvings of H are ⌊H/32⌋, or ⌈H/32⌉
if each rounds up.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import sympy

_ROUNDINGS = ("floor", "ceiling")


@lru_cache(maxsize=8192)
def floor(ratio: sympy.Expr) -> sympy.Expr:
    """A formula with fractions in it, rounded down.

    >>> from archcalc.symbols.dims import symbol
    >>> H, W = symbol("H"), symbol("W")
    >>> floor(floor(H / 2) / 2), floor((floor((H + 1) / 2) + 1) / 2), floor(floor(W + H / 2) - 3)
    (floor(H/4), ceiling(H/4), W + floor(H/2) - 3)
    """
    import sympy  # noqa: PLC0415 - whoever has a formula has paid for it

    parts = terms(ratio)
    constant = parts.pop(None, sympy.Integer(0))
    if not all(map(integral, parts)):
        return _rounded(sympy.floor, parts, constant)
    whole = [c * term for term, c in parts.items() if c.q == 1]
    inside = {term: c for term, c in parts.items() if c.q != 1}
    # The terms are a multiple of 1/bottom, so only whole multiples of that count in the constant.
    bottom = math.lcm(*(c.q for c in inside.values()))
    offset = int(constant * bottom // 1)
    if not inside:
        if offset and len(whole) == 1 and is_rounding(whole[0]):
            # ⌊(H − 4)/2⌋ − 4 is ⌊(H − 12)/2⌋.
            return floor(floor_argument(whole[0]) + offset)
        return sympy.Add(*whole, offset)
    if len(inside) == 1:
        ((term, c),) = inside.items()
        if c.p == 1 and is_rounding(term):
            return sympy.Add(*whole, floor((floor_argument(term) + offset) / bottom))
    shifted = sympy.Add(*(c * term for term, c in inside.items()))
    up = offset - bottom + 1
    kind, extra = (sympy.floor, offset) if abs(offset) <= abs(up) else (sympy.ceiling, up)
    # sympy would search every argument for whole parts to pull out, of which none are left.
    return sympy.Add(*whole, kind(sympy.Add(shifted, sympy.Rational(extra, bottom)), evaluate=False))


def ceil(ratio: sympy.Expr) -> sympy.Expr:
    """A formula with fractions in it, rounded up.

    >>> from archcalc.symbols.dims import symbol
    >>> ceil(ceil(symbol("H") / 2) / 4)
    ceiling(H/8)
    """
    import sympy  # noqa: PLC0415 - whoever has a formula has paid for it

    parts = terms(ratio)
    if not all(term is None or integral(term) for term in parts):
        return _rounded(sympy.ceiling, parts, parts.pop(None, sympy.Integer(0)))
    # For whole numbers, a/b rounded up is (a + b − 1)/b rounded down.
    bottom = math.lcm(*(c.q for c in parts.values()))
    return floor(ratio + sympy.Rational(bottom - 1, bottom))


def _rounded(kind: type[sympy.Function], parts: dict[sympy.Expr, sympy.Expr], constant: sympy.Expr) -> sympy.Expr:
    """A rounding of terms some of which are not whole numbers over a number, such as H/W, with whole parts outside."""
    import sympy  # noqa: PLC0415 - whoever has a formula has paid for it

    whole = {term: c for term, c in parts.items() if c.q == 1 and integral(term)}
    inside = [c * term for term, c in parts.items() if term not in whole]
    pulled = constant.p // constant.q
    rest = kind(sympy.Add(*inside, constant - pulled), evaluate=False)
    return sympy.Add(*(c * term for term, c in whole.items()), pulled, rest)


def integral(formula: sympy.Expr) -> bool:
    """True if a formula is visibly whole for all letters: made of them by sums, products, powers and roundings.

    sympy's own answer is not used: it takes C·(2C + 2)/6 for a whole number.
    """
    if formula.is_Symbol or formula.is_Integer or type(formula).__name__ in {*_ROUNDINGS, "gcd"}:
        return True
    if formula.is_Pow:
        return bool(formula.exp.is_Integer and formula.exp >= 0) and integral(formula.base)
    known = formula.is_Add or formula.is_Mul or type(formula).__name__ in {"Min", "Max", "Mod"}
    return known and all(map(integral, formula.args))


def terms(formula: sympy.Expr) -> dict[sympy.Expr, sympy.Expr]:
    """The terms of a sum with their coefficients, the constant under None."""
    import sympy  # noqa: PLC0415 - whoever has a formula has paid for it

    found: dict[sympy.Expr, sympy.Expr] = {}
    for part in sympy.Add.make_args(sympy.sympify(formula)):
        c, term = part.as_coeff_Mul(rational=True)
        if term.is_Number:
            c, term = c * term, sympy.Integer(1)
        key = None if term == 1 else term
        found[key] = found.get(key, 0) + c
    return {term: c for term, c in found.items() if c != 0}


@lru_cache(maxsize=8192)
def is_rounding(term: sympy.Expr) -> bool:
    """True if a term is a rounding of whole numbers over a number; less is known of x over a letter."""
    return type(term).__name__ in _ROUNDINGS and all(part is None or integral(part) for part in terms(term.args[0]))


def floor_argument(rounding: sympy.Expr) -> sympy.Expr:
    """The formula of which a rounding is the floor."""
    (inside,) = rounding.args
    if type(rounding).__name__ == "floor":
        return inside
    bottom = math.lcm(*(c.q for c in terms(inside).values()))
    return inside + (bottom - 1) / _whole(bottom)


def _whole(n: int) -> sympy.Expr:
    import sympy  # noqa: PLC0415 - whoever has a formula has paid for it

    return sympy.Integer(n)


@lru_cache(maxsize=8192)
def canonical(formula: sympy.Expr) -> sympy.Expr:
    """The formula expanded, with every rounding as a floor with a reduced constant, so that equal formulas look equal.

    >>> from archcalc.symbols.dims import symbol
    >>> H = symbol("H")
    >>> canonical(floor((H - 1) / 2) + 1 - floor((H + 1) / 2))
    0
    """
    import sympy  # noqa: PLC0415 - whoever has a formula has paid for it

    changed, back = {}, {}
    for part in closed(formula):
        dummy, pulled = sympy.Dummy(), 0
        back[dummy] = part
        if is_rounding(part):
            inside = canonical(floor_argument(part))
            constant = terms(inside).get(None, sympy.Integer(0))
            pulled = constant.p // constant.q
            back[dummy] = sympy.floor(inside - pulled, evaluate=False)
        changed[part] = dummy + pulled
    return sympy.expand(formula.xreplace(changed)).xreplace(back)


def rounded_again(formula: sympy.Expr) -> sympy.Expr:
    """A canonical formula with each rounding in the form that `floor` and `ceil` give it, as one that was read has it.

    >>> from archcalc.symbols.dims import symbol
    >>> rounded_again(canonical(ceil(symbol("H") / 3)))
    ceiling(H/3)
    """
    roundings = {part: floor(floor_argument(part)) for part in closed(formula) if is_rounding(part)}
    return formula.xreplace(roundings)


def closed(formula: sympy.Expr) -> set[sympy.Expr]:
    """The parts of a formula that sympy must not rebuild, since it would simplify them by its own rules."""
    import sympy  # noqa: PLC0415 - whoever has a formula has paid for it

    found: set[sympy.Expr] = formula.atoms(sympy.floor, sympy.ceiling, sympy.Mod, sympy.Min, sympy.Max)
    return found
