"""Exact evaluation of formulas: their values, other forms of them, and their growth with a letter."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any, Literal

import msgspec

from archcalc.symbols.dims import Dim, Truth
from archcalc.symbols.simplify import ceil, floor, is_rounding

Form = Literal["plain", "expanded", "factored"]
FORMS: tuple[Form, ...] = ("plain", "expanded", "factored")

# A formula with more roundings than this takes sympy minutes to factor; common factors of its terms are found at once.
_MAX_FACTORED = 4


class Leading(msgspec.Struct, frozen=True):
    """The term of a formula that outgrows all others: coefficient · letter^power."""

    power: int
    coefficient: Any


def letters(value: Any) -> tuple[str, ...]:
    """The names of the letters in a dimension, or in any size of a shape."""
    if isinstance(value, tuple):
        return tuple(sorted({name for part in value for name in letters(part)}))
    return tuple(sorted(str(letter) for letter in getattr(value, "free_symbols", ())))


def substitute(dim: Any, values: Mapping[str, int]) -> Any:
    """A dimension with numbers in place of some or all of its letters.

    >>> from archcalc.symbols.dims import symbol
    >>> substitute(27 * symbol("C") ** 2, {"C": 64}), substitute(symbol("C") * symbol("H"), {"H": 2})
    (110592, 2*C)
    """
    if isinstance(dim, tuple):
        return tuple(substitute(part, values) for part in dim)
    if isinstance(dim, (int, Fraction)):
        return dim
    if set(letters(dim)) <= values.keys():
        return _whole(value(dim, values))
    return _put(dim, values)


def _put(formula: Any, values: Mapping[str, int]) -> Any:
    """A formula rebuilt with numbers in place of some of its letters."""
    import sympy  # noqa: PLC0415 - whoever has a formula has paid for it

    if formula.is_Symbol:
        return sympy.Integer(values[formula.name]) if formula.name in values else formula
    if set(letters(formula)) <= values.keys():
        return sympy.sympify(value(formula, values))
    parts = [_put(part, values) for part in formula.args]
    name = type(formula).__name__
    if name in {"floor", "ceiling"}:
        return (floor if name == "floor" else ceil)(*parts)
    return formula.func(*parts, evaluate=False) if name in {"Mod", "Min", "Max"} else formula.func(*parts)


def holds(fact: Truth, values: Mapping[str, int]) -> bool:
    """True if a fact holds for these values of all its letters."""
    if isinstance(fact, bool):
        return fact
    name = type(fact).__name__
    if name == "Or":
        return any(holds(part, values) for part in fact.args)
    try:
        left, right = (value(side, values) for side in fact.args)
    except ZeroDivisionError:
        return False
    return bool({"Equality": left == right, "GreaterThan": left >= right, "LessThan": left <= right}[name])


def value(formula: Any, values: Mapping[str, int]) -> Any:
    """The value of a formula for given values of all its letters."""
    if formula.is_Symbol:
        return values[formula.name]
    if formula.is_Rational:
        return formula.p if formula.q == 1 else Fraction(formula.p, formula.q)
    parts = [value(part, values) for part in formula.args]
    if formula.is_Add:
        return sum(parts)
    if formula.is_Mul:
        return math.prod(parts)
    if formula.is_Pow:
        return Fraction(parts[0]) ** parts[1] if parts[1] < 0 else parts[0] ** parts[1]
    name = type(formula).__name__
    known: dict[str, Callable[..., Any]] = {
        "floor": math.floor,
        "ceiling": math.ceil,
        "Mod": lambda a, b: a % b,
        "Min": min,
        "Max": max,
        "gcd": lambda a, b: math.gcd(int(a), int(b)),
    }
    return known[name](*parts)


def _whole(value: Any) -> Any:
    return value.numerator if isinstance(value, Fraction) and value.denominator == 1 else value


def in_form(dim: Dim, form: str) -> Dim:
    """A dimension expanded, factored, or unchanged.

    >>> from archcalc.symbols.dims import symbol
    >>> C = symbol("C")
    >>> in_form(C * (C + 1), "expanded"), in_form(9 * C**2 + 3 * C, "factored")
    (C**2 + C, 3*C*(3*C + 1))
    """
    if isinstance(dim, int) or form == "plain":
        return dim
    import sympy  # noqa: PLC0415 - whoever has a formula has paid for it

    if form == "expanded":
        return sympy.expand(dim)
    many = len(dim.atoms(sympy.floor, sympy.ceiling, sympy.Function)) > _MAX_FACTORED
    return sympy.factor_terms(dim) if many else sympy.factor(dim)


def leading(dim: Any, letter: str) -> Leading | None:
    """The leading term in a letter, the others held fixed, or None if it is unknown.

    >>> from archcalc.symbols.dims import floor_div, symbol
    >>> leading(27 * symbol("C") ** 2 + 3 * symbol("C"), "C").coefficient, leading(floor_div(symbol("H"), 32) ** 2, "H")
    (27, Leading(power=2, coefficient=1/1024))
    """
    if letter not in letters(dim):
        return Leading(0, dim)
    import sympy  # noqa: PLC0415 - whoever has a formula has paid for it

    found = []
    for term in sympy.Add.make_args(sympy.expand(dim)):
        power, coefficient = 0, sympy.Integer(1)
        for factor in sympy.Mul.make_args(term):
            base, exponent = factor.as_base_exp()
            if letter not in letters(factor):
                coefficient *= factor
                continue
            # A rounding takes off less than 1, so it grows as its argument does.
            inner = Leading(1, 1) if base.is_Symbol else leading(base.args[0], letter) if is_rounding(base) else None
            if inner is None or not exponent.is_Integer:
                return None
            power += inner.power * int(exponent)
            coefficient *= inner.coefficient ** int(exponent)
        found.append(Leading(power, coefficient))
    most = max(term.power for term in found)
    coefficient = sum(term.coefficient for term in found if term.power == most)
    # If the highest powers cancel, the fractions lost in their roundings are no longer negligible.
    return None if coefficient == 0 else Leading(most, coefficient)


def limit(a: Any, b: Any, letter: str) -> Any:
    """The limit of a / b as a letter grows: a number, a formula of other letters, infinity as a float, or None.

    >>> from archcalc.symbols.dims import symbol
    >>> C = symbol("C")
    >>> limit(27 * C**2 + 3 * C, 49 * C**2 + C, "C")
    Fraction(27, 49)
    """
    top, bottom = leading(a, letter), leading(b, letter)
    if top is None or bottom is None or bottom.coefficient == 0:
        return None
    if top.power != bottom.power:
        return 0 if top.power < bottom.power else math.inf
    return ratio(top.coefficient, bottom.coefficient)


def ratio(a: Any, b: Any) -> Any:
    """a / b, exact and cancelled.

    >>> ratio(27, 49), ratio(4, 2)
    (Fraction(27, 49), 2)
    """
    if isinstance(a, (int, Fraction)) and isinstance(b, (int, Fraction)):
        return _whole(Fraction(a) / b)
    import sympy  # noqa: PLC0415 - whoever has a formula has paid for it

    quotient = sympy.cancel(_sympy(a) / _sympy(b)) if is_cheap(a) and is_cheap(b) else _sympy(a) / _sympy(b)
    return Fraction(quotient.p, quotient.q) if quotient.is_Rational and quotient.q != 1 else _int(quotient)


def _sympy(value: Any) -> Any:
    import sympy  # noqa: PLC0415 - whoever has a formula has paid for it

    return (
        sympy.Rational(value.numerator, value.denominator)
        if isinstance(value, Fraction)
        else sympy.Integer(value)
        if isinstance(value, int)
        else value
    )


def _int(value: Any) -> Any:
    return int(value) if value.is_Integer else value


def is_cheap(value: Any) -> bool:
    """True if sympy can factor a formula quickly."""
    import sympy  # noqa: PLC0415 - whoever has a formula has paid for it

    return (
        isinstance(value, (int, Fraction))
        or len(value.atoms(sympy.floor, sympy.ceiling, sympy.Function)) <= _MAX_FACTORED
    )
