"""Scratch memory of a step, which the next step reuses."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np


class Scratch:
    """Scratch arrays of a step; the next step reuses the same memory."""

    def __init__(self, dtype: Any) -> None:
        self._dtype = np.dtype(dtype)
        self._sizes: dict[str, int] = {}
        self._blocks: dict[str, Any] = {}

    def take(self, name: str, *shape: int) -> Callable[[], Any]:
        """A function that returns an array of this shape when the step runs, in a block shared by all of this name."""
        size = math.prod(shape)
        self._sizes[name] = max(size, self._sizes.get(name, 0))

        def array() -> Any:
            return self._blocks[name][:size].reshape(shape)

        return array

    def allot(self) -> None:
        """Make the blocks, once all of them were asked for; two threads that made one at the same time would have two."""
        self._blocks = {name: np.empty(size, self._dtype) for name, size in self._sizes.items()}

    @property
    def nbytes(self) -> int:
        """The bytes of all blocks."""
        return sum(self._sizes.values()) * int(self._dtype.itemsize)
