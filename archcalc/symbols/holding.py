"""The whole numbers for which a comparison of formulas in one letter holds, as an exact set."""

from __future__ import annotations

import math
from collections.abc import Container, Iterator
from typing import TYPE_CHECKING

from archcalc.symbols.periodic import ALL, Numbers, Span, common, either, listed, of, period_of
from archcalc.symbols.sign_runs import MAX_PERIOD, signs_by_remainder
from archcalc.symbols.simplify import terms

if TYPE_CHECKING:
    import sympy

_MAX_DIVIDED = 10**12
# The signs of the difference for which each relation holds.
_RELATIONS: dict[str, frozenset[int]] = {
    "GreaterThan": frozenset({0, 1}),
    "LessThan": frozenset({-1, 0}),
    "StrictGreaterThan": frozenset({1}),
    "StrictLessThan": frozenset({-1}),
    "Equality": frozenset({0}),
    "Unequality": frozenset({-1, 1}),
}


def where(difference: sympy.Expr, letter: str, wanted: Container[int]) -> Numbers | None:
    """The whole numbers for which a formula in one letter has a wanted sign, or None if it is not a quasi-polynomial.

    >>> from archcalc.symbols.dims import symbol
    >>> where(symbol("C") ** 2 % 4 - 1, "C", {0}).stretches()
    [Stretch(start=1, stop=None, period=4, remainders=(1, 3))]
    """
    found = signs_by_remainder(difference, letter)
    if found is None:
        return None
    spans = [[span for sign, span in _spans(changes) if sign in wanted] for changes in found]
    return of(len(found), spans)


def _spans(changes: list[tuple[int, int]]) -> Iterator[tuple[int, Span]]:
    """Each sign with the numbers on which it stands, from 1 on."""
    starts = [1, *(start for start, _ in changes[1:]), None]
    for (_, sign), start, following in zip(changes, starts, starts[1:], strict=False):
        yield sign, (start or 1, None if following is None else following - 1)


def holding(fact: sympy.Basic, letter: str) -> Numbers | None:
    """The whole numbers for which a fact about one letter holds, or None if its form does not tell.

    >>> from archcalc.symbols.dims import at_least, divides, symbol
    >>> holding(divides(4, symbol("C")), "C").stretches(), holding(divides(symbol("C"), 6), "C").largest
    ([Stretch(start=4, stop=None, period=4, remainders=(0,))], 6)
    """
    name = type(fact).__name__
    if name in {"bool", "BooleanTrue", "BooleanFalse"}:
        return ALL if fact else listed([])
    if name in {"Or", "And"}:
        parts = [part for part in (holding(part, letter) for part in fact.args) if part is not None]
        if len(parts) < len(fact.args) or period_of(parts) > MAX_PERIOD:
            return None
        return (either if name == "Or" else common)(*parts)
    if name not in _RELATIONS:
        return None
    left, right = fact.args
    if name == "Equality" and right == 0 and type(left).__name__ == "Mod" and str(left.args[1]) == letter:
        return _dividing(left.args[0])
    return where(left - right, letter, _RELATIONS[name])


def _dividing(formula: sympy.Expr) -> Numbers | None:
    """The numbers x that divide a formula in x: the divisors of its constant part."""
    constant = terms(formula).pop(None, 0)
    parts = [(term, c) for term, c in terms(formula).items() if term is not None]
    if constant == 0 or abs(constant) > _MAX_DIVIDED or constant.q != 1:
        return None
    if any(c.q != 1 or not (term.is_Symbol or (term.is_Pow and term.base.is_Symbol)) for term, c in parts):
        return None
    n = abs(int(constant))
    small = [k for k in range(1, math.isqrt(n) + 1) if n % k == 0]
    return listed(sorted({*small, *(n // k for k in small)}))
