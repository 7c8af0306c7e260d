"""A stand-in for numpy that counts multiply-accumulates."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

# Products that would go uncounted.
_UNCOUNTED = {
    "convolve",
    "correlate",
    "dot",
    "inner",
    "kron",
    "matmul",
    "matvec",
    "outer",
    "tensordot",
    "vdot",
    "vecmat",
}


class CountingNumpy:
    """A numpy whose `einsum` adds its multiply-accumulates to `macs`: the product of the sizes of all its indices.

    >>> xp = CountingNumpy()
    >>> xp.einsum("ij,jk->ik", xp.ones((2, 3)), xp.ones((3, 4))).shape, xp.macs
    ((2, 4), 24)
    """

    def __init__(self) -> None:
        self.macs = 0

    def __getattr__(self, name: str) -> Any:
        if name in _UNCOUNTED:
            raise AttributeError(f"{name} would go uncounted; write the product as an einsum")
        return getattr(np, name)

    def einsum(self, subscripts: str, *arrays: Any, optimize: bool = False) -> Any:
        """The contraction, counted as it is written."""
        self.macs += macs_of(subscripts, *(array.shape for array in arrays))
        return np.einsum(subscripts, *arrays, optimize=optimize)


def macs_of(subscripts: str, *shapes: tuple[int, ...]) -> int:
    """The number of products in a contraction that names every index.

    >>> macs_of("ncyxij,ocij->noyx", (1, 3, 224, 224, 3, 3), (64, 3, 3, 3))
    86704128
    """
    if "->" not in subscripts or "." in subscripts:
        raise ValueError(f"'{subscripts}' does not name every index and its output")
    terms = subscripts.replace(" ", "").partition("->")[0].split(",")
    sizes: dict[str, int] = {}
    for term, shape in zip(terms, shapes, strict=True):
        for index, n in zip(term, shape, strict=True):
            # numpy would repeat an axis of 1.
            if sizes.setdefault(index, n) != n:
                raise ValueError(f"'{subscripts}' gives {index} the sizes {sizes[index]} and {n}")
    return math.prod(sizes.values())
