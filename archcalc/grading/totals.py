"""Marks for the line of totals: sums of a network's rows, and other sums that people form."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import accumulate

import msgspec

from archcalc.grading.answers import Written
from archcalc.grading.case import counted_of
from archcalc.grading.counts import judged
from archcalc.grading.marks import Marked
from archcalc.grading.miscounts import scaled, swapped_digits
from archcalc.grading.sheet import COUNTS, TOTAL, Sheet, SheetLine
from archcalc.network.measures import MEASURES
from archcalc.profiling.rows import Profile, Row
from archcalc.profiling.slips import HEADS, MISADDED, by_part, tallies


def marked_totals(profile: Profile, sheet: Sheet, line: SheetLine, away: frozenset[str]) -> list[Marked]:
    """The marks of the line of totals; `away` are layers that lines of others stand for."""
    found = []
    for column in sheet.columns:
        exact = _exact(profile, column)
        if exact is not None:
            found.append(_marked(profile, sheet, line.cells[column], (column, exact), away))
    return found


def _exact(profile: Profile, column: str) -> int | None:
    if column not in COUNTS:
        return None
    totals = profile.totals
    # A sum without some kinds of layer is no answer to compare with.
    if column == "flops" and totals.shown.uncovered:
        return None
    value = totals.shown.value if column == "flops" else MEASURES[column].total(totals)
    return value if isinstance(value, int) else None


def _marked(profile: Profile, sheet: Sheet, cell: Written, asked: tuple[str, int], away: frozenset[str]) -> Marked:
    column, exact = asked
    mark = judged(TOTAL, column, cell, exact)
    if mark.verdict != "wrong" or mark.slips:
        return mark
    times = {line.name: line.times for line in sheet.lines}
    values = {
        row.name: times.get(row.name, 1) * _count(profile, row, column)
        for row in profile.rows
        if not row.auxiliary and row.name not in away
    }
    own = {
        line.name: line.times * value
        for line in sheet.lines
        if line.name in values and (value := _value(line.cells[column])) is not None
    }
    wrong = tuple(name for name, value in own.items() if value != values[name])
    if wrong and cell.says(sum(own.values())):
        return msgspec.structs.replace(mark, verdict="carried on", carried=wrong)
    slips = _slips(profile, cell, (column, exact), values, times)
    if slips or not wrong:
        return msgspec.structs.replace(mark, slips=slips)
    slips = tuple(said for said, value in _misadded(own, times) if cell.says(value))
    return msgspec.structs.replace(mark, slips=slips, carried=wrong if slips else ())


def _value(cell: Written) -> int | None:
    """The number in a cell, as written if rounded."""
    found = next((n.value for n in cell.numbers if n.value.denominator == 1 and not n.in_bytes), None)
    return None if found is None else int(found)


def _count(profile: Profile, row: Row, column: str) -> int:
    value = counted_of(profile, row, column)
    return value if isinstance(value, int) else 0


def _slips(
    profile: Profile, cell: Written, asked: tuple[str, int], values: dict[str, int], times: dict[str, int]
) -> tuple[str, ...]:
    column, exact = asked
    found = [
        *_otherwise(profile, column, exact),
        *_misadded(values, times),
        *scaled(profile, column, exact),
        *swapped_digits(exact),
    ]
    return tuple(dict.fromkeys(said for said, value in found if value != exact and cell.says(value)))


def _otherwise(profile: Profile, column: str, exact: int) -> Iterator[tuple[str, int]]:
    """Other sums of whole columns."""
    main = [row for row in profile.rows if not row.auxiliary]
    heads = sum(_count(profile, row, column) for row in profile.rows if row.auxiliary)
    yield HEADS, exact + heads
    for tally in tallies(column):
        if tally.answer:
            yield tally.answer, sum(n for n in map(tally.of, main) if isinstance(n, int))
    sums = {name: _exact(profile, name) for name in COUNTS}
    for name, value in sums.items():
        if value and name != column and (name, column) != ("weights", "params"):
            yield f"the total of {name}", value


def _misadded(values: dict[str, int], times: dict[str, int]) -> Iterator[tuple[str, int]]:
    """A row, or a whole block, left out of a sum or counted twice; or once, though it stands for several."""
    whole = sum(values.values())
    more = {name: value - value // times[name] for name, value in values.items() if times.get(name, 1) > 1}
    yield "each line counted once, whatever its times", whole - sum(more.values())
    for name, value in more.items():
        yield f"{name} counted once", whole - value
    parts = by_part(values.items())
    for name in sorted(parts, key=lambda name: name not in values):
        value = sum(parts[name])
        if value:
            yield from ((f"{name} {said}", whole + more * value) for said, more in MISADDED.items())
    for name, so_far in zip(values, accumulate(values.values()), strict=True):
        yield f"added up only as far as {name}", so_far
