"""The blocks of a table's rows with their sums, and the bars behind its numbers, for a page that shows them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any

import msgspec

from archcalc.document.content import Block, Table
from archcalc.formats.table.columns import Column
from archcalc.network.measures import MEASURES
from archcalc.profiling.folding import FoldedRow
from archcalc.profiling.rows import Profile


def as_tree(table: Table, profile: Profile, parts: Sequence[Column], shown: Sequence[FoldedRow]) -> Table:
    """The table with its blocks and bars; a bar is as long as a row's part of the total, the longest fills its cell."""
    counted = [[_counted(part, profile, line) for part in parts] for line in shown]
    blocks = [
        msgspec.structs.replace(block, cells=_sums(block, profile, parts, shown, counted))
        for block in _blocks([line.row.name.split("/") for line in shown])
    ]
    barred = [part.key in MEASURES and MEASURES[part.key].main for part in parts]
    # An auxiliary head has no part of the total.
    own = [[0 if line.row.auxiliary else n for n in row] for line, row in zip(shown, counted, strict=True)]
    sums = [
        [sum(filter(None, column)) for column in zip(*own[block.start : block.stop], strict=True)] for block in blocks
    ]
    most = [max((n or 0 for n in column), default=0) for column in zip(*own, *sums, strict=True)]

    def bars(numbers: Sequence[int | None]) -> tuple[float, ...]:
        return tuple(
            round((n or 0) / top, 4) if bar and top else 0 for n, top, bar in zip(numbers, most, barred, strict=True)
        )

    return msgspec.structs.replace(
        table,
        blocks=tuple(msgspec.structs.replace(block, bars=bars(of)) for block, of in zip(blocks, sums, strict=True)),
        bars=tuple(map(bars, own)),
    )


def _counted(part: Column, profile: Profile, line: FoldedRow) -> int | None:
    """The number in a cell of a column that adds up, for all rows that the line stands for; None if there is none."""
    cell = part.cell(profile, line) if part.total is not None else None
    # A letter says how often a block is repeated, or how large a layer is.
    counted = line.times * cell if cell is not None and not isinstance(cell, str) else None
    return counted if isinstance(counted, int) else None


def _blocks(paths: Sequence[Sequence[str]], start: int = 0, level: int = 0, depth: int = 0) -> Iterator[Block]:
    """The runs of two rows or more whose names begin alike, an outer before its inner ones.

    >>> [(one.name, one.depth, one.start, one.stop) for one in _blocks([["a"], ["b", "x", "1"], ["b", "x", "2"], ["b", "y"]])]
    [('b', 0, 1, 4), ('b/x', 1, 1, 3)]
    """
    for name, run in groupby(paths, key=lambda path: path[level] if len(path) > level + 1 else None):
        inside = list(run)
        if name is not None and len(inside) > 1:
            deeper = level + 1
            # Where all of a block is in one other, the two are one.
            while all(len(path) > deeper + 1 and path[deeper] == inside[0][deeper] for path in inside):
                deeper += 1
            yield Block("/".join(inside[0][:deeper]), depth, start, start + len(inside))
            yield from _blocks(inside, start, deeper, depth + 1)
        start += len(inside)


def _sums(
    block: Block,
    profile: Profile,
    parts: Sequence[Column],
    shown: Sequence[FoldedRow],
    counted: Sequence[Sequence[int | None]],
) -> tuple[Any, ...]:
    """The cells of a block: its name, and the sums and shares of its rows as far as they are numbers."""
    rows = range(block.start, block.stop)
    main = [row for row in rows if not shown[row].row.auxiliary]
    keys = [part.key for part in parts]
    cells: list[Any] = []
    for at, part in enumerate(parts):
        key = part.key.removesuffix("%")
        numbers = [counted[row][at] for row in main or rows]
        if part.key == "name":
            cells.append(block.name)
        elif part.key.endswith("%"):
            value = sum(filter(None, (counted[row][keys.index(key)] for row in main))) if key in keys else 0
            whole = MEASURES[key].whole(profile)
            cells.append(f"{100 * value / whole:.1f}" if value and isinstance(whole, int) else "")
        else:
            known = part.total is not None and all(n is not None for n in numbers)
            cells.append(sum(filter(None, numbers)) if known else "")
    return tuple(cells)
