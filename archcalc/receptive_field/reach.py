"""The field of a node along one axis of the input, propagated through layers and joined where branches meet."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property, reduce
from itertools import chain
from typing import Any, NamedTuple, TypeAlias

import msgspec
from msgspec.structs import replace

from archcalc.layers.intervals import fraction, hull, number_text, numbers, some
from archcalc.layers.views import View
from archcalc.layers.window import IDENTITY, Window
from archcalc.receptive_field.digits import Digit
from archcalc.receptive_field.spans import seen_at, span
from archcalc.receptive_field.strand import Strand
from archcalc.symbols.dims import Dim, Ratio, Shape, equal

# Strands beyond these are merged, and paths beyond these are not followed.
_MAX_STRANDS = 48
_MAX_ROUTES = 6
_MAX_TRIED = 4096

Strands: TypeAlias = tuple[Strand, ...]


class Route(NamedTuple):
    """A single path: its strands, the node it comes from, and the run of channels and the number of the route there."""

    strands: Strands
    via: int = -1
    part: int = -1
    number: int = 0


class AxisField(msgspec.Struct, frozen=True, dict=True):
    """The field of a node along one axis of the input, through all paths and through single ones.

    Its strands are local, with windows that move with the position, or fixed, seen by every position through a layer
    that sees everything. `short` and `long` are the paths among which those with the least and the largest field are.
    """

    output: Shape
    strands: Strands
    short: tuple[Route, ...]
    long: tuple[Route, ...]
    # True where no path that may matter was left out.
    followed: bool = True
    # The disagreement of joined branches, in words.
    misalignment: str = ""

    @cached_property
    def axes(self) -> set[int]:
        """The axes of the output along which positions see differently."""
        return {axis for strand in self.strands for axis in strand.axes}

    @cached_property
    def local(self) -> Strands:
        """The strands that move with the position."""
        return tuple(strand for strand in self.strands if not strand.fixed)

    @cached_property
    def fixed(self) -> tuple[Ratio, Ratio] | None:
        """The interval seen by every position that sees anything; None if there is none."""
        return next((s.window.seen_by_all for s in self.strands if s.fixed and not s.limits), None)

    @cached_property
    def span(self) -> tuple[Dim, bool]:
        """The size of the field, and true if it is exact."""
        return span(self.strands, self.output)

    @cached_property
    def local_span(self) -> tuple[Dim, bool]:
        """The size of the field through local paths alone, and true if it is exact."""
        return span(self.local, self.output) if self.local else (0, True)

    @property
    def jump(self) -> Ratio | None:
        """The cumulative stride of the local window; 0 without one, None if strands move differently."""
        jumps = {None if s.window.stretch or not s.digits else s.window.jump for s in self.local}
        return 0 if not jumps else jumps.pop() if len(jumps) == 1 else None

    @cached_property
    def first(self) -> tuple[Dim, tuple[Ratio, Ratio]] | None:
        """The first output along its axis with a field, and that field (local if any); None if unknown."""
        strands = self.local or self.strands
        if any(strand.window.loose and not strand.digits for strand in strands):
            return None
        axes = {axis for strand in strands for axis in strand.axes}
        more = _beginnings(strands, self.output[min(axes)]) if len(axes) == 1 else ()
        start = [0] * len(self.output)
        for i in chain([0], more):
            if i:
                start[min(axes)] = i
            if not all(strand.settles(tuple(start)) for strand in strands):
                return None
            if some(*(ends := seen_at(strands, tuple(start)))):
                return i, ends
        return None

    def at(self, index: Shape) -> tuple[Ratio, Ratio] | None:
        """The first and last input that the value at an index sees, possibly outside the input; None for nothing."""
        ends = seen_at(self.strands, index)
        return ends if some(*ends) else None

    @property
    def segments(self) -> list[tuple[int, Dim, Dim, Dim]]:
        """The segments of joined branches: axis, first and last (exclusive), and the size of the field."""
        limits = dict.fromkeys(s.limits[0] for s in self.strands if len(s.limits) == 1)
        found = []
        for limit in limits:
            alone = [s for s in self.strands if s.limits[:1] in {(), (limit,)}]
            inside = [one for s in alone if (one := s.only(limit.axis, (limit.start, limit.stop))) is not None]
            found.append((limit.axis, limit.start, limit.stop, span(inside, self.output)[0]))
        return found


def _beginnings(strands: Strands, n: Dim) -> Iterator[int]:
    """The positions along an axis of n among which is the first with a non-empty field."""
    starts = [limit.start for strand in strands for limit in strand.limits]
    inner = [digit.inner for strand in strands for digit in strand.digits]
    if not numbers(*starts, *inner):
        return
    late = max((strand.window.late for strand in strands), default=0)
    longest = max(inner, default=1) * (late + max(len(strand.window.phases) for strand in strands))
    for begin in sorted({0, *(max(0, begin) for begin in starts)}):
        end = begin + min(_MAX_TRIED, longest)
        yield from range(begin, min(end, n) if numbers(n) else end)


def of_input(shape: Shape, axis: int) -> AxisField:
    """The field of the input itself along one of its axes."""
    strands = (Strand(IDENTITY, (Digit(axis),)),)
    return AxisField(shape, strands, (Route(strands),), (Route(strands),))


def propagate(reach: AxisField, view: View, y: Shape, whole: Dim, via: tuple[int, int]) -> AxisField | None:
    """The field after one more layer, by one of its views; None if nothing is seen."""
    x = reach.output
    strands = tidied(_through(reach.strands, view, x, y, whole), y, whole)
    if not strands:
        return None
    # A single path sees the same as all together.
    known = {id(reach.strands): strands}
    routes = []
    for before in (reach.short, reach.long):
        for route in before:
            if id(route.strands) not in known:
                known[id(route.strands)] = tidied(_through(route.strands, view, x, y, whole), y, whole)
        after = (Route(known[id(route.strands)], *via, i) for i, route in enumerate(before))
        routes.append(tuple(route for route in after if route.strands))
    # If none of the kept paths sees anything, the field comes from one that was dropped.
    short, long = (found or (Route(strands, *via),) for found in routes)
    return AxisField(y, strands, short, long, reach.followed and all(routes))


def lacking(reach: AxisField, *, gaps: bool) -> AxisField:
    """The field when some positions are holes or padding, unknown which: marked on strands that every position sees."""

    def of(strands: Strands) -> Strands:
        return tuple(
            strand if strand.digits else replace(strand, gaps=strand.gaps or gaps, padded=True) for strand in strands
        )

    short, long = (
        tuple(route._replace(strands=of(route.strands)) for route in found) for found in (reach.short, reach.long)
    )
    return AxisField(reach.output, of(reach.strands), short, long, reach.followed, reach.misalignment)


def _through(strands: Strands, view: View, x: Shape, y: Shape, whole: Dim) -> Strands:
    if not view:
        return tuple(laid for strand in strands if not (laid := strand.laid(x, y, whole)).window.empty)
    ends = {axis for axis, at in enumerate(view) if at.ends or at.outputs}
    found: list[Strand] = []
    for strand in strands:
        current = [strand]
        for axis in sorted(strand.axes | ends):
            at = view[axis]
            if at.window != IDENTITY or at.ends or at.outputs or equal(x[axis], y[at.axis]) is not True:
                sizes = (x[axis], y[at.axis])
                current = [s for one in current for s in one.slid(axis, at.window, sizes, whole, ends=at.ends)]
                if at.outputs is not None:
                    current = [s for one in current if (s := one.only(axis, at.outputs)) is not None]
        found += [_turned(one, view) for one in current if not one.window.empty]
    return tuple(found)


def _turned(strand: Strand, view: View) -> Strand:
    """The strand with the axes of the input renamed to those of the output."""
    if all(view[axis].axis == axis for axis in strand.axes):
        return strand
    digits = tuple(digit._replace(axis=view[digit.axis].axis) for digit in strand.digits)
    limits = sorted(limit._replace(axis=view[limit.axis].axis) for limit in strand.limits)
    return Strand(strand.window, digits, tuple(limits), strand.gaps, strand.padded)


def tidied(strands: Iterable[Strand], y: Shape, whole: Dim) -> Strands:
    """The strands with those merged that move alike; a bound if they are too many or their formulas too long."""
    kept: dict[Any, list[Strand]] = {}
    for strand in strands:
        fixed_or_not = strand.window.loose if not strand.digits else None
        group = kept.setdefault((strand.digits, strand.limits, fixed_or_not), [])
        for i, other in enumerate(group):
            if other.window.alike(strand.window):
                if other.window == strand.window:
                    group[i] = strand if (other.gaps, other.padded) > (strand.gaps, strand.padded) else other
                    break
                lack = (other.gaps or strand.gaps, other.padded or strand.padded)
                group[i] = Strand(other.window.merged(strand.window), strand.digits, strand.limits, *lack)
                break
        else:
            group.append(strand)
    found = tuple(_stilled(strand) for group in kept.values() for strand in group)
    if len(found) > _MAX_STRANDS:
        ends = reduce(hull, (strand.bound(y, whole).window.phases[0] for strand in found))
        return (Strand(Window(0, (ends,), loose=True), ()),)
    if not all(strand.window.readable for strand in found):
        return (Strand(Window(0, ((0, whole - 1),), loose=True), ()),)
    return found


def _stilled(strand: Strand) -> Strand:
    """A strand without its digits, if its window no longer moves."""
    if strand.window.moves or strand.limits or not strand.digits:
        return strand
    return Strand(strand.window, ())


def joined(reaches: Sequence[AxisField], whole: Dim) -> AxisField:
    """The union of the fields of several views or branches, without their misalignment."""
    if len(reaches) == 1:
        return reaches[0]
    y = reaches[0].output
    strands = tidied((strand for reach in reaches for strand in reach.strands), y, whole)
    short, all_short = _front([route for reach in reaches for route in reach.short], y, longest=False)
    long, all_long = _front([route for reach in reaches for route in reach.long], y, longest=True)
    followed = all_short and all_long and all(reach.followed for reach in reaches)
    return AxisField(y, strands, short, long, followed)


def _front(routes: list[Route], y: Shape, *, longest: bool) -> tuple[tuple[Route, ...], bool]:
    """The paths that may have the extreme field, here and after any layers, and true if none other may."""
    kept: dict[Any, list[Route]] = {}
    for route in routes:
        group = kept.setdefault(tuple(map(_manner, route.strands)), [])
        if any(_beyond(other, route, longest=longest) for other in group):
            continue
        group[:] = [other for other in group if not _beyond(route, other, longest=longest)]
        group.append(route)
    found = [route for group in kept.values() for route in group]
    if len(found) <= _MAX_ROUTES:
        return tuple(found), True
    sizes = [(span(route.strands, y)[0], i) for i, route in enumerate(found)]
    if not numbers(*(size for size, _ in sizes)):
        return tuple(found[:_MAX_ROUTES]), False
    best = sorted(sizes, reverse=longest)[:_MAX_ROUTES]
    return tuple(found[i] for _, i in best), False


def _manner(strand: Strand) -> Any:
    """The properties that two strands share if one sees more than the other through any further layers."""
    window = strand.window
    seeing = tuple(some(lo, hi) for lo, hi in window.phases)
    return strand.digits, strand.limits, window.advance, window.stretch, seeing


def _beyond(one: Route, other: Route, *, longest: bool) -> bool:
    """True if one path sees at least as much as another (or as little), whatever the windows of later layers."""
    more, fewer = (one, other) if longest else (other, one)
    pairs = zip(more.strands, fewer.strands, strict=True)
    ends = [
        (b[0] - a[0], a[1] - b[1])
        for big, small in pairs
        for a, b in zip(big.window.phases, small.window.phases, strict=True)
        if big.window.stretch or some(*a)
    ]
    if not all(numbers(*pair) for pair in ends):
        return ends == [(0, 0)] * len(ends)
    # One may lie to the side of the other, if it does so everywhere.
    return bool(min(lo for lo, _ in ends) + min(hi for _, hi in ends) >= 0)


def misalignment(branches: Sequence[AxisField]) -> str:
    """The disagreement of joined branches in words, or an empty text."""
    alone = [reach.local[0] for reach in branches if len(reach.local) == 1]
    plain = [s for s in alone if s.digits and not s.limits and not s.window.stretch and not s.window.loose]
    moving = [strand.window for strand in plain if strand.digits == plain[0].digits]
    for name, values in (("jumps", [w.jump for w in moving]), ("centres", [w.middle for w in moving])):
        different = [value for value in dict.fromkeys(values) if value is not None]
        if len(different) > 1:
            return f"{name} {' and '.join(map(number_text, different))}"
    return ""


def centre(ends: tuple[Ratio, Ratio]) -> Ratio:
    """The centre of two ends."""
    return fraction(ends[0] + ends[1], 2)
