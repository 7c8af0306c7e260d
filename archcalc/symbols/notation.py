"""The notation of formulas: 27C², ⌊H/32⌋, (27C² + 3C)/4, 4 | C, in text and in LaTeX.

A notation supplies the signs, and one walk over the tree of a formula uses them.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from functools import cached_property, lru_cache
from typing import Any

import msgspec

from archcalc.symbols.tree import (
    NODES,
    Call,
    Digits,
    Either,
    Factors,
    Left,
    Letter,
    Over,
    Raised,
    Relation,
    Rounded,
    Terms,
    Tree,
    Verbatim,
    standing,
)

_SUPERSCRIPTS = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")
# The binding strength of parts of a formula, which decides where brackets are needed.
_SUM, _QUOTIENT, _PRODUCT, _POWER, _WHOLE = range(5)
_THOUSANDS = "KMG"


class Notation(msgspec.Struct, frozen=True, dict=True):
    """The spelling of each part of a formula; `around` encloses a whole formula that is more than a number."""

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
    over: str = "/"
    # A quotient with one part above the other, where the notation has it.
    fraction: Callable[[str, str], str] | None = None
    comma: str = ","
    around: str = ""
    # True where factors may stand side by side if that reads well.
    juxtaposed: bool = True

    def dim(self, dim: Any) -> str:
        """A dimension as text.

        >>> from archcalc.symbols.dims import symbol
        >>> C, H = symbol("C"), symbol("H")
        >>> TEXT.dim(27 * C**2 + 3 * C), TEXT.dim(64 * C * (H // 32)), LATEX.dim(27 * C**2)
        ('27C² + 3C', '64C⌊H/32⌋', '$27C^2$')
        """
        if isinstance(dim, int):
            return f"{dim:,}".replace("-", "−")
        return f"{self.around}{self.formula(dim)}{self.around}"

    def formula(self, formula: Any) -> str:
        """A formula, or the tree of one, as text with nothing around it.

        >>> TEXT.formula(Over(Terms(((False, Letter("H")), (True, Digits(7)))), Digits(4)))
        '(H − 7)/4'
        """
        return self._written(formula)[0] if isinstance(formula, NODES) else self._cached(formula)

    def lines(self, dim: Any, width: int) -> list[str]:
        """A dimension broken between its terms into lines of about `width` characters.

        >>> from archcalc.symbols.dims import symbol
        >>> TEXT.lines(27 * symbol("C") ** 2 + 3 * symbol("C") + 1, 8)
        ['27C²', '+ 3C + 1']
        """
        tree = None if isinstance(dim, (int, Fraction)) else standing(dim)
        if not isinstance(tree, Terms):
            return [self.dim(dim)]
        lines: list[str] = []
        for term in self._terms(tree):
            if lines and len(lines[-1]) + 1 + len(term) <= width:
                lines[-1] += f" {term}"
            else:
                lines.append(term)
        return [line.join((self.around, self.around)) for line in lines]

    def fact(self, fact: Any) -> str:
        """A fact about letters as text.

        >>> from archcalc.symbols.dims import at_least, divides, symbol
        >>> TEXT.fact(divides(4, symbol("C"))), TEXT.fact(at_least(symbol("H"), 5))
        ('4 | C', 'H ≥ 5')
        """
        return f"{self.around}{self.formula(fact)}{self.around}"

    def shape(self, shape: tuple[Any, ...]) -> str:
        """A shape as text."""
        if all(isinstance(n, int) for n in shape):
            return "×".join(map(str, shape)) or "one value"
        if len(shape) == 1:
            return self.dim(shape[0])
        # A size beside a ×, where C/4×3 would read as C over 12.
        parts = [str(n) if isinstance(n, int) else self._within(standing(n), _PRODUCT) for n in shape]
        return f"{self.around}{self.times.join(parts)}{self.around}"

    @cached_property
    def _cached(self) -> Callable[[Any], str]:
        # Repeated blocks bring the same formulas again and again.
        return lru_cache(maxsize=4096)(lambda formula: self._written(standing(formula))[0])

    def _written(self, tree: Tree) -> tuple[str, int]:
        """A tree as text, and its binding strength."""
        match tree:
            case Digits(n):
                text, bound = (self._digits(n), _WHOLE) if n >= 0 else (f"{self.minus}{self._digits(-n)}", _SUM)
            case Letter(name):
                text, bound = self.letter(name), _WHOLE
            case Terms():
                text, bound = " ".join(self._terms(tree)), _SUM
            case Factors(factors):
                text, bound = self._factors(factors), _PRODUCT
            case Over():
                text, bound = self._over(tree)
            case Rounded(inside, up):
                text, bound = self.formula(inside).join(self.ceiling if up else self.floor), _WHOLE
            case Raised(base, Digits(n)):
                text, bound = self.power(self._within(base, _WHOLE), n), _POWER
            case Raised(base, exponent):
                text, bound = self.raised(self._within(base, _WHOLE), self.formula(exponent)), _POWER
            case Left(above, below):
                text, bound = f"{self._within(above, _QUOTIENT)} {self.mod} {self._within(below, _POWER)}", _SUM
            case Call(name, arguments):
                text, bound = f"{self.function(name)}({', '.join(sorted(map(self.formula, arguments)))})", _WHOLE
            case Relation() | Either():
                text, bound = self._fact(tree), _SUM
            case Verbatim(text):
                bound = _SUM
        return text, bound

    def _over(self, quotient: Over) -> tuple[str, int]:
        above, below = quotient.above, quotient.below
        if self.fraction is not None:
            return self.fraction(self.formula(above), self.formula(below)), _PRODUCT
        return f"{self._within(above, _QUOTIENT)}{self.over}{self._within(below, _POWER)}", _QUOTIENT

    def _fact(self, fact: Relation | Either) -> str:
        if isinstance(fact, Either):
            return self.either.join(sorted(map(self.formula, fact.facts)))
        signs = {"=": "=", "≥": self.at_least, "≤": self.at_most, "|": self.divides}
        left = self._within(fact.left, _QUOTIENT) if fact.sign == "|" else self.formula(fact.left)
        return f"{left} {signs[fact.sign]} {self.formula(fact.right)}"

    def _within(self, tree: Tree, least: int) -> str:
        """A part in brackets if it binds less tightly than `least`."""
        text, bound = self._written(tree)
        return text if bound >= least else text.join(self.brackets)

    def _digits(self, n: int) -> str:
        return f"{n:,}".replace(",", self.comma)

    def _terms(self, tree: Terms) -> list[str]:
        """The terms of a sum, each but the first with its sign before it."""
        (negative, first), *others = tree.terms
        begin = (
            f"{self.minus}{self._within(first, _QUOTIENT)}"
            if negative
            else self._within(first, _SUM if isinstance(first, Terms) else _QUOTIENT)
        )
        return [begin, *(f"{self.minus if less else '+'} {self._within(term, _QUOTIENT)}" for less, term in others)]

    def _factors(self, factors: tuple[Tree, ...]) -> str:
        text, before = "", ""
        for factor in factors:
            written, looks = self._within(factor, _PRODUCT), _looks(factor)
            # 27C², 128HW, 3(C + 1), but 3·width, C·(H + 1), width·C: factors that would read as one word or as a call
            # are separated.
            apart = looks == "word" or before == "word" or (looks == "sum" and before == "letter")
            # 2·2ⁿ and n·2ⁿ: digits are no digits of what stands before them.
            apart = apart or looks == "number"
            # Nor should 4,096·K read as thousands.
            apart = apart or (before == "number" and looks == "letter" and written[0] in _THOUSANDS)
            text += f"{self.dot if before and (apart or not self.juxtaposed) else ''}{written}"
            before = looks
        return text


def _looks(factor: Tree) -> str:
    """The appearance of a factor in a product: number, letter, word, sum or rounding."""
    match factor:
        case Raised(base, _):
            return _looks(base)
        case Digits():
            return "number"
        case Letter(name):
            return "letter" if len(name) == 1 else "word"
        case Terms():
            return "sum"
        case Rounded():
            return "rounding"
    return "word"


def _latex_letter(name: str) -> str:
    first, underscore, rest = name.partition("_")
    if underscore and len(first) == 1 and rest.isalnum():
        return rf"{first}_{{\mathrm{{{rest}}}}}"
    return name if len(name) == 1 else rf"\mathit{{{name.replace('_', chr(92) + '_')}}}"


TEXT = Notation(
    letter=str,
    power=lambda base, n: f"{base}{str(n).translate(_SUPERSCRIPTS)}",
    raised=lambda base, above: (
        f"{base}ⁿ" if above == "n" else f"{base}^{above}" if above.isidentifier() else f"{base}^({above})"
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

# A line of working: whole names in place of letters, and spaces around a division.
WORKING = msgspec.structs.replace(
    TEXT,
    power=lambda base, n: f"{base}^{n}",
    raised=lambda base, above: f"{base}^{above}" if above.isidentifier() else f"{base}^({above})",
    over=" / ",
    juxtaposed=False,
)


def _latex_name(name: str) -> str:
    first, underscore, rest = name.partition("_")
    below = rf"_{{\mathit{{{rest.replace('_', chr(92) + '_')}}}}}" if underscore else ""
    return rf"\mathit{{{first}}}{below}"


WORKING_LATEX = msgspec.structs.replace(
    LATEX,
    letter=_latex_name,
    fraction=lambda above, below: rf"\frac{{{above}}}{{{below}}}",
    floor=(r"\left\lfloor ", r" \right\rfloor"),
    ceiling=(r"\left\lceil ", r" \right\rceil"),
    around="",
    juxtaposed=False,
)
