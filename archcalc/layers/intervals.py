"""Intervals of places from a first to a last, both counted, whose ends are numbers or have letters in them."""

from __future__ import annotations

import math
from fractions import Fraction

from archcalc.symbols.dims import Dim, Ratio, at_least, decided, maximum, minimum, quotient
from archcalc.symbols.notation import TEXT

# No place at all: the last one lies before the first.
NOTHING: tuple[Ratio, Ratio] = (0, -1)


def fraction(a: Ratio, b: Ratio) -> Ratio:
    """a / b, exactly.

    >>> fraction(3, 6), fraction(6, 3)
    (Fraction(1, 2), 2)
    """
    return whole(Fraction(a, b) if numbers(a, b) else quotient(a, b))


def number_text(value: Ratio) -> str:
    """A number of a field as text: whole, with its half, or as a fraction.

    >>> from archcalc.symbols.dims import symbol
    >>> number_text(32), number_text(Fraction(31, 2)), number_text(Fraction(1, 3)), number_text((symbol("H") - 1) / 2)
    ('32', '15.5', '1/3', 'H/2 − 1/2')
    """
    if isinstance(value, Fraction) and value.denominator in {1, 2, 4, 8}:
        return f"{float(value):g}"
    return str(value) if numbers(value) else TEXT.dim(value)


def hull(a: tuple[Ratio, Ratio], b: tuple[Ratio, Ratio]) -> tuple[Ratio, Ratio]:
    """The least interval that holds two, either of which may be nothing."""
    if not some(*a):
        return b if some(*b) else NOTHING
    if not some(*b):
        return a
    return lower(a[0], b[0]), higher(a[1], b[1])


def length(lo: Ratio, hi: Ratio) -> Dim:
    """How many places lie in an interval, both ends counted; 0 in none."""
    return written(hi - lo + 1) if some(lo, hi) else 0


def some(lo: Ratio, hi: Ratio) -> bool:
    """Whether anything lies between two ends; with symbols, it does."""
    return hi >= lo if numbers(lo, hi) else decided(at_least(hi, lo)) is not False


def numbers(*values: object) -> bool:
    """Whether none of them has a letter."""
    return all(isinstance(value, (int, Fraction)) for value in values)


def whole(number: Ratio) -> Ratio:
    """A number of either kind without letters as Python's, a fraction as a whole number where it is one."""
    if not isinstance(number, (int, Fraction)) and number.is_Rational:
        number = Fraction(int(number.p), int(number.q))
    return number.numerator if isinstance(number, Fraction) and number.denominator == 1 else number


def written(size: Ratio) -> Dim:
    """A size that may be between two whole numbers, or a formula that may be written out."""
    size = whole(size)
    if isinstance(size, (int, Fraction)):
        return math.floor(size)
    return size.expand() if size.is_polynomial() else size


def lower(a: Ratio, b: Ratio) -> Ratio:
    """The smaller of two ends."""
    return min(a, b) if numbers(a, b) else minimum(a, b)


def higher(a: Ratio, b: Ratio) -> Ratio:
    """The larger of two ends."""
    return max(a, b) if numbers(a, b) else maximum(a, b)
