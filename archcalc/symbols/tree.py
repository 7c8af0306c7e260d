"""Formulas as trees of parts, in the order in which people write them.

Notations spell them. Those of sympy are read by their parts; sympy itself is never imported.
"""

from __future__ import annotations

import math
from fractions import Fraction
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeAlias, get_args

import msgspec

if TYPE_CHECKING:
    import sympy


class Digits(msgspec.Struct, frozen=True):
    """A whole number."""

    value: int


class Letter(msgspec.Struct, frozen=True):
    """A letter, or a name."""

    name: str


class Verbatim(msgspec.Struct, frozen=True):
    """An expression without known parts, as text."""

    text: str


class Terms(msgspec.Struct, frozen=True):
    """Terms in order, each subtracted or added; a single subtracted one is a negative number."""

    terms: tuple[tuple[bool, Tree], ...]


class Factors(msgspec.Struct, frozen=True):
    """Factors side by side, none of them negative."""

    factors: tuple[Tree, ...]


class Over(msgspec.Struct, frozen=True):
    """A fraction."""

    above: Tree
    below: Tree


class Rounded(msgspec.Struct, frozen=True):
    """An expression rounded down, or up."""

    inside: Tree
    up: bool


class Raised(msgspec.Struct, frozen=True):
    """A base with an exponent."""

    base: Tree
    exponent: Tree


class Left(msgspec.Struct, frozen=True):
    """The remainder of a division."""

    above: Tree
    below: Tree


class Call(msgspec.Struct, frozen=True):
    """A function with arguments in any order."""

    name: str
    arguments: tuple[Tree, ...]


class Relation(msgspec.Struct, frozen=True):
    """Two sides and the sign between them: =, ≥, ≤ or |."""

    left: Tree
    sign: str
    right: Tree


class Either(msgspec.Struct, frozen=True):
    """Facts of which one holds, in any order."""

    facts: tuple[Tree, ...]


Tree: TypeAlias = (
    Digits | Letter | Verbatim | Terms | Factors | Over | Rounded | Raised | Left | Call | Relation | Either
)
NODES = get_args(Tree)
_RELATIONS = {"Equality": "=", "GreaterThan": "≥", "LessThan": "≤"}


# Repeated blocks bring the same formulas again and again.
@lru_cache(maxsize=8192)
def standing(formula: sympy.Basic | Fraction) -> Tree:  # noqa: PLR0911 - one case for each form of formula
    """A formula, a fact or a fraction as a tree."""
    name = type(formula).__name__
    if isinstance(formula, Fraction):
        # A value that is not whole: a sum, so that it gets brackets beside anything.
        over = Over(Digits(abs(formula.numerator)), Digits(formula.denominator))
        return Terms(((formula < 0, over),))
    if name == "Or" or name in _RELATIONS:
        return _fact(formula)
    if formula.is_Add:
        return _sum(formula)
    if formula.is_Mul or formula.is_Rational or (formula.is_Pow and _negative(formula.exp)):
        return _product(formula)
    if formula.is_Pow:
        return Raised(standing(formula.base), standing(formula.exp))
    if formula.is_Symbol:
        return Letter(formula.name)
    if name in {"floor", "ceiling"}:
        return Rounded(_over(formula.args[0]), name == "ceiling")
    if name == "Mod":
        return Left(*map(standing, formula.args))
    if formula.is_Function or name in {"Min", "Max"}:
        return Call(name.lower(), tuple(map(standing, formula.args)))
    return Verbatim(str(formula))


def _fact(fact: sympy.Basic) -> Tree:
    name = type(fact).__name__
    if name == "Or":
        return Either(tuple(map(standing, fact.args)))
    left, right = fact.args
    if name == "Equality":
        rest, nothing = (left, right) if type(left).__name__ == "Mod" else (right, left)
        if type(rest).__name__ == "Mod" and nothing == 0:
            n, k = rest.args
            return Relation(standing(k), "|", standing(n))
    return Relation(standing(left), _RELATIONS[name], standing(right))


