"""The summary of a sweep: how many configurations there were and were refused, the extent of each column, and some rows."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import msgspec

from archcalc.sweeping.fronts import Aims, front

if TYPE_CHECKING:
    import pyarrow as pa


class Summary(msgspec.Struct):
    """The configurations of a sweep, those refused with each message, the rows kept, and the extent of their columns."""

    configurations: int = 0
    refused: int = 0
    kept: int = 0
    # Each message with how many it is of, and the number of the first.
    refusals: dict[str, tuple[int, int]] = {}
    extents: dict[str, tuple[Any, Any]] = {}
    # Rows as values by column: the first ones, or a front in the order of its first column.
    names: list[str] = []
    rows: list[tuple[Any, ...]] = []
    aims: Aims = ()
    # The rows there are of those, of which only some are kept here.
    count: int = 0


def summarised(tables: Iterable[pa.Table], wanted: Aims = (), most: int = 20) -> Summary:
    """The summary of tables of results, read once, one after the other."""
    import pyarrow as pa  # noqa: PLC0415 - an extra

    found = Summary(aims=wanted)
    held: Any = None
    for table in tables:
        _account(found, table)
        found.names = table.column_names
        for name in table.column_names:
            if table.num_rows and not pa.types.is_string(table.schema.field(name).type):
                _extend(found, name, table[name])
        if wanted:
            whole = table if held is None else pa.concat_tables([held, table], promote_options="permissive")
            held = whole.take(front({name: _numpy(whole[name]) for name, _ in wanted}, wanted))
        elif held is None or held.num_rows < most:
            head = table.slice(0, most - (0 if held is None else held.num_rows))
            held = head if held is None else pa.concat_tables([held, head], promote_options="permissive")
    if held is not None:
        first = [(wanted[0][0], "descending" if wanted[0][1] else "ascending")] if wanted else []
        ordered = held.sort_by(first) if first else held
        found.count = ordered.num_rows if wanted else found.kept
        found.rows = list(zip(*(column.to_pylist() for column in ordered.slice(0, most).columns), strict=True))
    return found


def _account(found: Summary, table: pa.Table) -> None:
    said = {key.decode(): value.decode() for key, value in (table.schema.metadata or {}).items()}
    found.kept += table.num_rows
    found.configurations += int(said.get("rows", table.num_rows))
    found.refused += int(said.get("refused", 0))
    for message, (count, first) in json.loads(said.get("refusals", "{}")).items():
        held = found.refusals.get(message, (0, first))
        found.refusals[message] = (held[0] + count, min(held[1], first))


def _extend(found: Summary, name: str, column: Any) -> None:
    import pyarrow.compute as pc  # noqa: PLC0415 - an extra

    ends = pc.min_max(column).as_py()
    low, high = found.extents.get(name, (ends["min"], ends["max"]))
    found.extents[name] = (min(low, ends["min"]), max(high, ends["max"]))


def _numpy(column: Any) -> Any:
    """The values of a column as whole numbers, wide ones as objects."""
    import numpy as np  # noqa: PLC0415 - only sweeps need it
    import pyarrow as pa  # noqa: PLC0415 - an extra

    if pa.types.is_decimal(column.type):
        return np.array([int(value) for value in column.to_pylist()], dtype=object)
    return column.to_numpy()
