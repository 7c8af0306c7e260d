"""Outlines of an SVG in few characters: coordinates of two digits, and lines along an axis as steps."""

from __future__ import annotations

import re

_COMMAND = re.compile(r"([A-Za-z])([^A-Za-z]*)")


def short(outline: str) -> str:
    """The same outline to two digits; a line that ends where it begins is left out.

    >>> short("M 0.001 5.5 L 0 5.5 L 3.14159 5.5 L 3.14159 2 L 4 1 z")
    'M0 5.5h3.14v-3.5L4 1z'
    """
    found: list[str] = []
    at = [0.0, 0.0]
    for command, numbers in _COMMAND.findall(outline):
        places = [round(float(number), 2) + 0.0 for number in numbers.split()]
        steps = [place - before for place, before in zip(places, at, strict=False)]
        if command != "L" or all(steps):
            found.append(command + " ".join(map(_digits, places)))
        elif any(steps):
            found.append(f"h{_digits(steps[0])}" if steps[0] else f"v{_digits(steps[1])}")
        # What closes an outline has no place: nothing is drawn on from there.
        at = places[-2:] or at
    return "".join(found)


def _digits(number: float) -> str:
    sign, digits = ("-" if number < 0 else ""), f"{abs(number):.2f}".rstrip("0").rstrip(".")
    return sign + (digits.removeprefix("0") or "0")
