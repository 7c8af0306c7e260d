"""Windows: which positions of an axis a layer's output sees, as an algebra.

Along an axis, output `i` sees inputs `jump·i + lo … jump·i + hi`. Where a jump is not whole (transposed convolution, upsampling,
adaptive pooling) the two ends depend on the remainder of `i` as well, so a window has one pair of ends for each remainder,
or phase, and whole numbers stay whole. A window over everything has jump 0.
"""

from __future__ import annotations

import math
from fractions import Fraction
from functools import cached_property, reduce
from typing import Any

import msgspec

from archcalc.dims import Dim, at_least, decided, greatest, least, quotient

# More phases than this would take longer to compose than anyone waits; the window is then loosened.
MOST_PHASES = 512


class Window(msgspec.Struct, frozen=True, dict=True):
    """What outputs see along one axis: output period·a + r sees every `step`-th input from advance·a + lo to advance·a + hi.

    `phases` holds lo and hi for each remainder r, so that the period is its length; hi below lo is nothing seen. Ends are whole
    numbers, or symbols, or fractions where a window is an outer bound (`loosened`).
    """

    advance: Dim
    phases: tuple[tuple[Dim, Dim], ...]
    step: Dim = 1

    @property
    def jump(self) -> Any:
        """By how many inputs the window moves from one output to the next (cumulative stride); 0 where it does not move alike.

        >>> Window(1, ((0, 0), (0, 0))).jump
        Fraction(1, 2)
        """
        return fraction(self.advance, len(self.phases))

    @property
    def size(self) -> Dim:
        """How many inputs lie between the first and the last that any one output sees, both counted."""
        most: Any = reduce(_greatest, [hi - lo + 1 for lo, hi in self.phases])
        if _numbers(most):
            return math.floor(most)
        return most.expand() if most.is_polynomial() else most

    @property
    def centre(self) -> Any:
        """The middle of what the first output sees."""
        lo, hi = self.phases[0]
        if _numbers(lo, hi):
            return _whole(Fraction(lo + hi) / 2)
        return fraction(lo + hi, 2)

    @property
    def middle(self) -> Any:
        """The middle of what the first output would see if the window moved evenly: the mean over its phases.

        >>> Window(1, ((0, 0), (0, 0))).centre, Window(1, ((0, 0), (0, 0))).middle
        (0, Fraction(-1, 4))
        """
        if not self.settled or len(self.phases) == 1:
            return self.centre
        middles = [Fraction(lo + hi, 2) - self.jump * r for r, (lo, hi) in enumerate(self.phases) if hi >= lo]
        return _whole(sum(middles) / len(middles)) if middles else self.centre

    @property
    def padding(self) -> Dim:
        """By how many inputs the first output's window reaches beyond the first input (effective padding)."""
        return -self.phases[0][0]

    @property
    def moves(self) -> bool:
        """Whether different outputs see different inputs."""
        return self.advance != 0 or len(self.phases) > 1

    def at(self, i: Dim) -> tuple[Any, Any]:
        """The first and the last input that output i sees, whether or not there are such inputs.

        >>> Window(2, ((-1, 1),)).at(3)
        (5, 7)
        """
        if len(self.phases) == 1:
            lo, hi = self.phases[0]
            return self.advance * i + lo, self.advance * i + hi
        a, r = divmod(i, len(self.phases))
        lo, hi = self.phases[r]
        return self.advance * a + lo, self.advance * a + hi

    def seen(self, i: int, n: int) -> range:
        """Those of n inputs that output i sees.

        >>> Window(1, ((-2, 2),), 2).seen(1, 9)
        range(1, 4, 2)
        """
        lo, hi = map(math.ceil, self.at(i)) if isinstance(self.advance, int) else _inside(*self.at(i))
        first = lo if lo >= 0 else lo % self.step
        return range(first, min(hi + 1, n), self.step)

    def after(self, first: Window, outputs: Dim) -> Window:
        """What so many outputs of this window see through a layer before it: the hull, so what dilation leaves out is taken in.

        >>> three = Window(1, ((-1, 1),))
        >>> three.after(three, 9), Window(2, ((0, 2),)).after(three, 9)
        (Window(advance=1, phases=((-2, 2),), step=1), Window(advance=2, phases=((-1, 3),), step=1))
        """
        if HERE in (self, first):
            return first if self == HERE else self
        if len(first.phases) == 1:
            lo, hi = first.phases[0]
            ends = tuple(
                (first.advance * a + lo, first.advance * b + hi) if _some(a, b) and _some(lo, hi) else NOTHING
                for a, b in self.phases
            )
            return Window(first.advance * self.advance, ends).shortest()
        if not (self.settled and first.settled and isinstance(outputs, int)):
            return self.after(first.loosened(), outputs)
        if first.advance == 0:
            # The window of each position is listed, and there is none beyond the last.
            count = min(outputs, MOST_PHASES) if self.moves else 1
            return Window(0, tuple(first.over(*self.at(i), self.step) for i in range(count))).shortest()
        period, inner = len(self.phases), len(first.phases)
        repeats = inner // math.gcd(self.advance, inner)
        if period * repeats > MOST_PHASES:
            return self.loosened().after(first.loosened(), outputs)
        ends = tuple(first.over(*self.at(r), self.step) for r in range(period * repeats))
        return Window(first.advance * (self.advance * repeats // inner), ends).shortest()

    def over(self, start: Any, stop: Any, step: Any = 1) -> tuple[Any, Any]:
        """The first and the last input that any of the outputs `start` to `stop` (inclusive) sees."""
        period = len(self.phases)
        outputs = range(start, stop + 1, step)
        if self.advance == 0:
            outputs = range(start if start >= 0 else start % step, min(stop + 1, period), step)
        if not outputs:
            return NOTHING
        if self.rises:
            return self.at(outputs[0])[0], self.at(outputs[-1])[1]
        cycle = period // math.gcd(step, period)
        ends = [self.at(i) for i in outputs[:cycle]] + [self.at(i) for i in outputs[-cycle:]]
        ends = [(lo, hi) for lo, hi in ends if hi >= lo]
        return (min(lo for lo, _ in ends), max(hi for _, hi in ends)) if ends else NOTHING

    def joined(self, other: Window, outputs: Dim) -> Window:
        """The hull of what two windows see from each of so many outputs, position by position where their jumps differ.

        >>> Window(1, ((-1, 1),)).joined(Window(1, ((0, 2),)), 9)
        Window(advance=1, phases=((-1, 2),), step=1)
        """
        if self == other:
            return self
        a, b = len(self.phases), len(other.phases)
        period = math.lcm(a, b)
        if self.jump == other.jump:
            if period > MOST_PHASES:
                return self.loosened().joined(other.loosened(), outputs)
            ends = tuple(_hull(self.at(r), other.at(r)) for r in range(period))
            return Window(self.advance * (period // a), ends).shortest()
        if isinstance(outputs, int) and outputs <= MOST_PHASES and self.settled and other.settled:
            return Window(0, tuple(_hull(self.at(i), other.at(i)) for i in range(outputs))).shortest()
        whole = everything(outputs)
        return whole.after(self.loosened(), 1).joined(whole.after(other.loosened(), 1), outputs)

    @cached_property
    def rises(self) -> bool:
        """Whether every output sees something and no later one begins or ends before it."""
        lo, hi = self.phases[0]
        following = [*self.phases[1:], *([(lo + self.advance, hi + self.advance)] if self.advance else [])]
        return all(a <= b for a, b in self.phases) and all(
            a[0] <= b[0] and a[1] <= b[1] for a, b in zip(self.phases, following, strict=False)
        )

    @property
    def settled(self) -> bool:
        """Whether all of it is whole numbers."""
        return all(
            isinstance(n, int) for n in (self.advance, self.step, *(end for ends in self.phases for end in ends))
        )

    def shortest(self) -> Window:
        """The same window with as few phases as will do."""
        period = len(self.phases)
        if period == 1 or not self.settled:
            return self
        # Where nothing advances there is one window for each output, and none beyond the last.
        for fewer in range(1, period // 2 + 1 if self.advance else 2):
            if period % fewer == 0 and self.advance * fewer % period == 0:
                shift = self.advance * fewer // period
                if all(
                    (NOTHING if b[1] < b[0] else (b[0] - shift, b[1] - shift)) == a
                    for a, b in zip(self.phases, self.phases[fewer:], strict=False)
                ):
                    return Window(shift, self.phases[:fewer], self.step)
        return self

    def loosened(self) -> Window:
        """A window with one phase and a fraction for its jump that sees at least as much.

        >>> Window(1, ((0, 0), (0, 0))).loosened()
        Window(advance=Fraction(1, 2), phases=((Fraction(-1, 2), 0),), step=1)
        """
        if len(self.phases) == 1:
            return self
        shifted_ends = [
            (_whole(lo - self.jump * r), _whole(hi - self.jump * r))
            for r, (lo, hi) in enumerate(self.phases)
            if _some(lo, hi)
        ]
        return Window(self.jump, (reduce(_hull, shifted_ends),) if shifted_ends else (NOTHING,))


NOTHING = (0, -1)
# Each output sees the input at its own position.
HERE = Window(1, ((0, 0),))


def everything(n: Dim) -> Window:
    """Every output sees all n inputs."""
    return Window(0, ((0, n - 1),))


def shifted(by: Dim) -> Window:
    """Each output sees the input so many positions further on."""
    return Window(1, ((by, by),))


def fraction(a: Dim, b: Dim) -> Any:
    """a / b, exactly.

    >>> fraction(3, 6), fraction(6, 3)
    (Fraction(1, 2), 2)
    """
    return _whole(Fraction(a, b)) if _numbers(a, b) else quotient(a, b)


def stacked(window: Window, depth: Dim) -> Window:
    """`depth` layers of a window one after the other; depth may be a symbol.

    >>> stacked(Window(1, ((-1, 1),)), 3)
    Window(advance=1, phases=((-3, 3),), step=1)
    """
    ((lo, hi),) = window.phases
    jump = window.advance
    # 1 + jump + jump² + … , depth terms.
    terms = depth if jump == 1 else fraction(jump**depth - 1, jump - 1)
    return Window(jump**depth, ((lo * terms, hi * terms),))


def number_text(value: Any) -> str:
    """A number of a field as text: whole, with its half, or as a fraction.

    >>> number_text(32), number_text(Fraction(31, 2)), number_text(Fraction(1, 3))
    ('32', '15.5', '1/3')
    """
    if isinstance(value, Fraction) and value.denominator in {1, 2, 4, 8}:
        return f"{float(value):g}"
    return str(value)


def longer(a: Window, b: Window) -> bool | None:
    """Whether a sees at least as much as b; None where symbols leave it open."""
    return a.size >= b.size if _numbers(a.size, b.size) else decided(at_least(a.size, b.size))


def _hull(a: tuple[Any, Any], b: tuple[Any, Any]) -> tuple[Any, Any]:
    if not _some(*a):
        return b if _some(*b) else NOTHING
    if not _some(*b):
        return a
    return _least(a[0], b[0]), _greatest(a[1], b[1])


def _some(lo: Any, hi: Any) -> bool:
    """Whether anything lies between two ends; with symbols, it does."""
    return hi >= lo if _numbers(lo, hi) else decided(at_least(hi, lo)) is not False


def _least(a: Any, b: Any) -> Any:
    return min(a, b) if _numbers(a, b) else least(a, b)


def _greatest(a: Any, b: Any) -> Any:
    return max(a, b) if _numbers(a, b) else greatest(a, b)


def _numbers(*values: Any) -> bool:
    return all(isinstance(value, (int, Fraction)) for value in values)


def _inside(lo: Any, hi: Any) -> tuple[int, int]:
    return math.ceil(lo), math.floor(hi)


def _whole(number: Any) -> Any:
    """A fraction as a whole number where it is one."""
    return number.numerator if isinstance(number, Fraction) and number.denominator == 1 else number
