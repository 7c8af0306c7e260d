"""The truth of relations for all values of their letters, or the shortest condition on the letters if it is open."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import TYPE_CHECKING

from archcalc.symbols.simplify import canonical, closed, floor_argument, integral, is_rounding, terms

if TYPE_CHECKING:
    import sympy

_CHOICES = ("Min", "Max")


@lru_cache(maxsize=8192)
def nonnegative(formula: sympy.Expr) -> bool | sympy.Basic:
    """The truth of a formula being at least 0: True, False, or the shortest relation equivalent to it.

    >>> from archcalc.symbols.dims import floor_div, symbol
    >>> H, W = symbol("H"), symbol("W")
    >>> nonnegative(floor_div(H, 4) - 2), nonnegative(H + W - 2), nonnegative(-H)
    (H >= 8, True, False)
    """
    import sympy  # noqa: PLC0415 - whoever has a formula has paid for it

    formula = canonical(sympy.sympify(formula))
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
            inside = floor_argument(term)
            # ⌊x⌋ ≥ n where x ≥ n; ⌊x⌋ ≤ n where x < n + 1, and so at most n + 1 less one fraction of the divisor.
            bottom = math.lcm(*(k.q for k in terms(inside).values()))
            at = sympy.ceiling(bound) if c > 0 else sympy.floor(bound) + 1 - sympy.Rational(1, bottom)
            formula = canonical(inside - at) if c > 0 else canonical(at - inside)
            continue
        if not term.is_Symbol:
            break
        if c > 0:
            n = sympy.ceiling(bound)
            return True if n <= 1 else sympy.Ge(term, n, evaluate=False)
        n = sympy.floor(bound)
        return False if n < 1 else sympy.Le(term, n, evaluate=False)
    truth = _sign(formula, parts, constant)
    if truth is not None:
        return truth
    left = sympy.Add(*(c * term for term, c in parts.items()))
    return sympy.Ge(left, -constant, evaluate=False)


def _sign(formula: sympy.Expr, parts: dict[sympy.Expr, sympy.Expr], constant: sympy.Expr) -> bool | None:
    """The truth of a sum of terms and a constant being at least 0; None if it depends on letters or is unknown."""
    import sympy  # noqa: PLC0415 - whoever has a formula has paid for it

    if sorted(parts.values()) == [-1, 1] and all(map(is_rounding, parts)):
        # Rounding down preserves order.
        (more,), (less,) = ([floor_argument(term) for term, c in parts.items() if c == sign] for sign in (1, -1))
        constant = sympy.floor(constant)
        if nonnegative(more - less + constant) is True:
            return True
        if nonnegative(less - more - constant - 1) is True:
            return False
    chosen = next((term for term in parts if type(term).__name__ in _CHOICES), None)
    if chosen is not None:
        c = parts[chosen]
        each = {nonnegative(formula + c * (one - chosen)) for one in chosen.args}
        # One large argument of a maximum suffices, while all of a minimum must be large.
        enough = (type(chosen).__name__ == "Max") == bool(c > 0)
        return enough if enough in each else not enough if each == {not enough} else None
    low, high = (_spread(_relaxed(formula, up=up)) for up in (False, True))
    whole = constant.q == 1 and all(c.q == 1 and integral(term) for term, c in parts.items())
    if low.is_nonnegative or (whole and (low + 1).is_positive):
        return True
    return False if high.is_negative else None


def _relaxed(formula: sympy.Expr, *, up: bool) -> sympy.Expr:
    """A lower bound of a formula without roundings, or with `up` an upper one: x/b − 1 < ⌊x/b⌋ ≤ x/b."""
    import sympy  # noqa: PLC0415 - whoever has a formula has paid for it

    parts = terms(formula)
    if not any(term is not None and is_rounding(term) for term in parts):
        return formula
    loose = []
    for term, c in parts.items():
        if term is None or not is_rounding(term):
            loose.append(c if term is None else c * term)
            continue
        inside = floor_argument(term)
        bottom = math.lcm(*(k.q for k in terms(inside).values()))
        loose.append(c * (inside if (c > 0) == up else inside - sympy.Rational(bottom - 1, bottom)))
    return _relaxed(sympy.expand(sympy.Add(*loose)), up=up)


def _spread(formula: sympy.Expr) -> sympy.Expr:
    """A formula with every letter as 1 plus a nonnegative symbol, of which sympy can decide more sums."""
    import sympy  # noqa: PLC0415 - whoever has a formula has paid for it

    known: dict[sympy.Expr, sympy.Expr] = {}
    for part in closed(formula):
        known[part] = sympy.Dummy(integer=True, nonnegative=_from_zero(part) or None)
    formula = formula.xreplace(known)
    return sympy.expand(formula.xreplace({s: 1 + _rest(s) for s in formula.free_symbols - set(known.values())}))


def _from_zero(part: sympy.Expr) -> bool:
    """True if a rounding, a remainder, a minimum or a maximum is at least 0 because its arguments are."""
    sides = [nonnegative(side) is True for side in part.args]
    return {"Max": any(sides), "Mod": sides[-1]}.get(type(part).__name__, all(sides))


@lru_cache(maxsize=256)
def _rest(letter: sympy.Expr) -> sympy.Expr:
    import sympy  # noqa: PLC0415 - whoever has a formula has paid for it

    return sympy.Dummy(letter.name, integer=True, nonnegative=True)


@lru_cache(maxsize=8192)
def is_zero(formula: sympy.Expr) -> bool | sympy.Basic:
    """The truth of a formula being 0: True, False, or the shortest equation equivalent to it.

    >>> from archcalc.symbols.dims import symbol
    >>> C = symbol("C")
    >>> is_zero(2 * C - 8), is_zero(2 * C - 7), is_zero(C + 3)
    (Eq(C, 4), False, False)
    """
    import sympy  # noqa: PLC0415 - whoever has a formula has paid for it

    formula = canonical(sympy.sympify(formula))
    if formula == 0:
        return True
    if nonnegative(formula - 1) is True or nonnegative(-formula - 1) is True:
        return False
    parts = terms(formula)
    constant = parts.pop(None, sympy.Integer(0))
    if not parts:
        return False
    if len(parts) == 1:
        ((term, c),) = parts.items()
        if integral(term) and (constant / c).q != 1:
            return False
        return sympy.Eq(term, -constant / c, evaluate=False)
    left = sympy.Add(*(c * term for term, c in parts.items() if c > 0), *([constant] if constant > 0 else []))
    return sympy.Eq(left, left - formula, evaluate=False)


@lru_cache(maxsize=8192)
def divisible(formula: sympy.Expr, k: sympy.Expr) -> bool | sympy.Basic:
    """The truth of k dividing a formula: True, False, or the shortest equation of a remainder equivalent to it.

    >>> from archcalc.symbols.dims import symbol
    >>> C = symbol("C")
    >>> divisible(8 * C, 4), divisible(6 * C, 4), divisible(2 * C + 1, 4)
    (True, Eq(Mod(C, 2), 0), False)
    """
    import sympy  # noqa: PLC0415 - whoever has a formula has paid for it

    formula, k = sympy.sympify(formula), sympy.sympify(k)
    above, below = (formula / k).as_numer_denom()
    if below == 1 and integral(above):
        return True
    formula = canonical(sympy.sympify(formula))
    parts = terms(formula)
    if k.is_Integer and all(c.q == 1 and (term is None or integral(term)) for term, c in parts.items()):
        left = {term: int(c) % int(k) for term, c in parts.items()}
        shared = math.gcd(int(k), *(c for term, c in left.items() if term is not None))
        if left.get(None, 0) % shared:
            return False
        k //= shared
        formula = sympy.Add(*(c // shared * (1 if term is None else term) for term, c in left.items()))
        if k == 1 or formula == 0:
            return True
    if not (formula.free_symbols or k.free_symbols):
        return bool(formula % k == 0)
    return sympy.Eq(sympy.Mod(formula, k, evaluate=False), 0, evaluate=False)


def bound_of(known: sympy.Basic) -> tuple[sympy.Basic, int]:
    """The (subject, bound) of a fact x ≥ n or x ≤ n; among facts of one subject, a larger bound implies a smaller one.

    >>> from archcalc.symbols.dims import at_least, symbol
    >>> bound_of(at_least(symbol("H"), 5))
    ((<class 'sympy.core.relational.GreaterThan'>, H), 5)
    """
    name = type(known).__name__
    if name in {"GreaterThan", "LessThan"} and known.rhs.is_Integer:
        return (type(known), known.lhs), int(known.rhs) * (1 if name == "GreaterThan" else -1)
    return known, 0
