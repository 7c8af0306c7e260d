"""The order of a few layers with the lowest peak of memory: descents that are always safe, then a search.

What is alive after a set S of layers is submodular in S: buffers made in S, less those no longer needed. Hence, if a
run of layers, each needing the one before, ends with no more memory than it began with, every order that stays within
a budget still does when that run is done at once, if the run itself stays within it. It is Liu's descent to a valley,
and holds in any graph; read backwards in time, it holds for the layers before the end.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import NamedTuple

from archcalc.memory_plan.greedy import bits, greedy, peak_of
from archcalc.memory_plan.piece import HeldPiece, Piece

# The most sets of layers examined before an order is given with a bound instead, and the most layers searched at all.
_MAX_STATES = 4_000
_MAX_LAYERS = 256


class Searched(NamedTuple):
    """An order, its peak, and a lower bound for the peak of any order."""

    order: list[int]
    peak: int
    bound: int


class _Direction:
    """The search state for one direction, forwards or backwards in time, under a memory budget."""

    def __init__(self, needs: list[int], extra: list[int], buffers: list[HeldPiece], budget: int) -> None:
        self.needs, self.extra, self.buffers, self.budget = needs, extra, buffers, budget
        # The smallest need that exceeded the budget.
        self.refused: int | None = None

    def memory(self, done: int) -> int:
        """The bytes alive between layers."""
        return sum([b.nbytes for b in self.buffers if b.makers & done and b.users & ~done])

    def step(self, done: int, layer: int) -> int:
        """The bytes alive while a layer works."""
        after = done | 1 << layer
        return self.extra[layer] + sum([b.nbytes for b in self.buffers if b.makers & after and b.users & ~done])

    def allows(self, done: int, layer: int) -> bool:
        """True if a layer stays within the budget."""
        cost = self.step(done, layer)
        if cost <= self.budget:
            return True
        self.refused = cost if self.refused is None else min(self.refused, cost)
        return False

    def ready(self, done: int, allowed: int) -> list[int]:
        """The layers that can be next."""
        return [u for u, needs in enumerate(self.needs) if allowed & ~done & 1 << u and not needs & ~done]

    def descended(self, done: int, allowed: int) -> tuple[int, list[int]]:
        """The set done after all runs that end with no more memory than they began with, and the layers of the runs."""
        order: list[int] = []
        memory = self.memory(done)
        found = True
        while found:
            found = False
            for first in self.ready(done, allowed):
                run, after = self._run(done, first, allowed, memory)
                if run:
                    found, done = True, after
                    order += run
                    memory = self.memory(done)
        return done, order

    def _run(self, done: int, layer: int, allowed: int, most: int) -> tuple[list[int], int]:
        run: list[int] = []
        while self.allows(done, layer):
            run.append(layer)
            done |= 1 << layer
            if self.memory(done) <= most:
                return run, done
            following = [u for u in self.ready(done, allowed) if self.needs[u] >> layer & 1]
            if len(following) != 1:
                break
            layer = following[0]
        return [], done


def searched(piece: Piece) -> Searched:
    """The order with the lowest peak, or if there are too many, the better of two with the bound reached.

    >>> a, b, after = 1, 2, 8
    >>> searched(Piece([0, 0], [0, 0], [HeldPiece(9, a, a | after), HeldPiece(1, b, b | after), HeldPiece(5, b, b)])).order
    [1, 0]
    """
    count = len(piece.needs)
    orders = [list(range(count)), greedy(piece)]
    peak, order = min((peak_of(piece, order), order) for order in orders)
    bound = _bound(piece)
    states = _MAX_STATES if count <= _MAX_LAYERS else 0
    while bound < peak and states > 0:
        tried = _Search(piece, bound)
        found = tried.run(states)
        states -= tried.states
        if found is not None:
            return Searched(found, bound, bound)
        if states > 0:
            # No order stays within this budget, nor within any smaller than the next refused need.
            bound = min(peak, tried.refused or peak)
    return Searched(order, peak, bound)


def _bound(piece: Piece) -> int:
    """A lower bound for the peak of any order: the reads and writes of each layer, and what is always alive."""
    count = len(piece.needs)
    always = 0
    needed = piece.extra.copy()
    for buffer in piece.buffers:
        if buffer.makers >> count & 1 and buffer.users >> count + 1 & 1:
            always += buffer.nbytes
        else:
            for layer in bits(buffer.users):
                if layer < count:
                    needed[layer] += buffer.nbytes
    return always + max(needed)


class _Search:
    """The search for an order within a budget."""

    def __init__(self, piece: Piece, budget: int) -> None:
        count = len(piece.needs)
        followers = [sum(1 << v for v, needs in enumerate(piece.needs) if needs >> u & 1) for u in range(count)]
        mirrored = [HeldPiece(b.nbytes, b.users, b.makers) for b in piece.buffers]
        self.count = count
        self.there = _Direction(piece.needs, piece.extra, piece.buffers, budget)
        self.back = _Direction(followers, piece.extra, mirrored, budget)
        self.states = 0

    @property
    def refused(self) -> int | None:
        """The least budget that might allow more."""
        return min((r for r in (self.there.refused, self.back.refused) if r is not None), default=None)

    def run(self, most: int) -> list[int] | None:
        """An order within the budget, or None if there is none or more than `most` sets were examined."""
        layers = (1 << self.count) - 1
        before, after = 1 << self.count, 2 << self.count
        done, first = self.there.descended(before, layers)
        undone, last = self.back.descended(after, layers & ~done)
        between = layers & ~done & ~undone
        # From both ends in turn: an end that cannot go on settles it as well as one that reaches the other.
        ways = [_reached(self.there, done, between), _reached(self.back, undone, between)]
        while self.states < most:
            for way in ways:
                self.states += 1
                try:
                    next(way)
                except StopIteration as end:
                    if end.value is None:
                        return None
                    inside = end.value if way is ways[0] else end.value[::-1]
                    return [*first, *inside, *last[::-1]]
        return None


def _reached(direction: _Direction, start: int, between: int) -> Generator[None, None, list[int] | None]:
    """The layers between in an order within the budget, or None if there is none; yields after every set examined."""
    # For each set seen, the set before it and the layers that lead here.
    came: dict[int, tuple[int, list[int]]] = {start: (start, [])}
    stack = [start]
    while stack:
        state = stack.pop()
        if state == start | between:
            order: list[int] = []
            while state != start:
                state, run = came[state]
                order = run + order
            return order
        yield
        nexts = []
        for layer in direction.ready(state, between):
            if direction.allows(state, layer):
                after, run = direction.descended(state | 1 << layer, between)
                if after not in came:
                    came[after] = (state, [layer, *run])
                    nexts.append(after)
        stack += sorted(nexts, key=direction.memory, reverse=True)
    return None
