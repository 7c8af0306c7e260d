"""Rows of a network that follow upon themselves, written once with how often."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, TypeVar

_T = TypeVar("_T")


def folded(rows: list[_T], key: Callable[[_T], Any], longest: int = 30) -> Iterator[tuple[int, list[_T]]]:
    """Groups of rows, each with how many times it follows upon itself; rows are the same whose key is."""
    at = 0
    keys = [key(row) for row in rows]
    while at < len(rows):
        times, size = max(
            ((repeats(keys, at, size), size) for size in range(1, longest)),
            key=lambda one: (one[0] > 1) * one[0] * one[1],
        )
        times, size = (times, size) if times > 1 else (1, 1)
        yield times, rows[at : at + size]
        at += times * size


def repeats(keys: list[Any], at: int, size: int) -> int:
    """The number of times that the next `size` entries follow upon themselves."""
    times = 1
    while keys[at : at + size] == keys[at + times * size : at + (times + 1) * size]:
        times += 1
    return times
