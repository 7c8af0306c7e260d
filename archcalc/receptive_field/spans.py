"""The size of the field of strands together: the most that any position sees."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from functools import reduce
from itertools import pairwise, product

from archcalc.layers.intervals import NOTHING, hull, length, numbers
from archcalc.layers.window import MAX_PHASES, Window
from archcalc.receptive_field.strand import Strand
from archcalc.symbols.dims import Dim, Ratio, Shape, at_least, decided

# Positions that are tried one by one if no rule says which of them sees the most.
_MAX_PLACES = 2**14


def seen_at(strands: Iterable[Strand], index: Shape | Mapping[int, Dim]) -> tuple[Ratio, Ratio]:
    """The first and the last input that the value at an index sees through any of some strands."""
    return reduce(hull, (strand.at(index) for strand in strands), NOTHING)


def span(strands: Sequence[Strand], y: Shape) -> tuple[Dim, bool]:
    """The most inputs from the first to the last that any position of a shape y sees, and true if that is exact."""
    loose = any(strand.window.loose or strand.gaps for strand in strands)
    if all(_even(strand.window) and not strand.limits for strand in strands) and len(strands) == 1:
        return strands[0].window.size, not loose
    if not all(_counted(strand, y) for strand in strands):
        size, exact = _in_letters(strands, y)
        return size, exact and not loose
    most, exact = 0, not loose
    for cell in product(*(_cut(strands, axis, y[axis]) for axis in sorted({n for s in strands for n in s.axes}))):
        first = {axis: places[0] for axis, places in cell}
        size, sure = _in_cell([strand for strand in strands if strand.holds(first)], dict(cell), y)
        if size > most:
            most, exact = size, sure and not loose
        elif not sure:
            exact = False
    return most, exact


def _even(window: Window) -> bool:
    """True if a window has the same size at every output."""
    return len(window.phases) == 1 and window.stretch == 0


def _counted(strand: Strand, y: Shape) -> bool:
    limits = (part for limit in strand.limits for part in (limit.start, limit.stop))
    digits = (part for digit in strand.digits for part in (digit.inner, digit.modulo or 1, digit.times))
    window = strand.window
    ends = (window.advance, window.stretch, *(end for ends in window.phases for end in ends))
    return numbers(*limits, *digits, *ends, *(y[axis] for axis in strand.axes))


def _cut(strands: Sequence[Strand], axis: int, n: int) -> list[tuple[int, range]]:
    """An axis cut at the ends of every limit along it."""
    cuts = {0, n}
    for strand in strands:
        if (limit := strand.limit(axis)) is not None:
            cuts |= {limit.start, limit.stop}
    inside = sorted(cut for cut in cuts if 0 <= cut <= n)
    return [(axis, range(a, b)) for a, b in pairwise(inside)]


def _in_cell(strands: Sequence[Strand], within: dict[int, range], y: Shape) -> tuple[Dim, bool]:
    """The largest field at indices between limits, and true if it is exact."""
    strands = _outermost(strands, y)
    if not strands:
        return 0, True
    if len(strands) == 1 and _even(strands[0].window):
        return int(strands[0].window.size), True
    axes = sorted({digit.axis for strand in strands for digit in strand.digits})
    plain = all(digit.plain for strand in strands for digit in strand.digits)
    # Both ends move evenly within a phase, so that the difference is largest at one end or the other.
    period = math.lcm(*(len(strand.window.phases) for strand in strands)) if plain else 0
    ends = 2 * period if plain and period <= MAX_PHASES and len(axes) <= 1 else 0
    each: list[Sequence[int]] = [within[axis] for axis in axes]
    if ends:
        each = [[*places[:period], *places[period:][-period:]] for places in each]
    if math.prod(map(len, each)) > _MAX_PLACES:
        lows, highs = zip(*(strand.bound(y, 0).window.phases[0] for strand in strands), strict=True)
        return math.floor(max(highs)) - math.ceil(min(lows)) + 1, False
    first = {axis: places[0] for axis, places in within.items()}
    found = []
    for index in product(*each):
        at = first | dict(zip(axes, index, strict=True))
        lo, hi = seen_at(strands, at)
        found.append(length(lo, hi))
    return max(found, default=0), True


def _outermost(strands: Sequence[Strand], y: Shape) -> Sequence[Strand]:
    """The strands that may reach beyond the part that every position sees, and those of that part."""
    still = [strand for strand in strands if not strand.digits]
    if not still or len(still) == len(strands):
        return strands
    lo, hi = reduce(hull, (strand.window.phases[0] for strand in still))
    ends = ((strand, strand.bound(y, 0).window.phases[0]) for strand in strands if strand.digits)
    return [*still, *(strand for strand, (a, b) in ends if a < lo or b > hi)]


def _in_letters(strands: Sequence[Strand], y: Shape) -> tuple[Dim, bool]:
    """The largest field if letters leave open which position has it, and true if it is exact."""
    if any(strand.limits for strand in strands):
        return _in_segments(strands, y)
    axes = sorted({digit.axis for strand in strands for digit in strand.digits})
    plain = all(digit.plain and digit.times == 1 for strand in strands for digit in strand.digits)
    windows = [strand.window for strand in strands]
    if len(strands) == 1 and len(windows[0].phases) > 1 and not windows[0].stretch and plain:
        return _of_phases(windows[0], y[axes[0]] if axes else 1)
    if plain and len(axes) <= 1 and all(len(window.phases) == 1 for window in windows):
        n = y[axes[0]] if axes else 1
        places = [0] if n == 1 else [0, n - 1]
        ends = [reduce(hull, (w.at(i) for w in windows)) for i in places]
        sizes = [length(lo, hi) for lo, hi in ends]
        most = hull((0, sizes[0]), (0, sizes[-1]))[1]
        if Window(0, ((0, most),)).readable:
            return most, True
    return _at_most(strands, y), False


def _at_most(strands: Sequence[Strand], y: Shape) -> Dim:
    """An upper bound for the field of any position."""
    return length(*reduce(hull, (strand.bound(y, 0).window.phases[0] for strand in strands)))


def _in_segments(strands: Sequence[Strand], y: Shape) -> tuple[Dim, bool]:
    """The largest field after branches were joined along one axis, and true if it is exact."""
    segments = list(dict.fromkeys(strand.limits for strand in strands if strand.limits))
    if any(len(limits) > 1 or limits[0].start != limits[0].origin for limits in segments):
        return _at_most(strands, y), False
    axes = {limits[0].axis for limits in segments}
    ends = [(limits[0].start, limits[0].stop) for limits in segments]
    # Each begins where another has ended, or before.
    meet = any(
        not (decided(at_least(a, d)) or decided(at_least(c, b))) for i, (a, b) in enumerate(ends) for c, d in ends[:i]
    )
    if len(axes) > 1 or meet:
        return _at_most(strands, y), False
    (axis,) = axes
    found = []
    for limits, (start, stop) in zip(segments, ends, strict=True):
        alone = [Strand(s.window, s.digits) for s in strands if s.limits == limits]
        # A strand without a limit covers the whole axis, and is no more than a bound within a segment.
        alone += [strand for strand in strands if not strand.limits]
        moving = any(digit.axis == axis for strand in strands if not strand.limits for digit in strand.digits)
        size, exact = span(alone, (*y[:axis], stop - start, *y[axis + 1 :]))
        found.append((_at_most(alone, y), False) if moving else (size, exact))
    most = reduce(lambda a, b: a if decided(at_least(a[0], b[0])) else b, found)
    sure = all(decided(at_least(most[0], size)) for size, _ in found)
    return (most[0], all(exact for _, exact in found)) if sure else (_at_most(strands, y), False)


def _of_phases(window: Window, n: Dim) -> tuple[Dim, bool]:
    """The largest of a window's phases, and true if there are enough positions for it to occur."""
    sizes = [length(lo, hi) for lo, hi in window.phases]
    if not numbers(*sizes):
        return window.size, False
    return max(sizes), decided(at_least(n, sizes.index(max(sizes)) + 1)) is True
