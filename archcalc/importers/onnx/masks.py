"""Arrays that hide scores from a softmax: zeros, and numbers so low that nothing is left of what they are added to."""

from __future__ import annotations

import math
import struct
from collections.abc import Sequence
from itertools import product
from operator import itemgetter
from typing import Literal, TypeAlias

from archcalc.importers.onnx.model import Array
from archcalc.importers.onnx.values import Known

# Which scores are hidden: none, those of keys after the query, or others.
Hides: TypeAlias = Literal["none", "later", "others"]

# Some programs write ten thousand for infinity.
_LOW = -9_999.0
# The most numbers of an array that are looked at, and of all arrays of a file.
_MOST, _MOST_OF_ALL = 2**20, 2**23
_FIRST = 64
# How the types of numbers with a point are written, as `struct` calls it.
_CODES = {1: "f", 10: "e", 11: "d"}


class Looks:
    """The numbers of arrays that are added to scores, each looked at once, and no more than so many."""

    def __init__(self) -> None:
        self._left = _MOST_OF_ALL
        self._hides: dict[str, Hides | None] = {}
        self._relative: dict[tuple[str, tuple[int, int]], bool] = {}

    def hides(self, array: Array) -> Hides | None:
        """The scores that an array hides when it is added to them; None for any that is no mask."""
        if array.name not in self._hides:
            self._hides[array.name] = _hides(array) if self._may(array) else None
        return self._hides[array.name]

    def by_distance(self, array: Array, window: tuple[int, int]) -> bool:
        """True for a matrix of each head in which numbers depend on how far two places of a window are apart alone."""
        key = (array.name, window)
        if key not in self._relative:
            self._relative[key] = self._may(array) and _by_distance(array, window)
        return self._relative[key]

    def _may(self, array: Array) -> bool:
        count = math.prod(array.shape)
        fits = 0 < count <= min(_MOST, self._left)
        self._left -= count if fits else 0
        return fits


def _hides(array: Array) -> Hides | None:
    if len(array.shape) < 2 or not array.floating:
        return None
    values = _values(array)
    if not values or not all(value == 0 or value <= _LOW for value in values[:_FIRST]):
        return None
    if not all(value == 0 or value <= _LOW for value in set(values)):
        return None
    return shown([value == 0 for value in values], array.shape[-2], array.shape[-1])


def shown(seen: Sequence[bool], queries: int, keys: int) -> Hides:
    """The scores that are hidden where those that are not are known, matrix by matrix."""
    if all(seen):
        return "none"
    if queries != keys:
        return "others"
    triangle = [key <= query for query in range(queries) for key in range(keys)]
    size = len(triangle)
    return "later" if all(seen[at : at + size] == triangle for at in range(0, len(seen), size)) else "others"


def left_by(seen: Known) -> Hides:
    """The scores that are hidden by a choice of those that are not."""
    *_, queries, keys = (0, 0, *seen.shape)
    if seen.content is None or not isinstance(queries, int) or not isinstance(keys, int):
        return "others"
    return shown([bool(n) for n in seen.content], queries, keys)


def _by_distance(array: Array, window: tuple[int, int]) -> bool:
    values, count = _values(array), (window[0] * window[1]) ** 2
    heads = len(values) // count
    if len(values) != count * heads or not values or count == 1:
        return False
    same = itemgetter(*_alike(*window))
    # A row of the table for each pair, or a matrix of all pairs for each head.
    by_pair = array.shape == (count, heads)
    matrices = (values[at::heads] if by_pair else values[at * count : (at + 1) * count] for at in range(heads))
    return all(same(matrix) == tuple(matrix) for matrix in matrices)


def _alike(height: int, width: int) -> list[int]:
    """For each pair of places of a window the first that is as far apart."""
    places = list(product(range(height), range(width)))
    first: dict[tuple[int, int], int] = {}
    pairs = product(places, places)
    return [first.setdefault((a - c, b - d), at) for at, ((a, b), (c, d)) in enumerate(pairs)]


def _values(array: Array) -> Sequence[float]:
    """The numbers of an array that is not too large; none where they are elsewhere."""
    count = math.prod(array.shape)
    if len(array.parts) != 1:
        return ()
    [(field, part)] = array.parts
    code = _CODES.get(array.type, "")
    if isinstance(part, int) or not code or field not in {4, 9, 10} or part.size != count * struct.calcsize(code):
        return ()
    found: Sequence[float] = struct.unpack(f"<{count}{code}", part.data[part.start : part.stop])
    return found
