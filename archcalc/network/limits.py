"""Bounds on the size of a network, several times those of any published one, so that no file can cost minutes."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

from archcalc.errors import Place, SpecError
from archcalc.symbols.dims import Dim, Shape, format_shape, size

# Several times the deepest network published; more is a typing mistake.
MAX_LAYERS = 20_000
# No layer has more of anything, and arithmetic on numbers below it is instant.
MAX_NUMBER = 10**15
# The most operations in all different formulas together, which sympy takes some seconds for; repeated formulas are
# free.
_MAX_OPERATIONS = 8_000
# 17 digits and an exponent down to -324 express every number that a computer counts with.
_FINEST = 10 ** (324 + 17)
# Nobody reads a larger formula, and sympy would work on it for minutes.
_MAX_TERMS = 1_000
_MAX_FORMULA = 200


class TooDeepError(SpecError):
    """More layers than a network may have, of which a formula may still be asked."""


def bounded(value: Any) -> Any:
    """A number or a formula, as an int if possible; raises SpecError beyond any size that a network has."""
    value = whole_of(value)
    if isinstance(value, (int, Fraction)):
        if value.denominator > _FINEST:
            raise SpecError("a fraction finer than any that a computer counts with", None, "round it")
        if not -MAX_NUMBER <= value <= MAX_NUMBER:
            raise SpecError(f"a number beyond {MAX_NUMBER:.0e} is not a size", None, "check the digits and the repeats")
    elif hasattr(value, "free_symbols"):
        if _terms(value) > _MAX_TERMS or value.count_ops() > _MAX_FORMULA:
            raise SpecError("a formula too long to work with", None, "give some of its letters a value")
        if any(abs(n.p) > MAX_NUMBER or n.q > MAX_NUMBER for n in value.atoms() if n.is_Rational):
            raise SpecError(
                f"a formula with a number beyond {MAX_NUMBER:.0e} is no size", None, "check the digits and the repeats"
            )
    return value


class Bounds:
    """The formulas in the outputs of one network so far, and their size."""

    def __init__(self) -> None:
        self._formulas: set[Dim] = set()
        self._operations = 0

    def check(self, kind: str, shape: Shape, place: Place | None) -> None:
        """Refuse an output larger than any network's, and formulas that would take minutes to work through."""
        letters = [n for n in shape if not isinstance(n, int)]
        try:
            for n in (*shape, 1 if letters else size(shape)):
                bounded(n)
        except SpecError as error:
            raise SpecError(f"{kind}: the output would be {format_shape(shape)}", place, error.fact) from None
        for n in letters:
            if n not in self._formulas:
                self._formulas.add(n)
                self._operations += 2 + n.count_ops()
                if self._operations > _MAX_OPERATIONS:
                    raise SpecError("the letters lead to too many formulas", place, f"here {format_shape(shape)}")


def _terms(formula: Any) -> int:
    """An upper bound for the number of terms of an expanded formula."""
    terms = [_terms(part) for part in formula.args if hasattr(part, "free_symbols")]
    if type(formula).__name__ in {"Min", "Max"}:
        # Every comparison must consider each argument, and again those inside.
        return 4 * sum(terms)
    if formula.is_Pow and terms[1:] and formula.exp.is_Integer:
        return terms[0] ** min(abs(int(formula.exp)), _MAX_TERMS) if terms[0] > 1 else 1
    if formula.is_Mul:
        return math.prod(terms)
    return sum(terms) or 1


def whole_of(value: Any) -> Any:
    """A number as an int if it is whole."""
    if getattr(value, "is_Rational", False):
        value = Fraction(value.p, value.q)
    return value.numerator if isinstance(value, Fraction) and value.denominator == 1 else value
