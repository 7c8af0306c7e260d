"""Lifetimes of buffers over the steps of a run, and the peak of the bytes alive at once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property
from itertools import accumulate
from typing import Literal, NamedTuple

import msgspec

from archcalc.memory_plan.sizes import AffineBytes, Size, line, upper_envelope


class Buffer(NamedTuple):
    """A block of memory in use from step `first` to step `last`, both included; `node` is its owner."""

    what: str
    node: int
    size: Size
    first: int
    last: int


class Moment(NamedTuple):
    """One layer at work in one phase; `node` is -1 if none is."""

    phase: Literal["forward", "recompute", "backward", "sum", "update"]
    node: int


class Timeline(msgspec.Struct, frozen=True, dict=True):
    """The steps of a run and the buffers that are alive in them."""

    steps: tuple[Moment, ...]
    buffers: tuple[Buffer, ...]

    def bytes(self, batch: int) -> list[int]:
        """The bytes that are alive at each step, for a batch."""
        return self._sums([(buffer, buffer.size.bytes(batch)) for buffer in self.buffers])

    def peak(self, batch: int) -> tuple[int, int]:
        """The peak of the bytes alive at once, and its first step."""
        alive = self.bytes(batch)
        most = max(alive)
        return most, alive.index(most)

    def alive(self, step: int) -> list[Buffer]:
        """The buffers that are alive at a step, the largest first."""
        found = [buffer for buffer in self.buffers if buffer.first <= step <= buffer.last]
        return sorted(found, key=lambda buffer: -(buffer.size.fixed + buffer.size.each))

    @cached_property
    def lines(self) -> list[AffineBytes]:
        """The bytes alive at each step as affine functions of the batch; raises SpecError if they are not affine."""
        parts = [(buffer, line([buffer.size])) for buffer in self.buffers]
        fixed = self._sums([(buffer, part.fixed) for buffer, part in parts])
        each = self._sums([(buffer, part.each) for buffer, part in parts])
        return list(map(AffineBytes, fixed, each))

    def formula(self) -> list[tuple[int, AffineBytes]]:
        """The peak for every batch: each affine function with the first batch for which it holds."""
        return upper_envelope(sorted(set(self.lines)))

    def _sums(self, amounts: Iterable[tuple[Buffer, int]]) -> list[int]:
        changes = [0] * (len(self.steps) + 1)
        for buffer, amount in amounts:
            changes[buffer.first] += amount
            changes[buffer.last + 1] -= amount
        return list(accumulate(changes[:-1]))


def spans(members: Sequence[int], uses: Iterable[tuple[int, int]]) -> dict[int, tuple[int, int]]:
    """The first and last step of each buffer, from pairs of a thing and a step that uses it.

    `members` has the buffer of each thing.

    >>> spans([0, 1, 0], [(0, 0), (1, 1), (2, 2), (1, 2), (2, 3)])
    {0: (0, 3), 1: (1, 2)}
    """
    found: dict[int, tuple[int, int]] = {}
    for thing, step in uses:
        buffer = members[thing]
        first, last = found.get(buffer, (step, step))
        found[buffer] = min(first, step), max(last, step)
    return found
