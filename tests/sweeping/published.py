"""Tables as they were published, and how a number of theirs holds a count."""

from __future__ import annotations

import csv
import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

SWEEPS = Path(__file__).parent.parent / "data" / "sweeps"
UNITS = {"": 1, "K": 10**3, "M": 10**6, "G": 10**9, "B": 10**9}

Row = dict[str, str]


def table(name: str) -> list[Row]:
    """The rows of a published table."""
    with (SWEEPS / f"{name}.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def spec(name: str) -> str:
    """The path of a spec of a space that is no bundled network."""
    return str(SWEEPS / f"{name}.yaml")


def judged(count: int, printed: str, unit: str = "") -> str:
    """How a printed number holds a count: exact, rounded, cut (its digits are those of the count, not rounded), or not at all.

    >>> judged(4231976, "4.23", "M"), judged(1677128, "1.67", "M"), judged(569, "569"), judged(300774272, "299", "M")
    ('rounded', 'cut', 'exact', '')
    """
    step = Fraction(1, 10 ** len(printed.partition(".")[2]))
    wanted, value = Fraction(printed), Fraction(int(count), UNITS[unit])
    if wanted == value:
        return "exact"
    if math.floor(value / step + Fraction(1, 2)) * step == wanted:
        return "rounded"
    return "cut" if math.floor(value / step) * step == wanted else ""


def held(
    rows: Iterable[Any], key: Callable[[Any], Any], verdict: Callable[[Any], str], explained: Mapping[Any, Any]
) -> Counter[str]:
    """How many rows hold in which way; raises AssertionError for one that does not and is not explained, or is and does."""
    verdicts = {key(row): verdict(row) for row in rows}
    failing = {name for name, word in verdicts.items() if not word}
    assert failing == set(explained), f"neither held nor explained: {failing ^ set(explained)}"
    return Counter(word or "explained" for word in verdicts.values())
