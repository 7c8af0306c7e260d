"""Arrays that hide scores from a softmax: zeros, and numbers so low that nothing is left of what they are added to."""

from __future__ import annotations

import math
import struct
from collections.abc import Sequence
from typing import Literal, TypeAlias

from archcalc.importers.onnx.model import Array

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
