"""Strands: the windows through which some of a layer's positions see an axis of the input, with those positions."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from itertools import islice

import msgspec
from msgspec.structs import replace

from archcalc.layers.intervals import NOTHING, numbers
from archcalc.layers.window import MAX_PHASES, Window, shifted, whole_axis
from archcalc.receptive_field.digits import Digit, Limit, kept, moved
from archcalc.receptive_field.edges import clipped, runs
from archcalc.symbols.dims import Dim, Shape, at_least, ceil_div, equal, maximum, minimum

# Outputs that are tried one by one where windows meet the ends of joined branches.
MAX_LISTED = 4096
_MAX_RUNS = 24


class Strand(msgspec.Struct, frozen=True):
    """The window of some positions on one axis of the input; the digits of an index give the window's output.

    Without digits every position sees the same. Along an axis with a limit, digits count from its start, and no other
    index sees. Some of those positions may be padding, which sees nothing, or with `gaps` holes, such as a transposed
    convolution leaves; it is unknown which.
    """

    window: Window
    digits: tuple[Digit, ...]
    limits: tuple[Limit, ...] = ()
    gaps: bool = False
    padded: bool = False

    @property
    def axes(self) -> set[int]:
        """The axes along which positions see differently."""
        return {digit.axis for digit in self.digits} | {limit.axis for limit in self.limits}

    def limit(self, axis: int) -> Limit | None:
        """The limit along an axis."""
        return next((limit for limit in self.limits if limit.axis == axis), None)

    def on(self, axis: int) -> tuple[Digit, ...]:
        """The digits along an axis."""
        return tuple(digit for digit in self.digits if digit.axis == axis)

    @property
    def fixed(self) -> bool:
        """True if every position certainly sees the same, if it sees anything."""
        alike = not self.limits and self.window.seen_by_all is not None
        return not self.window.loose and (not self.digits or alike)

    def holds(self, index: Shape | Mapping[int, Dim]) -> bool:
        """True if an index certainly lies within all limits."""
        return all(
            at_least(index[limit.axis], limit.start) is True and at_least(limit.stop, index[limit.axis] + 1) is True
            for limit in self.limits
        )

    def settles(self, index: Shape | Mapping[int, Dim]) -> bool:
        """True if it is certain that an index lies within all limits, or that it does not."""
        facts = ((at_least(index[n], a), at_least(b, index[n] + 1)) for n, a, b, _ in self.limits)
        return all(isinstance(fact, bool) for pair in facts for fact in pair)

    def place(self, index: Shape | Mapping[int, Dim]) -> Dim:
        """The output of the window for an index."""
        place: Dim = 0
        for digit in self.digits:
            limit = self.limit(digit.axis)
            value = index[digit.axis] - (limit.origin if limit else 0)
            value = value if digit.inner == 1 or value == 0 else value // digit.inner
            place += digit.times * (value if digit.modulo is None or value == 0 else value % digit.modulo)
        return place

    def at(self, index: Shape | Mapping[int, Dim]) -> tuple[Dim, Dim]:
        """The first and the last input that the value at an index sees."""
        return self.window.at(self.place(index)) if self.holds(index) else NOTHING

    def along(self, axis: int, n: Dim) -> tuple[Dim, Dim]:
        """The first index along an axis of n and the one after the last, both counted from the digits' origin."""
        limit = self.limit(axis)
        return (0, n) if limit is None else (limit.start - limit.origin, limit.stop - limit.origin)

    def places(self, x: Shape) -> Dim:
        """The number of outputs of the window."""
        last: Dim = 0
        for digit in self.digits:
            _, n = self.along(digit.axis, x[digit.axis])
            # The last value of a digit need not have all its indices.
            last += digit.times * ((ceil_div(n, digit.inner) if digit.modulo is None else digit.modulo) - 1)
        return last + 1

    def bound(self, x: Shape, whole: Dim) -> Strand:
        """A bound on the field of any position: the union of all, or the whole axis of the input."""
        seen = whole_axis(self.places(x)).after(self.window)
        return Strand(Window(0, ((0, whole - 1) if seen is None else seen.phases[0],), loose=True), ())

    def laid(self, x: Shape, y: Shape, whole: Dim) -> Strand:
        """The strand after a reshape from x to y."""
        # A limit stays with its axis; along an axis of one position it has no effect once that axis is gone or not
        # alone.
        axes: dict[int, int] = {}
        for axis in sorted({limit.axis for limit in self.limits}):
            to = kept(axis, x, y)
            if to is not None and to not in axes.values():
                axes[axis] = to
            elif equal(x[axis], 1) is True:
                return self._standing(axis).laid(x, y, whole)
            else:
                return self.bound(x, whole)
        digits: list[Digit] = []
        for digit in self.digits:
            # Digits that count from a limit's start stay with it.
            limited = axes.get(digit.axis)
            found = moved(digit, x, y) if limited is None else [digit._replace(axis=limited)]
            if found is None:
                return self.bound(x, whole)
            # A digit of a single position beside an axis with a limit is always 0.
            digits += found if limited is not None else [one for one in found if one.axis not in axes.values()]
        window = self.window
        if self.digits and not digits:
            window = Window(0, (window.at(0),), loose=window.loose)
        limits = (limit._replace(axis=axes[limit.axis]) for limit in self.limits)
        return Strand(window, tuple(digits), tuple(sorted(limits)), self.gaps, self.padded)

    def _standing(self, axis: int) -> Strand:
        """The strand without an axis whose only index is 0."""
        limits = self._but(axis)
        inside = [limit for limit in self.limits if limit.axis == axis]
        if not all(bool(limit.start <= 0 < limit.stop) for limit in inside):
            return Strand(Window(0, (NOTHING,)), (), limits)
        place = Strand(self.window, self.on(axis), tuple(inside)).place({axis: 0})
        others = tuple(digit for digit in self.digits if digit.axis != axis)
        window = self.window
        if not others:
            return Strand(Window(0, (window.at(place),), loose=window.loose), (), limits)
        phases = tuple(window.at(place + r) for r in range(len(window.phases)))
        return Strand(replace(window, phases=phases), others, limits)

    def loosened(self) -> Strand:
        """The strand as a bound."""
        return replace(self, window=replace(self.window, loose=True))

    def slid(self, axis: int, window: Window, sizes: tuple[Dim, Dim], whole: Dim, *, ends: bool) -> list[Strand]:
        """The strands through a window on an axis of `sizes` before and after; with `ends` nothing lies beyond it."""
        digits, limit = self.on(axis), self.limit(axis)
        n, outputs = sizes
        ((lo, hi), *more) = window.phases
        if window.advance == 1 and not more and lo == hi and not window.stretch:
            moved = self._moved_on(axis, lo, sizes, whole, ends=ends)
            return [strand.loosened() for strand in moved] if window.loose else moved
        if not digits and limit is None:
            return [] if window.empty else [self]
        if not window.moves and (limit or not all(digit.plain for digit in digits)):
            found = self._gathered(axis, window.phases[0], n, whole)
            return [strand.loosened() for strand in found] if window.loose else found
        clips = ends and len(digits) == len(self.digits) and numbers(n, outputs) and outputs <= MAX_LISTED
        if limit is None and all(digit.plain for digit in digits) and not clips:
            # What lies beyond is then left in, which makes it a bound.
            return [self._spread(axis, replace(window, loose=window.loose or ends), n, whole)]
        own = None if len(digits) != len(self.digits) or not digits else self._flat(axis, n)
        inside, origin = ((limit.start, limit.stop), limit.origin) if limit else ((0, n), 0)
        listed = window.settled and numbers(n, outputs, origin, *inside) and outputs <= MAX_LISTED
        if not digits or own is None or not own.settled or not listed:
            return self._across(axis, window, n, outputs, whole)
        gathers = window.seen_by_all is not None
        found = [
            strand
            for first, last, seen in islice(clipped(own, window, inside, origin, outputs), _MAX_RUNS + 1)
            for strand in self._between(axis, range(first, last), seen, gathers=gathers)
        ]
        return found if len(found) <= _MAX_RUNS else [self._all(axis, n, whole)]

    def only(self, axis: int, outputs: tuple[Dim, Dim]) -> Strand | None:
        """The strand of some positions along an axis, first and last (exclusive); None if none of them sees."""
        limit = self.limit(axis)
        start, stop, origin = (*outputs, 0)
        if limit is not None:
            start, stop, origin = maximum(start, limit.start), minimum(stop, limit.stop), limit.origin
        if at_least(start, stop) is True:
            return None
        return replace(self, limits=self._with(Limit(axis, start, stop, origin)))

    def _between(self, axis: int, places: range, seen: Window, *, gathers: bool) -> Iterator[Strand]:
        """The strands through a window that counts from the first of some positions; merged if the window gathers."""
        ends = {i: seen.at(i - places.start) for i in places} if gathers else {}
        seeing = [i for i, (lo, hi) in ends.items() if hi >= lo]
        if len({ends[i] for i in seeing}) != 1:
            yield Strand(seen, (Digit(axis),), self._with(Limit(axis, places.start, places.stop, places.start)))
            return
        for first, last in runs(seeing):
            still = Window(0, (ends[first],), loose=seen.loose)
            yield Strand(still, (), self._with(Limit(axis, first, last, first)))

    def _moved_on(self, axis: int, by: Dim, sizes: tuple[Dim, Dim], whole: Dim, *, ends: bool) -> list[Strand]:
        """The strands when each output is the input `by` positions further on."""
        digits, limit = self.on(axis), self.limit(axis)
        n, outputs = sizes
        if limit is not None:
            start, stop, origin = limit.start - by, limit.stop - by, limit.origin - by
        elif not ends and all(digit.plain for digit in digits):
            return [self] if not digits else [self._spread(axis, shifted(by), n, whole)]
        else:
            start, stop, origin = -by, n - by, -by
        start, stop = maximum(start, 0), minimum(stop, outputs)
        if at_least(start, stop) is True:
            return []
        # Letters may leave open whether anything is left.
        window = self.window if at_least(stop, start + 1) is True else replace(self.window, loose=True)
        # Padding lies between it and the branch it is joined to.
        gaps = self.gaps or (self.padded and ends)
        return [Strand(window, self.digits, self._with(Limit(axis, start, stop, origin)), gaps)]

    def _spread(self, axis: int, window: Window, n: Dim, whole: Dim) -> Strand:
        """The strand through a window over consecutive positions, along an axis without a limit."""
        if len(self.digits) == 1 and self.digits[0].times == 1:
            seen = window.after(self.window)
            if seen is None or not seen.readable:
                return self._all(axis, n, whole)
            return Strand(seen, self.digits if seen.moves else (), self.limits if seen.moves else self._but(axis))
        one, own = len(window.phases) == 1 and not window.stretch, self.window
        if not one or len(own.phases) > 1 or own.stretch:
            return self._all(axis, n, whole)
        ((lo, hi),), (before, after) = window.phases, own.phases[0]
        steps = [own.advance * digit.times for digit in self.on(axis)]
        ends = (before + sum(step * lo for step in steps), after + sum(step * hi for step in steps))
        scaled = (d._replace(times=d.times * window.advance) if d.axis == axis else d for d in self.digits)
        digits = tuple(digit for digit in scaled if digit.times != 0)
        return Strand(
            Window(own.advance if digits else 0, (ends,), 1, 0, own.loose or window.loose), digits, self.limits
        )

    def _gathered(self, axis: int, ends: tuple[Dim, Dim], n: Dim, whole: Dim) -> list[Strand]:
        """The strands when every output that sees anything sees the same indices of an axis."""
        first, last = self.along(axis, n)
        limit, digits = self.limit(axis), self.on(axis)
        if not (equal(ends[0], 0) is True and equal(ends[1], n - 1) is True):
            if not numbers(*ends, first, last):
                return [self._all(axis, n, whole)]
            origin = limit.origin if limit else 0
            first, last = max(first, ends[0] - origin), min(last, ends[1] + 1 - origin)
            if first >= last:
                return []
        if not digits:
            return [replace(self, limits=self._but(axis))]
        if len(digits) == len(self.digits) == 1 and limit is None and last == n:
            # All the values of the digit are seen, in whatever order.
            return [self._all(axis, n, whole, loose=False)]
        own = self._flat(axis, n) if len(digits) == len(self.digits) else None
        seen = None if own is None else Window(0, ((first, last - 1),)).after(own)
        return [self._all(axis, n, whole)] if seen is None else [Strand(seen, (), self._but(axis))]

    def _across(self, axis: int, window: Window, n: Dim, outputs: Dim, whole: Dim) -> list[Strand]:
        """The strands through a window on an axis with a limit and no digits: the outputs that reach the limit."""
        limit = self.limit(axis)
        counted = numbers(n, outputs) and limit is not None and numbers(limit.start, limit.stop) and window.settled
        if self.on(axis) or not counted or outputs > MAX_LISTED or limit is None:
            return [self._all(axis, n, whole)]
        inside = range(limit.start, limit.stop)
        seeing = [i for i in range(outputs) if any(j in inside for j in window.seen(i, n))]
        found = [Limit(axis, first, last, first) for first, last in runs(seeing)]
        if len(found) > _MAX_RUNS:
            return [self._all(axis, n, whole)]
        return [replace(self, limits=self._with(limit)) for limit in found]

    def _flat(self, axis: int, n: Dim) -> Window | None:
        """The window of the indices of an axis that has all the digits; None if they are too many to list."""
        digits = self.on(axis)
        if len(digits) == 1 and digits[0].plain and digits[0].times == 1:
            return self.window
        if not numbers(n, *(part for digit in digits for part in (digit.inner, digit.modulo or 1, digit.times))):
            return None
        period = math.lcm(*(digit.inner * (digit.modulo or 1) for digit in digits))
        if period > MAX_PHASES:
            return None
        places = [
            sum(d.times * (v // d.inner % d.modulo if d.modulo else v // d.inner) for d in digits)
            for v in range(period)
        ]
        advance = sum(digit.times * (period // digit.inner) for digit in digits if digit.modulo is None)
        return Window(advance, tuple((place, place) for place in places)).reduced().after(self.window)

    def _all(self, axis: int, n: Dim, whole: Dim, *, loose: bool = True) -> Strand:
        """A bound: the union of the fields of all positions."""
        sizes = {digit.axis: n for digit in self.digits} if all(d.axis == axis for d in self.digits) else None
        if sizes is None:
            return Strand(Window(0, ((0, whole - 1),), loose=True), ())
        seen = whole_axis(self.places((n,) * (axis + 1))).after(self.window)
        ends = (0, whole - 1) if seen is None else seen.phases[0]
        return Strand(Window(0, (ends,), loose=loose or seen is None or seen.loose), ())

    def _but(self, axis: int) -> tuple[Limit, ...]:
        return tuple(limit for limit in self.limits if limit.axis != axis)

    def _with(self, limit: Limit) -> tuple[Limit, ...]:
        return tuple(sorted((*self._but(limit.axis), limit)))
