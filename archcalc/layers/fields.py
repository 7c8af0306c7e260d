"""The fields of layers: what each takes, in words, and what its type asks of letters."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from archcalc.layers.base import Layer
from archcalc.layers.requirements import Requirement
from archcalc.symbols.dims import at_least, format_dim, whole

# How a message names what a field takes, by the name of its type.
EXPECTED = {
    "Count": "a whole number of at least 1",
    "Natural": "a whole number of at least 0",
    "Sizes": "a whole number of at least 1, or a list with one for each axis",
    "Sizes | None": "a whole number of at least 1, or a list with one for each axis",
    "Count | None": "a whole number of at least 1",
    "Margins": "a whole number of at least 0, or a list with one for each axis, or with a pair [before, after] for each axis",
    "Padding": "a whole number of at least 0, a list with one for each axis or with a pair [before, after] for each axis, or same",
    "bool": "true or false",
    "float": "a number",
    "Positive": "a number above 0",
    "Positive | None": "a number above 0",
    "int": "a whole number",
    "tuple[int, ...]": "a list of whole numbers",
    "tuple[Count, ...]": "a list of whole numbers of at least 1",
    "tuple[Natural, ...]": "a list of whole numbers of at least 0",
}

# The least that a size may be, by the names that its type is written with.
_LEAST = {"Count": 1, "Sizes": 1, "Natural": 0, "Margins": 0, "Padding": 0}


def format_setting(value: object) -> str:
    """A field's value on one line.

    >>> format_setting((1, 7)), format_setting(((0, 1), (0, 1))), format_setting(True), format_setting(None)
    ('1×7', '(0,1)×(0,1)', 'true', 'none')
    """
    if value is None or isinstance(value, bool):
        return str(value).lower()
    if not isinstance(value, tuple):
        return str(value) if isinstance(value, (int, float, str)) else format_dim(value)
    if any(isinstance(entry, tuple) for entry in value):
        return "×".join(f"({','.join(map(str, entry))})" if isinstance(entry, tuple) else str(entry) for entry in value)
    return "×".join(map(str, value))


def annotation(cls: type[Layer], name: str) -> str:
    """A field's type as it is written in the class."""
    return str(next(own[name] for c in cls.__mro__ if name in (own := inspect.get_annotations(c))))


@lru_cache
def sizes(cls: type[Layer]) -> dict[str, int]:
    """The fields that hold sizes, which may be letters, each with the least that it may be.

    >>> from archcalc.layers.linear import Linear
    >>> sizes(Linear)
    {'out': 1}
    """
    found = {}
    for name in cls.__struct_fields__:
        written_type = annotation(cls, name)
        least = next((n for word, n in _LEAST.items() if word in written_type), None)
        # A table of positions has no sizes in it.
        if least is not None and "tuple[tuple" not in written_type:
            found[name] = least
    return found


def asked(layer: Layer) -> Iterator[Requirement]:
    """What the types of the fields ask of letters; of numbers it was asked when they were read."""
    for name, least in sizes(type(layer)).items():
        for n in _letters(getattr(layer, name)):
            message = f"{name} must be a whole number of at least {least}, not {format_dim(n)}"
            yield whole(n), message, name
            # A fraction above 0 that comes to a whole number comes to at least 1.
            above, below = n.as_numer_denom()
            yield at_least(above if below.is_positive else n, least), message, name


def _letters(value: Any) -> Iterator[Any]:
    """The sizes in a field's value that are no plain numbers."""
    if isinstance(value, tuple):
        for entry in value:
            yield from _letters(entry)
    elif value is not None and not isinstance(value, (int, str)):
        yield value
