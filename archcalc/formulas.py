"""Formulas of letters: divisions that round merged into one, the writing of a formula, and what facts ask of the letters.

Everything here takes sympy expressions and is reached only where a dimension is a letter.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

_SUPERSCRIPTS = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")


def floored(numerator: Any, denominator: Any) -> Any:
    """⌊numerator / denominator⌋ in its simplest form: a rounding of a rounding becomes one.

    ⌊⌊a/p⌋/q⌋ = ⌊a/pq⌋, ⌈⌈a/p⌉/q⌉ = ⌈a/pq⌉ and ⌊(a + s − 1)/s⌋ = ⌈a/s⌉ (Graham, Knuth and Patashnik 1994, section 3.2).

    >>> import sympy
    >>> H = sympy.Symbol("H", integer=True, positive=True)
    >>> floored(floored(H, 2), 2), floored(floored(H - 1, 2) + 2, 2)
    (floor(H/4), ceiling(H/4))
    """
    import sympy  # noqa: PLC0415 - 400 ms that only symbols have to pay

    numerator = sympy.sympify(numerator)
    constant, rest = numerator.as_coeff_Add()
    if not isinstance(denominator, int) or not constant.is_Integer or not rest.is_integer:
        return sympy.floor(numerator / denominator)
    constant = int(constant)
    if isinstance(rest, (sympy.floor, sympy.ceiling)):
        inner, divisor = rest.args[0].as_numer_denom()
        if divisor.is_Integer and inner.is_integer:
            p = int(divisor)
            shift = constant * p if isinstance(rest, sympy.floor) else (constant + 1) * p - 1
            return floored(inner + shift, p * denominator)
    # A factor that all of the rest has in common with the denominator is divided out; what is left over rounds off alone.
    common = math.gcd(int(sympy.Integer(rest.as_content_primitive()[0])), denominator)
    whole, remainder = divmod(constant, denominator)
    rest, remainder, denominator = rest / common, remainder // common, denominator // common
    if denominator == 1:
        return rest + whole
    if remainder == denominator - 1:
        return sympy.ceiling(rest / denominator) + whole
    return sympy.floor((rest + remainder) / denominator) + whole


def text(formula: Any) -> str:  # noqa: PLR0911 - one for each form of a formula
    """A formula as a person writes it.

    >>> import sympy
    >>> C, H = sympy.symbols("C H", integer=True, positive=True)
    >>> text(27 * C**2 + 3 * C), text(64 * sympy.floor(H / 2) ** 2), text(C * (H - 1) / 4)
    ('27C² + 3C', '64⌊H/2⌋²', 'C(H − 1)/4')
    """
    if formula.is_Add:
        numerator, denominator = formula.as_numer_denom()
        if denominator != 1:
            return f"{_factor(numerator)}/{_factor(denominator)}"
        first, *others = formula.as_ordered_terms()
        return text(first) + "".join(
            f" − {text(-term)}" if term.could_extract_minus_sign() else f" + {text(term)}" for term in others
        )
    if formula.is_Mul:
        return _product(formula)
    if formula.is_Integer:
        return f"{int(formula):,}".replace("-", "−")
    if formula.is_Pow and formula.exp.is_Integer and formula.exp.is_positive:
        return _factor(formula.base) + str(formula.exp).translate(_SUPERSCRIPTS)
    name = type(formula).__name__
    inside = ", ".join(map(text, formula.args))
    match name:
        case "Symbol":
            return str(formula)
        case "floor":
            return f"⌊{inside}⌋"
        case "ceiling":
            return f"⌈{inside}⌉"
        case "Mod":
            return f"{_factor(formula.args[0])} mod {_factor(formula.args[1])}"
        case "Min" | "Max" | "gcd":
            return f"{name.lower()}({inside})"
        case _:
            return str(formula)


def _factor(formula: Any) -> str:
    """A formula as part of a product."""
    return f"({text(formula)})" if formula.is_Add or formula.is_Mul else text(formula)


def _product(formula: Any) -> str:
    """A product, its number first, single letters and brackets side by side; what it is divided by after a stroke."""
    numerator, denominator = formula.as_numer_denom()
    if denominator != 1:
        below = text(denominator) if denominator.is_Integer or denominator.is_Symbol else _factor(denominator)
        above = f"({text(numerator)})" if numerator.is_Add else text(numerator)
        return f"{above}/{below}"
    number, rest = formula.as_coeff_Mul()
    if number.is_negative:
        return f"−{text(-formula)}"
    pieces = [_factor(factor) for factor in rest.as_ordered_factors()]
    # A name of several letters needs a dot to stand apart from its neighbours.
    words = [len(piece.rstrip("⁰¹²³⁴⁵⁶⁷⁸⁹")) > 1 and piece[0] not in "(⌊⌈" for piece in pieces]
    written = ("" if number == 1 else text(number)) + pieces[0]
    for i in range(1, len(pieces)):
        written += ("·" if words[i - 1] or words[i] else "") + pieces[i]
    return written


def conditions(facts: Iterable[Any]) -> list[str]:
    """What facts ask of their letters, each letter's largest bound and least multiple once, and the rest as they are.

    >>> import sympy
    >>> H, C = sympy.symbols("H C", integer=True, positive=True)
    >>> conditions([sympy.floor(H / 4) >= 2, H >= 5, sympy.Eq(sympy.Mod(C, 4), 0)])
    ['H ≥ 8', '4 divides C']
    """
    least: dict[str, int] = {}
    multiples: dict[str, int] = {}
    others: dict[str, None] = {}
    for fact in facts:
        name = type(fact).__name__
        if name == "GreaterThan":
            bound = _at_least(fact.lhs - fact.rhs, 0)
            if bound is not None:
                letter, n = bound
                least[letter] = max(n, least.get(letter, 1))
            else:
                others[f"{text(fact.lhs)} ≥ {text(fact.rhs)}"] = None
        elif name == "Equality" and type(fact.lhs).__name__ == "Mod" and fact.rhs == 0:
            n, k = fact.lhs.args
            if n.is_Symbol and k.is_Integer:
                multiples[str(n)] = math.lcm(int(k), multiples.get(str(n), 1))
            else:
                others[f"{text(k)} divides {text(n)}"] = None
        elif name == "Equality":
            others[f"{text(fact.lhs)} = {text(fact.rhs)}"] = None
        else:
            others[str(fact)] = None
    return [
        *(f"{letter} ≥ {n}" for letter, n in sorted(least.items()) if n > 1),
        *(f"{k} divides {letter}" for letter, k in sorted(multiples.items())),
        *others,
    ]


def _at_least(formula: Any, n: Any) -> tuple[str, int] | None:
    """The letter and the number that it must reach for a formula to be at least n; None where it is no matter of one letter."""
    if formula.is_Symbol:
        return str(formula), int(n)
    name = type(formula).__name__
    if name in {"floor", "ceiling"}:
        inner, divisor = formula.args[0].as_numer_denom()
        if not divisor.is_Integer:
            return None
        return _at_least(inner, n * divisor if name == "floor" else (n - 1) * divisor + 1)
    if formula.is_Add:
        formula, divisor = formula.as_numer_denom()
        constant, rest = formula.as_coeff_Add()
        return _at_least(rest, n * divisor - constant) if constant.is_Integer and not rest.is_Add else None
    if formula.is_Mul:
        factor, rest = formula.as_coeff_Mul()
        return _at_least(rest, math.ceil(n / factor)) if factor.is_positive and not rest.is_Mul else None
    return None
