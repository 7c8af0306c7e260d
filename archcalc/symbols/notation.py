"""Formulas as people write them: 27C², ⌊H/32⌋, (27C² + 3C)/4, 4 | C, in text and in LaTeX.

Reads sympy expressions by their parts and never imports sympy.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from functools import cached_property, lru_cache
from typing import Any

import msgspec

_SUPERSCRIPTS = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")
# How tightly the parts of a written formula hold together, and so which need brackets inside which.
_SUM, _PRODUCT, _POWER = 1, 2, 3
_THOUSANDS = "KMG"


class Notation(msgspec.Struct, frozen=True, dict=True):
    """How each part of a formula is spelled; `around` is put around a whole formula that is more than a number."""

    letter: Callable[[str], str]
    power: Callable[[str, int], str]
    raised: Callable[[str, str], str]
    floor: tuple[str, str]
    ceiling: tuple[str, str]
    brackets: tuple[str, str]
    minus: str
    dot: str
    times: str
    mod: str
    divides: str
    at_least: str
    at_most: str
    either: str
    function: Callable[[str], str]
    comma: str = ","
    around: str = ""
    # Whether factors may stand side by side where that reads well.
    juxtaposed: bool = True

    def dim(self, dim: Any) -> str:
        """A dimension.

        >>> from archcalc.symbols.dims import symbol
        >>> C, H = symbol("C"), symbol("H")
        >>> TEXT.dim(27 * C**2 + 3 * C), TEXT.dim(64 * C * (H // 32)), LATEX.dim(27 * C**2)
        ('27C² + 3C', '64C⌊H/32⌋', '$27C^2$')
        """
        if isinstance(dim, int):
            return f"{dim:,}".replace("-", "−")
        return f"{self.around}{self._cached(dim)[0]}{self.around}"

    def lines(self, dim: Any, width: int) -> list[str]:
        """A dimension broken between its terms into lines of about `width` characters.

        >>> from archcalc.symbols.dims import symbol
        >>> TEXT.lines(27 * symbol("C") ** 2 + 3 * symbol("C") + 1, 8)
        ['27C²', '+ 3C + 1']
        """
        if isinstance(dim, (int, Fraction)) or not dim.is_Add:
            return [self.dim(dim)]
        lines: list[str] = []
        for term in self._sum(dim):
            if lines and len(lines[-1]) + 1 + len(term) <= width:
                lines[-1] += f" {term}"
            else:
                lines.append(term)
        return [line.join((self.around, self.around)) for line in lines]

    def fact(self, fact: Any) -> str:
        """What is assumed of letters.

        >>> from archcalc.symbols.dims import at_least, divides, symbol
        >>> TEXT.fact(divides(4, symbol("C"))), TEXT.fact(at_least(symbol("H"), 5))
        ('4 | C', 'H ≥ 5')
        """
        return f"{self.around}{self._fact(fact)}{self.around}"

    def shape(self, shape: tuple[Any, ...]) -> str:
        """A shape."""
        if all(isinstance(n, int) for n in shape):
            return "×".join(map(str, shape)) or "one value"
        if len(shape) == 1:
            return self.dim(shape[0])
        parts = [str(n) if isinstance(n, int) else self._factor(n) for n in shape]
        return f"{self.around}{self.times.join(parts)}{self.around}"

    @cached_property
    def _cached(self) -> Callable[[Any], tuple[str, int]]:
        # Repeated blocks bring the same formulas again and again.
        return lru_cache(maxsize=4096)(self._written)

    def _written(self, formula: Any) -> tuple[str, int]:  # noqa: PLR0911 - one case for each form of formula
        """A formula, or a fraction, and how tightly it holds together."""
        name = type(formula).__name__
        if isinstance(formula, Fraction):
            # What a formula comes to where it is no whole number; a sum, so that it gets brackets beside anything.
            return f"{self._number(formula.numerator)}/{self._number(formula.denominator)}", _SUM
        if formula.is_Add:
            return " ".join(self._sum(formula)), _SUM
        if formula.is_Mul or formula.is_Rational or (formula.is_Pow and _negative(formula.exp)):
            return self._product(formula)
        if formula.is_Pow and formula.exp.is_Integer:
            base, bound = self._cached(formula.base)
            return self.power(base if bound > _POWER else base.join(self.brackets), int(formula.exp)), _POWER
        if formula.is_Pow:
            base, bound = self._cached(formula.base)
            above = self._cached(formula.exp)[0]
            return self.raised(base if bound > _POWER else base.join(self.brackets), above), _POWER
        if formula.is_Symbol:
            return self.letter(formula.name), _POWER + 1
        if name in {"floor", "ceiling"}:
            return self._over(formula.args[0]).join(getattr(self, name)), _POWER + 1
        if name == "Mod":
            a, b = map(self._cached, formula.args)
            below = b[0] if b[1] > _PRODUCT else b[0].join(self.brackets)
            return f"{a[0] if a[1] >= _PRODUCT else a[0].join(self.brackets)} {self.mod} {below}", _SUM
        if formula.is_Function or name in {"Min", "Max"}:
            inside = ", ".join(sorted(self._cached(arg)[0] for arg in formula.args))
            return f"{self.function(name.lower())}({inside})", _POWER + 1
        return str(formula), _SUM

    def _number(self, n: Any) -> str:
        return f"{int(n):,}".replace(",", self.comma)

    def _in_product(self, formula: Any) -> str:
        text, bound = self._cached(formula)
        return text.join(self.brackets) if bound < _PRODUCT else text

    def _factor(self, formula: Any) -> str:
        """A size beside a ×, where C/4×3 would read as C over 12."""
        text, bound = self._cached(formula)
        return text.join(self.brackets) if bound < _PRODUCT or formula.as_numer_denom()[1] != 1 else text

    def _sum(self, formula: Any) -> list[str]:
        """The terms of a sum, each but the first with its sign before it."""
        first, *others = sorted(formula.args, key=_order)
        written = [self._cached(first)[0]]
        for term in others:
            minus = _minus(term)
            written.append(f"{self.minus if minus else '+'} {self._in_product(-term if minus else term)}")
        return written

    def _over(self, formula: Any) -> str:
        """A sum of fractions over their common denominator."""
        bottom = _divisor(formula)
        if bottom == 1:
            return self._cached(formula)[0]
        top, bound = self._cached((formula * bottom).expand() if formula.is_Add else formula * bottom)
        return f"{top if bound > _SUM else top.join(self.brackets)}/{self._number(bottom)}"

    def _product(self, formula: Any) -> tuple[str, int]:
        top, bottom = formula.as_numer_denom()
        if bottom != 1:
            over, under = (self._cached(part) for part in (top, bottom))
            above = over[0] if over[1] > _SUM else over[0].join(self.brackets)
            below = under[0] if under[1] > _PRODUCT else under[0].join(self.brackets)
            return f"{above}/{below}", _PRODUCT
        c, rest = formula.as_coeff_Mul()
        if rest == 1:
            return (self._number(c), _POWER + 1) if c >= 0 else (f"{self.minus}{self._number(-c)}", _SUM)
        sign, c = (self.minus, -c) if c < 0 else ("", c)
        factors = sorted(rest.args if rest.is_Mul else [rest], key=_standing)
        text, before = ("", "") if c == 1 else (self._number(c), "number")
        for factor in factors:
            written, looks = self._in_product(factor), _looks(factor)
            # 27C², 128HW, 3(C + 1), but 3·width, C·(H + 1), width·C: what would read as one word or as a call is kept apart.
            apart = before and (looks == "word" or before == "word" or (looks == "sum" and before == "letter"))
            # Nor shall 4,096·K read as thousands.
            apart = apart or (before == "number" and looks == "letter" and written[0] in _THOUSANDS)
            text += f"{self.dot if apart or (before and not self.juxtaposed) else ''}{written}"
            before = looks
        return f"{sign}{text}", _SUM if sign else _PRODUCT

    def _fact(self, fact: Any) -> str:
        name = type(fact).__name__
        if name == "Or":
            return self.either.join(sorted(map(self._fact, fact.args)))
        if name not in {"Equality", "GreaterThan", "LessThan"}:
            return str(fact)
        left, right = fact.args
        if name == "Equality":
            sides = (left, right) if type(left).__name__ == "Mod" else (right, left)
            if type(sides[0]).__name__ == "Mod" and sides[1] == 0:
                n, k = sides[0].args
                return f"{self._in_product(k)} {self.divides} {self._cached(n)[0]}"
        sign = {"Equality": "=", "GreaterThan": self.at_least, "LessThan": self.at_most}[name]
        return f"{self._cached(left)[0]} {sign} {self._cached(right)[0]}"


def _minus(term: Any) -> bool:
    return bool(term.as_coeff_Mul(rational=True)[0] < 0)


def _negative(exponent: Any) -> bool:
    return bool(exponent.is_Integer and exponent < 0)


def _looks(factor: Any) -> str:
    """What kind of thing a factor of a product looks like."""
    base = factor.base if factor.is_Pow else factor
    if base.is_Symbol:
        return "letter" if len(base.name) == 1 else "word"
    return "sum" if base.is_Add else "rounding" if type(base).__name__ in {"floor", "ceiling"} else "word"


@lru_cache(maxsize=8192)
def _standing(factor: Any) -> tuple[Any, ...]:
    """Where a factor stands in a product: letters by name, small ones first as in k²C, then words, roundings and sums."""
    name = str(factor.base if factor.is_Pow else factor)
    looks = _looks(factor)
    return (
        ("letter", "word", "rounding", "sum").index(looks),
        looks == "rounding" and _divisor(_inside(factor)),
        not name[:1].islower(),
        name,
    )


def _inside(factor: Any) -> Any:
    return (factor.base if factor.is_Pow else factor).args[0]


@lru_cache(maxsize=8192)
def _order(term: Any) -> tuple[Any, ...]:
    """Where a term stands in a sum: the highest power first, then plain letters before roundings, then by name."""
    factors = [part.base if part.is_Pow else part for part in (term.args if term.is_Mul else [term])]
    divisors = [_divisor(part.args[0]) for part in factors if type(part).__name__ in {"floor", "ceiling"}]
    return -degree(term), max(divisors, default=0), str(term)


def _divisor(formula: Any) -> int:
    """The common denominator of a sum of fractions."""
    rationals = [arg.as_coeff_Mul(rational=True)[0] for arg in (formula.args if formula.is_Add else [formula])]
    return math.lcm(*(c.q for c in rationals if c.is_Rational))


def degree(formula: Any) -> int:
    """The highest power in a formula, all letters together; a rounding counts as what is in it."""
    if isinstance(formula, int) or formula.is_Number:
        return 0
    if formula.is_Add or type(formula).__name__ in {"Min", "Max"}:
        return max(map(degree, formula.args))
    if formula.is_Mul:
        return sum(map(degree, formula.args))
    if formula.is_Pow and formula.exp.is_Integer:
        return degree(formula.base) * int(formula.exp)
    return 1 if not formula.args else max(map(degree, formula.args))


def _latex_letter(name: str) -> str:
    first, underscore, rest = name.partition("_")
    if underscore and len(first) == 1 and rest.isalnum():
        return rf"{first}_{{\mathrm{{{rest}}}}}"
    return name if len(name) == 1 else rf"\mathit{{{name.replace('_', chr(92) + '_')}}}"


TEXT = Notation(
    letter=str,
    power=lambda base, n: f"{base}{str(n).translate(_SUPERSCRIPTS)}",
    raised=lambda base, above: (
        f"{base}ⁿ" if above == "n" else f"{base}^({above})" if " " in above else f"{base}^{above}"
    ),
    floor=("⌊", "⌋"),
    ceiling=("⌈", "⌉"),
    brackets=("(", ")"),
    minus="−",
    dot="·",
    times="×",
    mod="mod",
    divides="|",
    at_least="≥",
    at_most="≤",
    either=" or ",
    function=str,
)

LATEX = Notation(
    letter=_latex_letter,
    power=lambda base, n: f"{base}^{n}" if 0 <= n < 10 else f"{base}^{{{n}}}",
    raised=lambda base, above: f"{base}^{{{above}}}",
    floor=(r"\lfloor ", r" \rfloor"),
    ceiling=(r"\lceil ", r" \rceil"),
    brackets=("(", ")"),
    minus="-",
    dot=r" \cdot ",
    times=r" \times ",
    mod=r"\bmod",
    divides=r"\mid",
    at_least=r"\ge",
    at_most=r"\le",
    either=r" \text{ or } ",
    comma="{,}",
    function=lambda name: rf"\operatorname{{{name}}}",
    around="$",
)
