"""Calls of a block in a row that differ in their channels alone, as the layers of a dense block, drawn as one with × n."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from archcalc.drawing.diagrams.repeats import lines_of
from archcalc.profiling.folding import FoldedBlock, FoldedRow, Part
from archcalc.profiling.rows import Row
from archcalc.symbols.dims import Shape
from archcalc.symbols.notation import TEXT
from archcalc.symbols.shape import place_sizes

# Fewer are each drawn, with their own sizes.
_LEAST = 4


def grown(parts: Sequence[Part]) -> tuple[Part, ...]:
    """The parts with such calls merged, at any depth; the rows of each line go from the first call to the last."""
    return tuple(_runs([_inside(part) for part in parts]))


def between(first: Shape, last: Shape) -> str:
    """The shapes of the first and the last call as one text.

    >>> between((96, 56, 56), (256, 56, 56)), between((96, 56, 56), (96, 56, 56))
    ('96…256×56×56', '96×56×56')
    """
    if first == last:
        return TEXT.shape(first)
    if not all(isinstance(n, int) for n in (*first, *last)):
        return f"{TEXT.shape(first)} … {TEXT.shape(last)}"
    return "×".join(str(a) if a == b else f"{a}…{b}" for a, b in zip(first, last, strict=True))


def _inside(part: Part) -> Part:
    return part if isinstance(part, FoldedRow) else msgspec.structs.replace(part, parts=grown(part.parts))


def _runs(parts: Sequence[Part]) -> Iterator[Part]:
    start = 0
    while start < len(parts):
        end = start + 1
        while end < len(parts) and _goes_on(parts[end - 1], parts[end]):
            end += 1
        if end - start < _LEAST:
            end = start + 1
            yield parts[start]
        else:
            yield msgspec.structs.replace(_merged(parts[start:end], end - start), times=end - start)
        start = end


def _goes_on(one: Part, other: Part) -> bool:
    """True if a call reads nothing but the end of the one before it, and is the same but for its channels."""
    if not isinstance(one, FoldedBlock) or not isinstance(other, FoldedBlock) or not other.block:
        return False
    *_, last = lines_of(one)
    return (
        one.times == other.times == 1
        and {last.rows[-1].name} == {source for row in _rows(other) for source in row.sources} - _names(other)
        and _sources(one) == _sources(other)
        and _look(one) == _look(other)
    )


def _rows(block: FoldedBlock) -> Iterator[Row]:
    return (row for line in lines_of(block) for row in line.rows)


def _names(block: FoldedBlock) -> set[str]:
    return {row.name for row in _rows(block)}


def _sources(block: FoldedBlock) -> list[list[int]]:
    """The rows that each row of a call reads, by their place in the call, −1 for one outside."""
    places = {row.name: place for place, row in enumerate(_rows(block))}
    return [[places.get(name, -1) for name in row.sources] for row in _rows(block)]


def _look(part: Part) -> Any:
    """The properties that the calls share."""
    if isinstance(part, FoldedBlock):
        return part.block.rpartition(":")[0], part.times, tuple(map(_look, part.parts))
    row = part.row
    return row.kind, row.layer, row.shared, part.times, row.auxiliary, row.note, place_sizes(row.output)


def _merged(parts: Sequence[Part], times: int) -> Part:
    """Parts of one look as a single one, with the rows of all; a line counts its repeats in the network, a block its own."""
    first = parts[0]
    if isinstance(first, FoldedRow):
        return FoldedRow(
            first.row, times * first.times, tuple(row for part in parts for line in lines_of(part) for row in line.rows)
        )
    inner = zip(*(part.parts for part in parts if isinstance(part, FoldedBlock)), strict=True)
    return msgspec.structs.replace(first, parts=tuple(_merged(alike, times) for alike in inner))
