"""Buffers placed in one block of memory."""

from __future__ import annotations

from bisect import insort
from collections.abc import Mapping, Sequence
from typing import NamedTuple


class Arena(NamedTuple):
    """A block of `nbytes` with the offset of each buffer by its key."""

    offsets: dict[int, int]
    nbytes: int


def placed(buffers: Mapping[int, tuple[int, int, int]], align: int = 1) -> Arena:
    """A block for buffers given as (bytes, first step, last step), in which no two alive at once overlap.

    Offsets are multiples of `align`. Finding the smallest block is NP-hard (Garey and Johnson 1979, problem SR2). Two
    orders are tried, the largest first and the longest alive first, each buffer at the lowest offset that is free for
    its whole life (Pisarchyk and Lee 2020, arXiv:2001.03288, greedy by size); the smaller block is taken.

    >>> placed({0: (64, 0, 1), 1: (64, 1, 2), 2: (64, 2, 3)})
    Arena(offsets={0: 0, 1: 64, 2: 0}, nbytes=128)
    """
    rounded = {key: (-(-size // align) * align, first, last) for key, (size, first, last) in buffers.items()}
    largest = sorted(rounded, key=lambda key: -rounded[key][0])
    longest = sorted(rounded, key=lambda key: (rounded[key][1] - rounded[key][2], -rounded[key][0]))
    return min((_in_order(rounded, keys) for keys in (largest, longest)), key=lambda arena: arena.nbytes)


def _in_order(buffers: Mapping[int, tuple[int, int, int]], keys: Sequence[int]) -> Arena:
    # The keys in order of their offsets, so that the first gap that is wide enough is the lowest.
    by_offset: list[tuple[int, int]] = []
    nbytes = 0
    for key in keys:
        size, first, last = buffers[key]
        offset = 0
        for start, other in by_offset:
            other_size, other_first, other_last = buffers[other]
            if other_first <= last and first <= other_last:
                if offset + size <= start:
                    break
                offset = max(offset, start + other_size)
        insort(by_offset, (offset, key))
        nbytes = max(nbytes, offset + size)
    return Arena({key: offset for offset, key in sorted(by_offset, key=lambda item: item[1])}, nbytes)
