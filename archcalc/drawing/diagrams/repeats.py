"""The repeats of a network that are worth a box with × n around them; the others are written out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

import msgspec

from archcalc.profiling.folding import FoldedBlock, FoldedRow, Part
from archcalc.profiling.rows import Row

# A single layer is drawn so many times before it is drawn once with a box around it.
_FEW = 3


def follows(row: Row) -> bool:
    """True for a layer that is drawn with the one before it."""
    return row.layer.family in {"activation", "norm"} and len(row.sources) == 1


def lines_of(part: Part) -> Iterator[FoldedRow]:
    """The lines of a part, at any depth."""
    if isinstance(part, FoldedRow):
        yield part
    else:
        for inner in part.parts:
            yield from lines_of(inner)


def written_out(parts: Sequence[Part]) -> tuple[Part, ...]:
    """The parts without repeats of a single layer, and what is drawn with it, that would save a box or none."""
    return tuple(each for part in parts for each in _written_out(part))


def _written_out(part: Part) -> Iterator[Part]:
    if isinstance(part, FoldedRow):
        yield part
        return
    part = msgspec.structs.replace(part, parts=written_out(part.parts))
    if isinstance(part.times, int) and 1 < part.times <= _FEW and _is_one_layer(part):
        for number in range(part.times):
            yield _repeat(part, number, part.times)
    else:
        yield part


def _is_one_layer(part: FoldedBlock) -> bool:
    lines = [*lines_of(part)]
    return _plain(part.parts) and all(
        follows(after.row) and after.row.sources == (before.row.name,) for before, after in pairwise(lines)
    )


def _plain(parts: Sequence[Part]) -> bool:
    return all(isinstance(part, FoldedRow) or (part.times == 1 and _plain(part.parts)) for part in parts)


def _repeat(part: FoldedBlock, number: int, times: int) -> FoldedBlock:
    """One of the repeats by itself, with its own rows."""
    return msgspec.structs.replace(part, times=1, parts=tuple(_own(inner, number, times) for inner in part.parts))


def _own(part: Part, number: int, times: int) -> Part:
    if isinstance(part, FoldedBlock):
        return msgspec.structs.replace(part, parts=tuple(_own(inner, number, times) for inner in part.parts))
    # The rows of the first repeat come first, in every call of what is around it.
    each = len(part.rows) // times
    rows = part.rows[number * each : (number + 1) * each]
    return FoldedRow(rows[0], part.times // times, rows)
