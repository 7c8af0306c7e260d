"""Dimensions: whole numbers or symbols, the arithmetic they share, and checks with three answers.

A dimension is an `int` or a sympy expression and is used unmodified: `+ - *` mean the same for both. Divisions go
through the functions here, so that formulas stay short, and so do checks, because a symbol can leave them open. sympy
is imported when the first symbol is made, never for whole numbers.
"""

from __future__ import annotations

import keyword
import math
import unicodedata
from fractions import Fraction
from typing import TYPE_CHECKING, TypeAlias

from archcalc.symbols.knobs import is_knob, pick
from archcalc.symbols.notation import TEXT
from archcalc.symbols.relations import divisible, is_zero, nonnegative
from archcalc.symbols.simplify import canonical, ceil, floor, rounded_again, terms

if TYPE_CHECKING:
    import sympy

    Dim: TypeAlias = int | sympy.Expr
    Truth: TypeAlias = bool | sympy.Basic
    # The quotient of two dimensions: an end of a window, a jump, a share.
    Ratio: TypeAlias = int | Fraction | sympy.Expr
else:
    Dim = int
    Truth = bool
    Ratio = int | Fraction

Shape: TypeAlias = tuple[Dim, ...]


def symbol(name: str) -> Dim:
    """A dimension left as a letter: a positive whole number of unknown value.

    >>> symbol("C") * 4
    4*C
    """
    import sympy  # noqa: PLC0415 - 400 ms that only symbols have to pay

    # Two symbols of one name with different assumptions would be different symbols, so only this function makes them.
    return sympy.Symbol(name, integer=True, positive=True)


# Words that other readers of YAML, or of numbers, take for something else.
_NO_LETTERS = {"true", "false", "yes", "no", "on", "off", "null", "none", "nan", "inf", "infinity"}


def is_letter(text: str) -> bool:
    """True if a word can stand for a dimension left open: a name in expressions, and nothing else anywhere.

    >>> is_letter("C"), is_letter("null"), is_letter("lambda"), is_letter("2d")
    (True, False, False, False)
    """
    return (
        text.isidentifier()
        and not keyword.iskeyword(text)
        and text.lower() not in _NO_LETTERS
        # Python's grammar, with which expressions are read, normalises look-alikes to one name.
        and unicodedata.normalize("NFKC", text) == text
    )


def as_int(dim: Dim) -> Dim:
    """The dimension, as a plain whole number if its letters cancel.

    >>> C = symbol("C")
    >>> as_int(C - C + 3), as_int(C)
    (3, C)
    """
    return int(dim) if not isinstance(dim, int) and dim.is_Integer else dim


def size(shape: Shape) -> Dim:
    """The number of values in an array of this shape; 1 for the empty shape.

    >>> size((64, 224, 224))
    3211264
    """
    # Whole numbers first: sympy would multiply each into a sum, and 6·(H − 4)·(H − 4) would read (6H − 24)·(H − 4).
    known = math.prod([n for n in shape if isinstance(n, int)])
    return as_int(math.prod([n for n in shape if not isinstance(n, int)], start=1) * known)


def floor_div(a: Dim, b: Dim) -> Dim:
    """a / b rounded down.

    >>> floor_div(7, 2), floor_div(floor_div(symbol("H"), 2), 2)
    (3, floor(H/4))
    """
    return a // b if isinstance(a, int) and isinstance(b, int) else as_int(floor(a / b))


