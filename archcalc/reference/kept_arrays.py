"""The arrays that a layer keeps between passes of a run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from archcalc.layers.cached import Cache


class KeptArrays(Cache):
    """The arrays that one layer keeps, by name; `last` has the most tokens of those parts of which not all are kept.

    Before a pass the tokens go that none of its tokens sees.

    >>> import numpy as np
    >>> kept = KeptArrays({"keys": 3})
    >>> for n in (2, 1, 1):
    ...     print(kept.grown(np, "keys", np.ones((1, n, 8))).shape[1], kept.first("keys"))
    2 0
    3 0
    3 1
    """

    def __init__(self, last: Mapping[str, int | None]) -> None:
        self.arrays: dict[str, Any] = {}
        self._last = last
        self._seen: dict[str, int] = {}

    def grown(self, xp: Any, name: str, new: Any) -> Any:
        before, last = self.arrays.get(name), self._last.get(name)
        if before is not None:
            gone = 0 if last is None else max(0, before.shape[1] - (last - 1))
            new = xp.concatenate([before[:, gone:], new], 1)
        self._seen[name] = self._seen.get(name, 0) + new.shape[1] - (0 if before is None else before.shape[1] - gone)
        self.arrays[name] = new
        return new

    def first(self, name: str) -> int:
        return self._seen[name] - int(self.arrays[name].shape[1])

    def state(self, name: str, start: Any) -> Any:
        return self.arrays.get(name, start)

    def keep(self, name: str, state: Any) -> None:
        self.arrays[name] = state
