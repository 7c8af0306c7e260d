"""Times with units as people write them: 12.3ms, 755 µs, 0.2 s."""

from __future__ import annotations

import re
from fractions import Fraction

from archcalc.errors import SpecError
from archcalc.symbols.units import abbreviated

_UNITS = {
    "s": Fraction(1),
    "ms": Fraction(1, 10**3),
    "us": Fraction(1, 10**6),
    "µs": Fraction(1, 10**6),
    "ns": Fraction(1, 10**9),
}
_TIME = re.compile(r"(\d{1,15})(?:\.(\d{1,15}))? ?(s|ms|us|µs|ns)")


def seconds(text: str) -> Fraction:
    """The seconds in a text; raises SpecError if it is no time above 0.

    >>> seconds("12.3ms")
    Fraction(123, 10000)
    """
    # The sign of a millionth has two characters that look the same.
    found = _TIME.fullmatch(text.strip().replace("\N{GREEK SMALL LETTER MU}", "µ"))
    value = Fraction(f"{found[1]}.{found[2] or 0}") * _UNITS[found[3]] if found else Fraction(0)
    if not value:
        raise SpecError(f"'{text[:60]}' is not a time above 0 with its unit", None, "such as 12.3ms, 755us or 0.2s")
    return value


def duration(time: Fraction) -> str:
    """A time in the unit that leaves one to three digits before the point, with four in all.

    >>> duration(Fraction(15989, 10**5)), duration(Fraction(1, 3 * 10**6)), duration(Fraction(0))
    ('159.9 ms', '333.3 ns', '0 s')
    """
    if not time:
        return "0 s"
    for unit in ("s", "ms", "µs"):
        # What rounds to a thousand is one of the next unit.
        if time >= _UNITS[unit] * Fraction("0.99995"):
            return f"{abbreviated(float(time / _UNITS[unit]), 4)} {unit}"
    return f"{abbreviated(float(time / _UNITS['ns']), 4)} ns"
