"""The rows of a profile with blocks and layers that repeat unchanged written once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import groupby
from typing import Any, TypeAlias

import msgspec

from archcalc.profiling.rows import Row
from archcalc.symbols.dims import Dim, as_int
from archcalc.symbols.sums import sum_of


class FoldedRow(msgspec.Struct, frozen=True):
    """A row with the number of its consecutive repeats; `rows` are all rows that it stands for, itself first.

    `followers` are rows right after it that cost nothing and that it stands for too, such as an in-place ReLU.
    """

    row: Row
    times: Dim = 1
    rows: tuple[Row, ...] = ()
    followers: tuple[Row, ...] = ()


def joined(lines: Sequence[FoldedRow], costless: Callable[[Row], bool]) -> list[FoldedRow]:
    """The lines with each costless one merged into the one before it, if it reads that and keeps its shape.

    >>> from archcalc.profiling.engine import profile
    >>> from archcalc.language import load
    >>> lines = joined(unfolded(profile(load("vgg16")).rows), lambda row: row.activations == row.params == 0)
    >>> [(line.row.name, [row.kind for row in line.followers]) for line in lines[:3]]
    [('input', []), ('conv1_1', ['relu']), ('conv1_2', ['relu'])]
    """
    found: list[FoldedRow] = []
    for line in lines:
        row = line.row
        if found and costless(row) and not row.note:
            before = found[-1]
            last = (before.row, *before.followers)[-1]
            alike = (line.times, row.output, row.auxiliary) == (before.times, last.output, last.auxiliary)
            if alike and row.sources == (last.name,):
                found[-1] = msgspec.structs.replace(before, followers=(*before.followers, row))
                continue
        found.append(line)
    return found


class FoldedBlock(msgspec.Struct, frozen=True):
    """A call of a block, or a single layer (`block` is then empty), repeated `times` times in a row."""

    block: str
    times: Dim
    parts: tuple[Part, ...]


Part: TypeAlias = FoldedRow | FoldedBlock


def unfolded(rows: Sequence[Row]) -> list[FoldedRow]:
    """Every row by itself."""
    return [FoldedRow(row, row.times, rows=(row,)) for row in rows]


def folded(rows: Sequence[Row]) -> list[FoldedRow]:
    """The rows in order, with consecutive repeats written once.

    >>> from archcalc.profiling.engine import profile
    >>> from archcalc.language import load
    >>> [line.row.name for line in folded(profile(load("resnet152")).rows) if line.times == 35][:2]
    ['conv4_2/residual/conv2d', 'conv4_2/residual/batchnorm2d']
    """
    return list(_lines(groups(rows)))


def groups(rows: Sequence[Row]) -> tuple[Part, ...]:
    """The rows as a tree of calls of blocks, with unchanged repeats once.

    A line in it counts how often its row stands in the whole network, a group how often it does inside the one around
    it.
    """
    return tuple(_parts([[row] for row in rows], 0, 1))


def _lines(parts: Sequence[Part]) -> Iterator[FoldedRow]:
    for part in parts:
        if isinstance(part, FoldedRow):
            yield part
        else:
            yield from _lines(part.parts)


def _parts(places: list[list[Row]], depth: int, around: Dim) -> Iterator[Part]:
    """The parts at one depth of blocks; each place holds a row of the first repeat and the same row of the others.

    The first row of a place stands for its own repetitions in as many of the group around it.
    """
    # Rows of one call of a block belong together; a row of no block at this depth stands alone.
    counted = enumerate(places)
    calls = groupby(counted, key=lambda item: item[1][0].blocks[depth] if len(item[1][0].blocks) > depth else item[0])
    segments = [[place for _, place in call] for _, call in calls]
    start = 0
    while start < len(segments):
        end = start + 1
        while end < len(segments) and _repeats(segments[start], segments[end - 1], segments[end], depth):
            end += 1
        repeats = segments[start:end]
        merged = [[row for place in together for row in place] for together in zip(*repeats, strict=True)]
        first, often = merged[0][0], _expanded(sum_of(row.times for row in merged[0]))
        within = sum_of(segment[0][0].times for segment in repeats)
        inside = within if around == 1 else _expanded(within / around)
        if len(first.blocks) > depth:
            yield FoldedBlock(first.blocks[depth], inside, tuple(_parts(merged, depth + 1, first.times)))
        elif inside != 1:
            yield FoldedBlock("", inside, (FoldedRow(first, often, tuple(merged[0])),))
        else:
            yield FoldedRow(first, often, tuple(merged[0]))
        start = end


def _expanded(times: Any) -> Dim:
    """A number of repetitions in its shortest form."""
    if isinstance(times, int):
        return times
    import sympy  # noqa: PLC0415 - whoever has a formula has paid for it

    return as_int(sympy.expand(sympy.cancel(times)))


def _repeats(begin: list[list[Row]], before: list[list[Row]], after: list[list[Row]], depth: int) -> bool:
    """True if rows repeat the rows before them and continue where those end.

    What they read beside that is read by those at the begin of the repeats too, as the memory of a decoder.
    """
    first, one, other = ([place[0] for place in places] for places in (begin, before, after))
    beside = _outside(first) & _outside(other)
    return (
        len(one) == len(other)
        and _outside(other) - beside == {one[-1].name}
        # A block that reads two layers outside would have to read both of them from its predecessor.
        and len(_outside(first) - beside) == 1
        and _signatures(one, depth, beside) == _signatures(other, depth, beside)
    )


def _outside(rows: list[Row]) -> set[str]:
    """The sources of rows that are not among the rows."""
    return {source for row in rows for source in row.sources} - {row.name for row in rows}


def _signatures(rows: list[Row], depth: int, beside: set[str]) -> list[tuple[Any, ...]]:
    """The properties that equal rows share, with sources, owners and calls as positions among them."""
    places: dict[str, int | str] = {row.name: place for place, row in enumerate(rows)}
    places |= {name: name for name in beside}
    # Calls are numbered through the whole network; here each counts from its first row.
    calls: dict[str, tuple[str, int]] = {}
    for place, row in enumerate(rows):
        for call in row.blocks[depth:]:
            calls.setdefault(call, (call.rpartition(":")[0], place))
    return [
        (
            *(row.kind, row.layer, row.inputs, row.output),
            tuple(places.get(name, -1) for name in row.sources),
            tuple(calls[call] for call in row.blocks[depth:]),
            places.get(row.shared, row.shared),
            *(row.weights, row.biases, row.buffers, row.activations, row.work),
            *(row.in_place, row.auxiliary, row.note),
        )
        for row in rows
    ]
