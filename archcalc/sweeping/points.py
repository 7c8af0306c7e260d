"""Some rows of results for a picture, which has no room for millions."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from archcalc.sweeping.results import read_tables

_MOST = 20_000


def points(path: Path, names: Sequence[str]) -> list[tuple[float, ...]]:
    """The values of some columns in evenly spaced rows, at most 20,000."""
    count = sum(table.num_rows for table in read_tables(path))
    step = -(-count // _MOST)
    found: list[tuple[float, ...]] = []
    begun = 0
    for table in read_tables(path):
        picked = table.take(list(range(-begun % step, table.num_rows, step)))
        columns = [map(float, picked[name].to_pylist()) for name in names]
        found += zip(*columns, strict=True)
        begun += table.num_rows
    return found
