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
_MOST = 2**22
_FIRST = 64
# How the types of numbers with a point are written, as `struct` calls it.
_CODES = {1: "f", 10: "e", 11: "d"}


def hides(array: Array) -> Hides | None:
    """The scores that an array hides when it is added to them; None for any that is no mask."""
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


def by_distance(array: Array, window: tuple[int, int]) -> bool:
    """True for a matrix of each head in which numbers depend on how far two places of a window are apart alone."""
    values, pairs = _values(array), _alike(*window)
    count, heads = len(pairs), max(len(values) // len(pairs), 1)
    if len(values) != count * heads or count == 1:
        return False
    same = itemgetter(*pairs)
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
    if not 0 < count <= _MOST or len(array.parts) != 1:
        return ()
    [(field, part)] = array.parts
    code = _CODES.get(array.type, "")
    if isinstance(part, int) or not code or field not in {4, 9, 10} or part.size != count * struct.calcsize(code):
        return ()
    found: Sequence[float] = struct.unpack(f"<{count}{code}", part.data[part.start : part.stop])
    return found
