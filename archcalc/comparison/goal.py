"""The goals of a search: comparisons of expressions of measures, such as params <= 5M or output length = 98."""

from __future__ import annotations

import re
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import msgspec

from archcalc.errors import Place, Source, SpecError
from archcalc.language.expression import evaluate
from archcalc.network.measures import MEASURES
from archcalc.profiling.rows import Profile
from archcalc.symbols.dims import as_int, format_dim, format_shape
from archcalc.symbols.shape import VALUES, axes_of, found
from archcalc.symbols.units import Amount, suits, written_out

# The signs of the difference for which each comparison holds.
SIGNS = {
    "<=": frozenset({-1, 0}),
    "<": frozenset({-1}),
    ">=": frozenset({0, 1}),
    ">": frozenset({1}),
    "=": frozenset({0}),
    "!=": frozenset({-1, 1}),
}
COMPARISON = re.compile(r"<=|>=|==|!=|=|<|>|≤|≥|≠")
SPELLED = {"==": "=", "≤": "<=", "≥": ">=", "≠": "!="}
# Measures with one size per axis, each of which is asked for by its name behind the measure's.
_SIZED = ("output", "rf")
_AXIS = re.compile(rf"\b({'|'.join(_SIZED)})[ .]([^\W\d]\w*)")
_EXAMPLE = "such as params <= 5M, macs < 1.5G, bytes <= 64 MiB or output length = 98"


class Goal(msgspec.Struct, frozen=True):
    """A comparison of two expressions of measures, such as params <= 5M."""

    text: str
    left: str
    comparison: str
    right: str

    @property
    def measures(self) -> list[str]:
        """The measures in the goal, with the axis in the name, as in output_length."""
        return _spoken_of(f"{self.left} {self.right}")

    def difference(self, names: Mapping[str, Any]) -> Any:
        """The left side minus the right side."""
        left, right = (evaluate(side, names, self.place(side)) for side in (self.left, self.right))
        if isinstance(left, (bool, str, tuple)) or isinstance(right, (bool, str, tuple)):
            raise SpecError(f"'{self.text[:60]}' does not compare numbers")
        difference = left - right
        return difference if isinstance(difference, Fraction) else as_int(difference)

    def place(self, side: str) -> Place:
        """The place of a side in the goal, with units written out."""
        text = f"{self.left} {self.comparison} {self.right}"
        start = 0 if side == self.left else len(text) - len(side)
        return Place(Source("--for", text), 1, start + 1, start + len(side) + 1)

    def met(self, difference: Any) -> bool:
        """True if the goal is met at this difference of its sides."""
        return (difference > 0) - (difference < 0) in SIGNS[self.comparison]


def goal(text: str) -> Goal:
    """A goal parsed from text, bytes taken as values of four bytes each; raises SpecError if it is not a comparison.

    >>> goal("params <= 5M").right, goal("output length = 98").left
    ('5000000', 'output_length')
    """
    parts = COMPARISON.split(text)
    if len(parts) != 2 or not all(part.strip() for part in parts):
        raise SpecError(f"'{text[:60]}' is not a goal", None, _EXAMPLE)
    between = COMPARISON.search(text)
    sign = between[0] if between else ""
    parts = [_AXIS.sub(r"\1_\2", " ".join(part.split())) for part in parts]
    measures = _spoken_of(" ".join(written_out(part, lambda _: Fraction(0)) for part in parts))

    def number(amount: Amount) -> Fraction:
        if amount.noun and not suits(amount.noun, measures):
            raise SpecError(f"'{text[:60]}' is not of {amount.noun}")
        if not amount.in_bytes or "bytes" in measures:
            return amount.value
        if others := [name for name in measures if not MEASURES[_parted(name)[0]].stored]:
            raise SpecError(f"{min(others)} is not in bytes")
        return amount.value / 4

    left, right = (written_out(part, number, of_bytes="bytes" in measures) for part in parts)
    return Goal(" ".join(text.split()), left, SPELLED.get(sign, sign), right)


def _spoken_of(text: str) -> list[str]:
    """The measures named in an expression."""
    words = re.findall(r"[^\W\d]\w*", text)
    return list(dict.fromkeys(word for word in words if _parted(word)[0] in MEASURES))


def _parted(key: str) -> tuple[str, str]:
    """A measure and its axis, as (output, length)."""
    measure, _, axis = key.partition("_")
    return (measure, axis) if measure in _SIZED and axis else (key, "")


def title(key: str) -> str:
    """The title of a measure.

    >>> title("rf_height"), title("macs")
    ('receptive field height', 'MACs')
    """
    measure, axis = _parted(key)
    return f"{MEASURES[measure].title} {axis}".strip()


def measured(profile: Profile, key: str) -> Any:
    """A measure of a network, or its size along one axis; raises SpecError if it is not a number."""
    measure, axis = _parted(key)
    value = MEASURES[measure].whole(profile)
    said = format_shape(value) if isinstance(value, tuple) else format_dim(value)
    field = profile.fields[profile.last.name] if measure == "rf" else None
    if field is not None and not field.exact:
        raise SpecError(f"of the receptive field only a bound is known, {said}")
    # A receptive field that is the same along all axes is one number.
    sizes = value if isinstance(value, tuple) else (value,)
    axes = axes_of(value) if measure == "output" else field.axes if field else ()
    place = found(axis, axes)
    if len(sizes) == 1 and (not axis or (measure == "output" and axis in VALUES)):
        place = 0
    if place is None:
        named = [f"{measure} {name}" for name in axes if name]
        lacks = f"has no {axis}" if axis else "is no number"
        raise SpecError(
            f"{MEASURES[measure].title} {said} {lacks}", None, f"there is {', '.join(named)}" if named else ""
        )
    return sizes[min(place, len(sizes) - 1)]
