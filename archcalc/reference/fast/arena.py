"""Memory planned ahead: one block for all activations, and scratch that steps share."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import msgspec
import numpy as np

# Rows of the machine's widest vectors start on such a boundary.
_ALIGNMENT = 64


class Span(msgspec.Struct, frozen=True):
    """A buffer of `size` bytes that is needed from step `first` to step `last`."""

    size: int
    first: int
    last: int


def offsets(spans: Mapping[int, Span]) -> tuple[dict[int, int], int]:
    """Where each buffer starts in a block, and how large the block is: no two needed at once overlap.

    Largest first, each at the lowest place that is free while it is needed.

    >>> offsets({0: Span(64, 0, 1), 1: Span(64, 1, 2), 2: Span(64, 2, 3)})
    ({0: 0, 1: 64, 2: 0}, 128)
    """
    placed: dict[int, int] = {}
    total = 0
    for key in sorted(spans, key=lambda key: -spans[key].size):
        span = spans[key]
        overlapping = [other for other in placed if spans[other].first <= span.last and span.first <= spans[other].last]
        offset = 0
        for other in sorted(overlapping, key=lambda other: placed[other]):
            if offset + span.size <= placed[other]:
                break
            offset = max(offset, placed[other] + spans[other].size)
        placed[key] = offset
        total = max(total, offset + span.size)
    return dict(sorted(placed.items())), total


def aligned(size: int) -> int:
    """A size in bytes rounded up to the alignment."""
    return -(-size // _ALIGNMENT) * _ALIGNMENT


class Scratch:
    """Arrays that a step needs while it runs; the next step gets the same memory."""

    def __init__(self, dtype: Any) -> None:
        self._dtype = np.dtype(dtype)
        self._sizes: dict[str, int] = {}
        self._blocks: dict[str, Any] = {}

    def take(self, name: str, *shape: int) -> Callable[[], Any]:
        """What gives an array of this shape when the step runs, in a block of this name as large as any step needs."""
        size = math.prod(shape)
        self._sizes[name] = max(size, self._sizes.get(name, 0))

        def array() -> Any:
            if name not in self._blocks:
                self._blocks[name] = np.empty(self._sizes[name], self._dtype)
            return self._blocks[name][:size].reshape(shape)

        return array

    @property
    def nbytes(self) -> int:
        """The bytes of all blocks."""
        return sum(self._sizes.values()) * int(self._dtype.itemsize)