def _sum(formula: sympy.Expr) -> Terms:
    first, *others = sorted(formula.args, key=_order)
    begin = standing(first)
    terms = [*begin.terms] if isinstance(begin, Terms) and len(begin.terms) == 1 else [(False, begin)]
    for term in others:
        minus = _minus(term)
        terms.append((minus, standing(-term if minus else term)))
    return Terms(tuple(terms))


def _over(formula: sympy.Expr) -> Tree:
    """A sum of fractions over their common denominator."""
    bottom = _divisor(formula)
    if bottom == 1:
        return standing(formula)
    return Over(standing((formula * bottom).expand() if formula.is_Add else formula * bottom), Digits(bottom))


def _product(formula: sympy.Expr) -> Tree:
    top, bottom = formula.as_numer_denom()
    if bottom != 1:
        return Over(standing(top), standing(bottom))
    c, rest = formula.as_coeff_Mul()
    if rest == 1:
        return Digits(int(c))
    parts = [standing(factor) for factor in sorted(rest.args if rest.is_Mul else [rest], key=_place)]
    if abs(c) != 1:
        parts.insert(0, Digits(int(abs(c))))
    product = Factors(tuple(parts)) if len(parts) > 1 else parts[0]
    return Terms(((True, product),)) if c < 0 else product


def _minus(term: sympy.Expr) -> bool:
    return bool(term.as_coeff_Mul(rational=True)[0] < 0)


def _negative(exponent: sympy.Expr) -> bool:
    return bool(exponent.is_Integer and exponent < 0)


def _looks(factor: sympy.Expr) -> str:
    """The appearance of a factor in a product: letter, word, sum or rounding."""
    base = factor.base if factor.is_Pow else factor
    if base.is_Symbol:
        return "letter" if len(base.name) == 1 else "word"
    return "sum" if base.is_Add else "rounding" if type(base).__name__ in {"floor", "ceiling"} else "word"


@lru_cache(maxsize=8192)
def _place(factor: sympy.Expr) -> tuple[Any, ...]:
    """The sort key of a factor in a product: letters by name, small ones first as in k²C, words, roundings, sums."""
    name = str(factor.base if factor.is_Pow else factor)
    looks = _looks(factor)
    return (
        ("letter", "word", "rounding", "sum").index(looks),
        looks == "rounding" and _divisor((factor.base if factor.is_Pow else factor).args[0]),
        not name[:1].islower(),
        name,
    )


@lru_cache(maxsize=8192)
def _order(term: sympy.Expr) -> tuple[Any, ...]:
    """The sort key of a term in a sum: the highest power first, then plain letters before roundings, then by name."""
    factors = [part.base if part.is_Pow else part for part in (term.args if term.is_Mul else [term])]
    divisors = [_divisor(part.args[0]) for part in factors if type(part).__name__ in {"floor", "ceiling"}]
    return -_degree(term), max(divisors, default=0), str(term)


def _divisor(formula: sympy.Expr) -> int:
    """The common denominator of a sum of fractions."""
    rationals = [arg.as_coeff_Mul(rational=True)[0] for arg in (formula.args if formula.is_Add else [formula])]
    return math.lcm(*(c.q for c in rationals if c.is_Rational))


def _degree(formula: sympy.Expr) -> int:
    """The highest power in a formula, over all letters; a rounding counts as its argument."""
    if isinstance(formula, int) or formula.is_Number:
        return 0
    if formula.is_Add or type(formula).__name__ in {"Min", "Max"}:
        return max(map(_degree, formula.args))
    if formula.is_Mul:
        return sum(map(_degree, formula.args))
    if formula.is_Pow and formula.exp.is_Integer:
        return _degree(formula.base) * int(formula.exp)
    return 1 if not formula.args else max(map(_degree, formula.args))
