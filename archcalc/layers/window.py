"""Windows: the input positions of an axis that each output sees, as an algebra.

Along an axis, output `i` sees inputs `jump·i + lo … jump·i + hi`. Where a jump is not whole (transposed convolution,
upsampling, adaptive pooling) the two ends depend on the remainder of `i` as well, so a window has one pair of ends for
each remainder, or phase, and whole numbers stay whole. A window over everything has jump 0.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from functools import cached_property, reduce
from typing import cast

import msgspec

from archcalc.layers.intervals import NOTHING, falls, fraction, higher, hull, lower, some, whole, written
from archcalc.symbols.dims import Dim, Ratio

# More phases than these, or more steps to compose them, would take too long; the window is then relaxed.
MAX_PHASES = 2048
_MAX_STEPS = 2**17
# A longer formula is no use to a reader.
_MAX_LENGTH = 40


class Window(msgspec.Struct, frozen=True, dict=True):
    """The window of outputs on one axis: output period·a + r sees inputs advance·a + lo to advance·a + hi, by `step`.

    `phases` holds lo and hi for each remainder r, so that the period is its length; a hi below lo is an empty window.
    If the last input moves at another rate than the first, as in a recurrence, `stretch` is the difference of the
    rates; empty phases may then grow, so that no phase is empty for good. Ends are whole numbers or symbols. A `loose`
    window is an outer bound: it contains all that is seen and may contain more, and its ends may be fractions.
    """

    advance: Dim
    phases: tuple[tuple[Ratio, Ratio], ...]
    step: Dim = 1
    stretch: Dim = 0
    loose: bool = False

    @property
    def jump(self) -> Ratio:
        """The cumulative stride: the number of inputs that the window moves per output; 0 if it stays.

        >>> Window(1, ((0, 0), (0, 0))).jump
        Fraction(1, 2)
        """
        return fraction(self.advance, len(self.phases))

    @property
    def size(self) -> Dim:
        """The largest number of inputs from the first to the last that an output sees, both counted."""
        most: Ratio = reduce(higher, [hi - lo + 1 for lo, hi in self.phases])
        return written(most)

    @property
    def middle(self) -> Ratio | None:
        """The centre of the first output's window if the window moved evenly: the mean over its phases.

        >>> Window(1, ((0, 0), (0, 0))).middle
        Fraction(-1, 4)
        """
        ends = [(r, lo, hi) for r, (lo, hi) in enumerate(self.phases) if some(lo, hi)]
        if not self.settled or len(ends) <= 1:
            return fraction(ends[0][1] + ends[0][2], 2) if ends else None
        return whole(sum(Fraction(lo + hi, 2) - self.jump * r for r, lo, hi in ends) / len(ends))

    @property
    def moves(self) -> bool:
        """True if different outputs see different inputs."""
        return self.advance != 0 or self.stretch != 0 or len(self.phases) > 1

    @property
    def seen_by_all(self) -> tuple[Ratio, Ratio] | None:
        """The one interval that every output with a non-empty window sees; None if they differ.

        >>> Window(0, ((0, 8), (0, -1))).seen_by_all, Window(1, ((0, 8),)).seen_by_all
        ((0, 8), None)
        """
        ends = {(lo, hi) for lo, hi in self.phases if some(lo, hi)}
        return ends.pop() if len(ends) == 1 and not self.stretch and self.advance == 0 else None

    @property
    def empty(self) -> bool:
        """True if no output sees anything."""
        return not self.stretch and not any(some(lo, hi) for lo, hi in self.phases)

    def at(self, i: Dim) -> tuple[Ratio, Ratio]:
        """The first and the last input that output i sees, possibly outside the input.

        >>> Window(2, ((-1, 1),)).at(3), Window(0, ((0, 0),), stretch=1).at(3)
        ((5, 7), (0, 3))
        """
        a, r = (i, 0) if len(self.phases) == 1 else divmod(i, len(self.phases))
        lo, hi = self.phases[r]
        return self.advance * a + lo, (self.advance + self.stretch) * a + hi

    def seen(self, i: int, n: int) -> range:
        """The positions among n inputs that output i sees.

        >>> Window(1, ((-2, 2),), 2).seen(1, 9)
        range(1, 4, 2)
        """
        lo, hi = self.at(i)
        lo, hi = math.ceil(lo), math.floor(hi)
        first = lo if lo >= 0 else lo % self.step
        return range(first, min(hi + 1, n), self.step)

    def after(self, first: Window) -> Window | None:
        """The composition with the window of a layer before it: the hull, without the gaps of dilation.

        None if letters leave even a bound open.

        >>> three = Window(1, ((-1, 1),))
        >>> three.after(three).phases, Window(2, ((0, 2),)).after(three).phases
        (((-2, 2),), ((-1, 3),))
        """
        if IDENTITY in (self, first):
            return first if self == IDENTITY else self
        if len(first.phases) == 1:
            return self._after_one(first)
        if not (self.settled and first.settled):
            return self.after(first.relaxed()) if first.settled else None
        period, inner = len(self.phases), len(first.phases)
        repeats = math.lcm(*(inner // math.gcd(move, inner) for move in (self.advance, self.advance + self.stretch)))
        count = period * repeats
        longest = (
            1 if first.is_monotone else min(first.cycle(self.step) * 2, 1 + max(hi - lo for lo, hi in self.phases))
        )
        if count > MAX_PHASES or count * longest > _MAX_STEPS or (self.stretch and not first.is_monotone):
            return self.relaxed().after(first.relaxed())
        ends = tuple(first.over(*self.at(r), self.step) for r in range(count))
        uneven = first.stretch > 0 and not first.from_one_place
        if uneven or (first.stretch and not all(some(lo, hi) for lo, hi in self.phases)):
            # Phases that are empty at first might grow with the others, or not.
            return self.relaxed().after(first.relaxed())
        advance = first.advance * (self.advance * repeats // inner)
        last = (first.advance + first.stretch) * ((self.advance + self.stretch) * repeats // inner)
        return Window(advance, ends, 1, last - advance, self.loose or first.loose).reduced()

    def _after_one(self, first: Window) -> Window:
        """The composition with a window that has no phases."""
        ((lo, hi),) = first.phases
        if first.empty:
            return first
        last = first.advance + first.stretch
        # Where an end moves back, it is that of the last output that lies first.
        low, high = int(falls(first.advance)), int(not falls(last))
        ends = tuple(
            (first.advance * pair[low] + lo, last * pair[high] + hi) if self.stretch or some(*pair) else NOTHING
            for pair in self.phases
        )
        advance = whole(first.advance * (self.advance + low * self.stretch))
        stretch = whole(last * (self.advance + high * self.stretch) - advance)
        if not all(isinstance(end, int) for pair in ends for end in pair):
            ends = tuple((whole(lo), whole(hi)) for lo, hi in ends)
        # Among outputs that see nothing at first, earlier ones would begin before anything is seen.
        late = first.stretch and first.advance != 0 and not some(lo, hi)
        found = Window(advance, ends, 1, stretch, bool(self.loose or first.loose or late))
        if stretch and not self.stretch and not all(some(a, b) for a, b in self.phases):
            # An empty phase would grow with the others.
            return found.relaxed([r for r, (a, b) in enumerate(self.phases) if some(a, b)])
        return found.reduced()

    def over(self, start: Ratio, stop: Ratio, step: int = 1) -> tuple[Ratio, Ratio]:
        """The first and the last input that any of the outputs `start` to `stop` (inclusive) sees."""
        # Outputs are whole numbers, even if the ends of windows are not.
        outputs = range(cast("int", start), cast("int", stop) + 1, step)
        if not outputs:
            return NOTHING
        if self.is_monotone:
            return self.at(outputs[0])[0], self.at(outputs[-1])[1]
        cycle = self.cycle(step)
        if self.from_one_place:
            return self.phases[0][0], max(self.at(i)[1] for i in outputs[-cycle:])
        ends = [self.at(i) for i in outputs[:cycle]] + [self.at(i) for i in outputs[cycle:][-cycle:]]
        ends = [(lo, hi) for lo, hi in ends if hi >= lo]
        return (min(lo for lo, _ in ends), max(hi for _, hi in ends)) if ends else NOTHING

    def cycle(self, step: int) -> int:
        """The number of outputs, `step` apart, after which the phases repeat."""
        return len(self.phases) // math.gcd(step, len(self.phases))

    def merged(self, other: Window) -> Window:
        """The hull of two windows with the same rates.

        >>> Window(1, ((-1, 1),)).merged(Window(1, ((0, 2),))).phases
        ((-1, 2),)
        """
        if self == other:
            return self
        a, b = len(self.phases), len(other.phases)
        period = math.lcm(a, b)
        if period > MAX_PHASES:
            return self.relaxed().merged(other.relaxed())
        times, pairs = period // a, [(self.at(r), other.at(r)) for r in range(period)]
        if not self.stretch:
            ends = tuple(hull(one, two) for one, two in pairs)
            return Window(self.advance * times, ends, 1, 0, self.loose or other.loose).reduced()
        ends = tuple((lower(a, c), higher(b, d)) for (a, b), (c, d) in pairs)
        # The hull is exact if one holds the other throughout; else one may be empty where the hull is not.
        held = any(all(end == pair[which] for end, pair in zip(ends, pairs, strict=True)) for which in (0, 1))
        return Window(self.advance * times, ends, 1, self.stretch * times, not held or self.loose or other.loose)

    def alike(self, other: Window) -> bool:
        """True if both ends move at the same rates as those of another window."""
        return bool(
            self.jump == other.jump
            and fraction(self.stretch, len(self.phases)) == fraction(other.stretch, len(other.phases))
        )

    @property
    def from_one_place(self) -> bool:
        """True if all outputs see from one input on, later ones more of it."""
        return bool(self.stretch > 0 and self.advance == 0 and len({lo for lo, _ in self.phases}) == 1)

    @property
    def late(self) -> int:
        """The most outputs that see nothing before growing phases see something; 0 if letters leave it open.

        >>> Window(0, ((0, -4),), stretch=1).late
        4
        """
        if not self.stretch > 0 or not self.settled:
            return 0
        return len(self.phases) * max(0, *(int((lo - hi + self.stretch - 1) // self.stretch) for lo, hi in self.phases))

    @cached_property
    def is_monotone(self) -> bool:
        """True if every output sees something and no later one begins or ends before it."""
        if self.stretch:
            return len(self.phases) == 1 and self.advance >= 0 and self.advance + self.stretch >= 0
        lo, hi = self.phases[0]
        following = [*self.phases[1:], (lo + self.advance, hi + self.advance)]
        return all(a <= b for a, b in self.phases) and all(
            a[0] <= b[0] and a[1] <= b[1] for a, b in zip(self.phases, following, strict=True)
        )

    @property
    def settled(self) -> bool:
        """True if all numbers in it are whole and without letters."""
        moves = (self.advance, self.step, self.stretch)
        return all(isinstance(n, int) for n in (*moves, *(end for ends in self.phases for end in ends)))

    @property
    def readable(self) -> bool:
        """True if no end is too long a formula to read."""
        return all(
            isinstance(end, (int, Fraction)) or end.count_ops() <= _MAX_LENGTH for ends in self.phases for end in ends
        )

    def reduced(self) -> Window:
        """The same window with the fewest phases."""
        period = len(self.phases)
        if period == 1 or self.stretch or not self.settled:
            return self
        for fewer in range(1, period // 2 + 1):
            if period % fewer == 0 and self.advance * fewer % period == 0:
                shift = self.advance * fewer // period
                if all(
                    (NOTHING if b[1] < b[0] else (b[0] - shift, b[1] - shift)) == (NOTHING if a[1] < a[0] else a)
                    for a, b in zip(self.phases, self.phases[fewer:], strict=False)
                ):
                    return Window(shift, self.phases[:fewer], self.step, 0, self.loose)
        return self

    def relaxed(self, seeing: Sequence[int] | None = None) -> Window:
        """A bound with one phase and a fractional jump, over the phases `seeing` or all that are not empty.

        >>> Window(1, ((0, 0), (0, 0))).relaxed().phases
        ((Fraction(-1, 2), 0),)
        """
        if len(self.phases) == 1 and seeing is None:
            return self
        period = len(self.phases)
        if seeing is None:
            seeing = [r for r, (lo, hi) in enumerate(self.phases) if self.stretch or some(lo, hi)]
        if not seeing:
            return Window(self.jump, (NOTHING,), loose=self.loose)
        last = fraction(self.advance + self.stretch, period)
        lows = [whole(self.phases[r][0] - self.jump * r) for r in seeing]
        highs = [whole(self.phases[r][1] - last * r) for r in seeing]
        ends = (reduce(lower, lows), reduce(higher, highs))
        return Window(self.jump, (ends,), 1, whole(last - self.jump), loose=True)


# Each output sees the input at its own position.
IDENTITY = Window(1, ((0, 0),))


def whole_axis(n: Dim) -> Window:
    """The window in which every output sees all n inputs."""
    return Window(0, ((0, n - 1),))


def shifted(by: Dim) -> Window:
    """The window in which each output sees the input `by` positions further on."""
    return Window(1, ((by, by),))