def ceil_div(a: Dim, b: Dim) -> Dim:
    """a / b rounded up.

    >>> ceil_div(7, 2), ceil_div(8, 2), ceil_div(ceil_div(symbol("H"), 2), 2)
    (4, 4, ceiling(H/4))
    """
    if isinstance(a, int) and isinstance(b, int):
        return -(-a // b)
    return as_int(ceil(a / b))


def remainder(a: Dim, b: Dim) -> Dim:
    """The remainder of a divided by b.

    >>> remainder(7, 2), remainder(symbol("C") + 5, 4), remainder(3 * symbol("C") ** 2, 4)
    (1, Mod(C + 1, 4), 3*C**2 - 4*floor(3*C**2/4))
    """
    if isinstance(a, int) and isinstance(b, int):
        return a % b
    # Written out except in plain cases: sympy is wrong on remainders of powers and of remainders, and does not finish
    # others.
    a, b = a if isinstance(a, int) else canonical(a), as_int(b)
    if isinstance(b, int) and all(c.q == 1 and (part is None or part.is_Symbol) for part, c in terms(a).items()):
        return as_int(a % b)
    return as_int(rounded_again(a - b * floor_div(a, b)))


def quotient(a: Dim, b: Dim) -> Dim:
    """a / b where b is known, or assumed, to divide a.

    >>> quotient(12, 4), quotient(symbol("C"), 4)
    (3, C/4)
    """
    return a // b if isinstance(a, int) and isinstance(b, int) else as_int(a / b)


def minimum(a: Dim, b: Dim) -> Dim:
    """The smaller of two dimensions.

    >>> minimum(3, 5)
    3
    """
    if isinstance(a, int) and isinstance(b, int):
        return pick("min", a, b) if is_knob(a) or is_knob(b) else min(a, b)
    if at_least(b, a) is True:
        return a
    if at_least(a, b) is True:
        return b
    import sympy  # noqa: PLC0415 - only symbols come this far

    return sympy.Min(a, b, evaluate=False)


def maximum(a: Dim, b: Dim) -> Dim:
    """The larger of two dimensions.

    >>> maximum(3, 5)
    5
    """
    if isinstance(a, int) and isinstance(b, int):
        return pick("max", a, b) if is_knob(a) or is_knob(b) else max(a, b)
    if at_least(b, a) is True:
        return b
    if at_least(a, b) is True:
        return a
    import sympy  # noqa: PLC0415 - only symbols come this far

    return sympy.Max(a, b, evaluate=False)


def gcd(a: Dim, b: Dim) -> Dim:
    """The greatest common divisor.

    >>> gcd(12, 8)
    4
    """
    if isinstance(a, int) and isinstance(b, int):
        return pick("gcd", a, b) if is_knob(a) or is_knob(b) else math.gcd(a, b)
    if a == 1 or b == 1:
        return 1
    import sympy  # noqa: PLC0415 - only symbols come this far

    # sympy.gcd treats H and 7 as polynomials and answers 1; an undefined function stays open until H is known.
    return sympy.Function("gcd")(a, b)


def equal(a: Dim, b: Dim) -> Truth:
    """The truth of a = b; a relation if symbols leave it open.

    >>> equal(3, 3), equal(symbol("C"), 3)
    (True, Eq(C, 3))
    """
    # `==` on sympy compares structure: C == 3 is False there, not "open".
    return a == b if isinstance(a, int) and isinstance(b, int) else is_zero(a - b)


def divides(k: Dim, n: Dim) -> Truth:
    """The truth of k dividing n without a remainder; a relation if symbols leave it open.

    >>> divides(4, 32), divides(3, 32), divides(4, symbol("C"))
    (True, False, Eq(Mod(C, 4), 0))
    """
    return n % k == 0 if isinstance(k, int) and isinstance(n, int) else divisible(n, k)


def whole(n: Dim) -> Truth:
    """The truth of a formula being a whole number; a relation if symbols leave it open.

    >>> whole(3), whole(symbol("C")), whole((symbol("C") + 4) / 2)
    (True, True, Eq(Mod(C, 2), 0))
    """
    if isinstance(n, int) or n.is_Symbol:
        return True
    return divisible(*n.as_numer_denom())


def at_least(a: Dim, b: Dim) -> Truth:
    """The truth of a ≥ b; a relation in its shortest form if symbols leave it open.

    >>> at_least(3, 1), at_least(symbol("H"), 0), at_least(symbol("H") - 4, 1)
    (True, True, H >= 5)
    """
    return a >= b if isinstance(a, int) and isinstance(b, int) else nonnegative(a - b)


def any_of(a: Truth, b: Truth) -> Truth:
    """The truth of one of two facts holding; a relation if symbols leave it open.

    >>> any_of(at_least(symbol("s"), 2), at_least(3, 4)), any_of(at_least(symbol("s"), 2), True)
    (s >= 2, True)
    """
    if a is True or b is True:
        return True
    if a is False or b is False:
        return b if a is False else a
    import sympy  # noqa: PLC0415 - only symbols come this far

    # Each alternative once, in one fact.
    ways = [way for one in (a, b) for way in (one.args if isinstance(one, sympy.Or) else (one,))]
    return sympy.Or(*dict.fromkeys(ways), evaluate=False)


def decided(known: Truth) -> bool | None:
    """True or False if a fact is settled for every value of its symbols, None if it is open.

    >>> decided(at_least(symbol("H") + symbol("W") - 1, 1))
    True
    >>> decided(at_least(symbol("H") - 4, 1)) is None
    True
    """
    return known if isinstance(known, bool) else None


def is_dim(value: object) -> bool:
    """True if a value can be a dimension: a whole number, or a formula that is whole for some values of its letters.

    >>> is_dim(3), is_dim(symbol("C") / 2), is_dim(True), is_dim(0.5)
    (True, True, False, False)
    """
    if isinstance(value, int):
        return not isinstance(value, bool)
    return hasattr(value, "free_symbols") and bool(value.free_symbols) and whole(value) is not False


def format_dim(dim: Dim) -> str:
    """A dimension as text, with thousands separated.

    >>> format_dim(138357544), format_dim(27 * symbol("C") ** 2)
    ('138,357,544', '27C²')
    """
    return TEXT.dim(dim)


def format_times(times: Dim) -> str:
    """A number of repetitions after a times sign, a sum in brackets; nothing for one.

    >>> format_times(3), format_times(symbol("n") + 1), format_times(1)
    ('× 3', '× (n + 1)', '')
    """
    if times == 1:
        return ""
    text = format_dim(times)
    return f"× ({text})" if " " in text else f"× {text}"


def format_shape(shape: Shape) -> str:
    """A shape as text.

    >>> format_shape((64, 224, 224)), format_shape(()), format_shape((symbol("C") + 1, 7))
    ('64×224×224', 'one value', '(C + 1)×7')
    """
    return TEXT.shape(shape)
