"""Closed intervals of positions, whose ends are numbers or formulas."""

from __future__ import annotations

import math
from fractions import Fraction

from archcalc.symbols.dims import Dim, Ratio, at_least, decided, maximum, minimum, quotient
from archcalc.symbols.notation import TEXT

# The empty interval: the last position lies before the first.
NOTHING: tuple[Ratio, Ratio] = (0, -1)


def fraction(a: Ratio, b: Ratio) -> Ratio:
    """The exact quotient a / b.

    >>> fraction(3, 6), fraction(6, 3)
    (Fraction(1, 2), 2)
    """
    return whole(Fraction(a, b) if numbers(a, b) else quotient(a, b))


def number_text(value: Ratio) -> str:
    """A number of a receptive field as text: whole, as a short decimal, or as a fraction.

    >>> from archcalc.symbols.dims import symbol
    >>> number_text(32), number_text(Fraction(31, 2)), number_text(Fraction(1, 3)), number_text((symbol("H") - 1) / 2)
    ('32', '15.5', '1/3', 'H/2 − 1/2')
    """
    if isinstance(value, Fraction) and value.denominator in {1, 2, 4, 8}:
        return f"{float(value):g}"
    return str(value) if numbers(value) else TEXT.dim(value)


def hull(a: tuple[Ratio, Ratio], b: tuple[Ratio, Ratio]) -> tuple[Ratio, Ratio]:
    """The smallest interval that contains two, either of which may be empty."""
    if not some(*a):
        return b if some(*b) else NOTHING
    if not some(*b):
        return a
    return lower(a[0], b[0]), higher(a[1], b[1])


def length(lo: Ratio, hi: Ratio) -> Dim:
    """The number of positions in a closed interval; 0 if it is empty."""
    return written(hi - lo + 1) if some(lo, hi) else 0


def some(lo: Ratio, hi: Ratio) -> bool:
    """True if the interval is not empty, or if letters leave that open."""
    return hi >= lo if numbers(lo, hi) else decided(at_least(hi, lo)) is not False


def numbers(*values: object) -> bool:
    """True if no value has a letter."""
    return all(isinstance(value, (int, Fraction)) for value in values)


def falls(rate: Ratio) -> bool:
    """True if an end that moves at this rate certainly moves back."""
    return rate < 0 if isinstance(rate, (int, Fraction)) else at_least(rate, 0) is False


def whole(number: Ratio) -> Ratio:
    """A number without letters as an int or a Fraction, whole fractions as ints; a formula as it is."""
    if not isinstance(number, (int, Fraction)) and number.is_Rational:
        number = Fraction(int(number.p), int(number.q))
    return number.numerator if isinstance(number, Fraction) and number.denominator == 1 else number


def written(size: Ratio) -> Dim:
    """A size as an int, fractions rounded down, or as an expanded polynomial."""
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
