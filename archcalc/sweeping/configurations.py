"""Configurations that are listed in a file: a column for each knob, whole numbers in it."""

from __future__ import annotations

from pathlib import Path

from archcalc.errors import SpecError
from archcalc.sweeping.results import read_tables


def configurations(path: Path) -> dict[str, list[int]]:
    """The columns of a CSV or Parquet file; raises SpecError for one that has anything but whole numbers in it."""
    import pyarrow as pa  # noqa: PLC0415 - an extra

    found: dict[str, list[int]] = {}
    for table in read_tables(path):
        for name in table.column_names:
            column = table[name]
            if not pa.types.is_integer(column.type) or column.null_count:
                raise SpecError(f"{path.name}: the column '{name[:60]}' has other values than whole numbers")
            found.setdefault(name, []).extend(column.to_pylist())
    if not found or not next(iter(found.values())):
        raise SpecError(f"{path.name}: there are no configurations in it")
    return found
