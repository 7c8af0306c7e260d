"""Sets of positive whole numbers that repeat eventually, such as the multiples of 4, or the numbers up to 29.

They are kept by remainders, so that unions and intersections are exact and take no longer for large numbers.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import reduce

import msgspec

# Numbers from the first to the last, or without end.
Span = tuple[int, int | None]


class Stretch(msgspec.Struct, frozen=True):
    """The numbers from `start` to `stop`, or without end, that leave one of `remainders` on division by `period`."""

    start: int
    stop: int | None
    period: int = 1
    remainders: tuple[int, ...] = (0,)


class Numbers(msgspec.Struct, frozen=True):
    """A set of numbers, as sorted `spans` for each remainder on division by `period`.

    >>> even = Numbers(2, (((1, None),), ()))
    >>> 4 in even, 5 in even, even.smallest, even.stretches()
    (True, False, 2, [Stretch(start=2, stop=None, period=2, remainders=(0,))])
    """

    period: int
    spans: tuple[tuple[Span, ...], ...]

    def __contains__(self, x: int) -> bool:
        return any(first <= x and (last is None or x <= last) for first, last in self.spans[x % self.period])

    @property
    def smallest(self) -> int | None:
        """The smallest number; None if there is none."""
        firsts = [self._up(first, remainder) for remainder, spans in enumerate(self.spans) for first, _ in spans[:1]]
        return min(firsts, default=None)

    @property
    def largest(self) -> int | None:
        """The largest number; None if there is none, or no end to them."""
        found = 0
        for remainder, spans in enumerate(self.spans):
            for _, last in spans[-1:]:
                if last is None:
                    return None
                found = max(found, last - (last - remainder) % self.period)
        return found or None

    def _up(self, x: int, remainder: int) -> int:
        """The first number from x on that leaves a remainder."""
        return x + (remainder - x) % self.period

    def every(self, period: int) -> tuple[tuple[Span, ...], ...]:
        """The spans for each remainder of a multiple of the period."""
        return self.spans * (period // self.period)

    def stretches(self) -> list[Stretch]:
        """The numbers in order, as periodic stretches, and one by one where that is shorter."""
        edges = {1, *(first for spans in self.spans for first, _ in spans)}
        edges |= {last + 1 for spans in self.spans for _, last in spans if last is not None}
        points = sorted(edges)
        found: list[Stretch] = []
        for start, following in zip(points, [*points[1:], None], strict=True):
            stop = None if following is None else following - 1
            present = tuple(r for r in range(self.period) if self._spans(r, start))
            if not present:
                continue
            if len(present) == self.period:
                _join(found, Stretch(start, stop))
            elif stop is not None and stop - start < 2 * self.period:
                for x in range(start, stop + 1):
                    if x % self.period in present:
                        _join(found, Stretch(x, x))
            else:
                first = min(self._up(start, r) for r in present)
                last = None if stop is None else max(stop - (stop - r) % self.period for r in present)
                found.append(Stretch(first, last, self.period, present))
        return found

    def _spans(self, remainder: int, x: int) -> bool:
        return any(first <= x and (last is None or x <= last) for first, last in self.spans[remainder])


def _join(found: list[Stretch], more: Stretch) -> None:
    """Add a stretch, merged into the last one if there is no gap between them."""
    if found and found[-1].period == 1 and found[-1].stop == more.start - 1:
        more = Stretch(found.pop().start, more.stop)
    found.append(more)


ALL = Numbers(1, (((1, None),),))


def of(period: int, spans: Sequence[Iterable[Span]]) -> Numbers:
    """The set with some spans for each remainder, without empty ones, and with neighbours merged."""
    return Numbers(period, tuple(tuple(_tidy(one, period, remainder)) for remainder, one in enumerate(spans)))


def _tidy(spans: Iterable[Span], period: int, remainder: int) -> Iterator[Span]:
    before: Span | None = None
    for first, last in sorted(spans, key=lambda span: span[0]):
        # The ends of a span are kept as given, so that spans of several remainders begin and end together.
        start = max(first, 1)
        if last is not None and start + (remainder - start) % period > last:
            continue
        if before is not None and (before[1] is None or start <= before[1] + 1):
            ends = (before[1], last)
            before = (before[0], None if None in ends else max(end for end in ends if end is not None))
            continue
        if before is not None:
            yield before
        before = (start, last)
    if before is not None:
        yield before


def listed(numbers: Iterable[int]) -> Numbers:
    """The set of just these numbers.

    >>> listed([1, 2, 12]).stretches()
    [Stretch(start=1, stop=2, period=1, remainders=(0,)), Stretch(start=12, stop=12, period=1, remainders=(0,))]
    """
    return of(1, [[(n, n) for n in numbers]])


def common(*sets: Numbers) -> Numbers:
    """The intersection of sets.

    >>> common(ALL, of(4, [[(1, None)], [], [], []]), of(6, [[(1, 30)], [], [], [], [], []])).stretches()[0]
    Stretch(start=12, stop=24, period=12, remainders=(0,))
    """
    return reduce(lambda a, b: _both(a, b, _overlaps), sets, ALL)


def either(*sets: Numbers) -> Numbers:
    """The union of sets."""
    return reduce(lambda a, b: _both(a, b, lambda x, y: (*x, *y)), sets)


def period_of(sets: Iterable[Numbers]) -> int:
    """The common period of sets."""
    return math.lcm(*(one.period for one in sets))


def _both(a: Numbers, b: Numbers, joined: Callable[[tuple[Span, ...], tuple[Span, ...]], Iterable[Span]]) -> Numbers:
    period = math.lcm(a.period, b.period)
    return of(period, [list(joined(x, y)) for x, y in zip(a.every(period), b.every(period), strict=True)])


def _overlaps(a: tuple[Span, ...], b: tuple[Span, ...]) -> Iterator[Span]:
    for first, last in a:
        for other, end in b:
            start, stops = max(first, other), [stop for stop in (last, end) if stop is not None]
            if not stops or min(stops) >= start:
                yield start, min(stops, default=None)
