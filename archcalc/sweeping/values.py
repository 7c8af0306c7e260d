"""The values of a knob as they are written: 16:256:8, 0.25:1:0.25, 2,3,4 or resnet18,resnet34."""

from __future__ import annotations

import re
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from archcalc.errors import SpecError
from archcalc.sweeping.space import Knob

_NUMBER = r"-?\d{1,18}(?:\.\d{1,18})?"
_RANGE = re.compile(rf"({_NUMBER}):({_NUMBER})(?::({_NUMBER}))?")
_EXAMPLE = "such as width=16:64:8, which ends at 64, or depth=2,3,4"
# Whole numbers are not written out; what else there is in a range is.
_MAX_LISTED = 100_000


def knob(text: str) -> Knob:
    """A knob with its values; raises SpecError for a text that is none.

    >>> knob("width=16:64:8").values, knob("depth=2,3,5:7").values, knob("alpha=0.5:1:0.25").values
    (range(16, 65, 8), (2, 3, 5, 6, 7), (Fraction(1, 2), Fraction(3, 4), 1))
    >>> knob("depths=[2,2],[3,4]").values
    ('[2,2]', '[3,4]')
    """
    name, equals, written = text.partition("=")
    if not equals or not name.strip() or not written.strip():
        raise SpecError(f"'{text[:60]}' is not name=values", None, _EXAMPLE)
    parts = [_part(part) for part in _split(written)]
    if len(parts) == 1:
        return Knob(name.strip(), parts[0])
    values = tuple(value for part in parts for value in part)
    twice = (
        next((value for at, value in enumerate(values) if value in values[:at]), None) if len(values) < 1000 else None
    )
    if twice is not None:
        raise SpecError(f"'{name.strip()[:60]}' has the value {twice} twice", None, "give each once")
    return Knob(name.strip(), values)


def _split(text: str) -> list[str]:
    """The parts between commas that stand in no brackets or quotes."""
    found, depth, quoted = [""], 0, False
    for c in text:
        quoted ^= c == '"'
        depth += (c == "[") - (c == "]")
        if c == "," and not depth and not quoted:
            found.append("")
        else:
            found[-1] += c
    return [part.strip() for part in found]


def _part(text: str) -> Sequence[Any]:
    if not text:
        raise SpecError("a value is missing between commas", None, _EXAMPLE)
    between = _RANGE.fullmatch(text)
    if between is None:
        return (_number(text) if re.fullmatch(_NUMBER, text) else text,)
    first, last, step = (_number(part or "1") for part in between.groups())
    if step <= 0 or last < first:
        raise SpecError(f"the range {text[:60]} has no values", None, "it is first:last:step, and goes up")
    if all(isinstance(n, int) for n in (first, last, step)):
        return range(first, last + 1, step)
    count = (last - first) // step + 1
    if count > _MAX_LISTED:
        raise SpecError(
            f"the range {text[:60]} has {count:,} values; at most {_MAX_LISTED:,} that are no whole numbers"
        )
    return tuple(_whole(first + step * at) for at in range(count))


def _number(text: str) -> Any:
    return _whole(Fraction(text))


def _whole(number: Any) -> Any:
    return number.numerator if isinstance(number, Fraction) and number.denominator == 1 else number
