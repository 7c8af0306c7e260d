"""Lists in expressions: `widths[index]`, `len(widths)`, `range(4)`, `enumerate(widths)`, bounded in length and depth."""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from operator import add
from typing import Any

from archcalc.errors import SpecError

# The most entries of one list, and of it with its nested lists.
MAX_ENTRIES = 250
_MAX_NESTED = 1_000
_MAX_DEPTH = 4


def entry(values: Any, index: Any, said: str) -> Any:
    """The entry of a list at an index from 0, or from -1 backwards; `said` is the list as it is written.

    >>> entry((24, 40, 80), 1, "widths"), entry((24, 40, 80), -1, "widths")
    (40, 80)
    """
    if not isinstance(values, tuple):
        raise SpecError(f"'{said[:60]}' is {shown(values)}, and only a list has entries")
    if not isinstance(index, int) or isinstance(index, bool):
        raise SpecError(f"the index of '{said[:60]}' must be a whole number, not {shown(index)}")
    if not -len(values) <= index < len(values):
        count = f"{len(values)} {'entry' if len(values) == 1 else 'entries'}"
        last = len(values) - 1
        remedy = f"the first is {said[:60]}[0], the last {said[:60]}[{last}]" if values else ""
        raise SpecError(f"'{said[:60]}' has {count}, and none at {index}", None, remedy)
    return values[index]


def shown(value: Any) -> str:
    """A value in words, for messages."""
    if isinstance(value, tuple):
        return f"a list of {len(value)}"
    if isinstance(value, str):
        return f'the text "{value[:60]}"'
    if isinstance(value, bool):
        return str(value).lower()
    return f"the formula {value}" if getattr(value, "free_symbols", None) else str(value)


def listed(values: tuple[Any, ...]) -> tuple[Any, ...]:
    """The values of a function's only argument if that is a list, or of all its arguments."""
    return values[0] if len(values) == 1 and isinstance(values[0], tuple) else values


def check_entries(value: Any, depth: int = 0) -> int:
    """The number of values in a list, including nested lists; raises SpecError for more than are read."""
    if not isinstance(value, tuple):
        return 1
    if depth == _MAX_DEPTH:
        raise SpecError(f"lists inside each other more than {_MAX_DEPTH} deep")
    _check_length(len(value))
    total = 1
    for inner in value:
        total += check_entries(inner, depth + 1)
        if total > _MAX_NESTED:
            raise SpecError(f"lists of more than {_MAX_NESTED:,} entries in all")
    return total


def _check_length(length: int) -> None:
    if length > MAX_ENTRIES:
        raise SpecError(f"a list of {length:,} entries; at most {MAX_ENTRIES:,} are read")


def _len(values: Any) -> int:
    if not isinstance(values, tuple):
        raise SpecError(f"len is of a list, and this is {shown(values)}")
    return len(values)


def _sum(*values: Any) -> Any:
    numbers = listed(values)
    if any(isinstance(value, (str, tuple)) for value in numbers):
        raise TypeError
    return reduce(add, numbers, 0)


def _range(*bounds: Any) -> tuple[int, ...]:
    for bound in bounds:
        if not isinstance(bound, int) or isinstance(bound, bool):
            raise SpecError(f"range is of whole numbers, and this is {shown(bound)}")
    if len(bounds) > 2 or not bounds:
        raise TypeError
    counted = range(*bounds)
    # Python's own length ends at the size of a pointer.
    _check_length(max(0, counted.stop - counted.start))
    return tuple(counted)


def _zip(*several: Any) -> tuple[Any, ...]:
    lengths = [_len(values) for values in several]
    if len(set(lengths)) > 1:
        raise SpecError(f"zip is of lists of one length, and these have {', '.join(map(str, lengths))} entries")
    return tuple(zip(*several, strict=True))


LIST_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "len": _len,
    "sum": _sum,
    "range": _range,
    "enumerate": lambda values: tuple(enumerate(values[: _len(values)])),
    "zip": _zip,
}
