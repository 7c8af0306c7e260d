"""Pairs of a query and a key that see each other under a mask."""

from __future__ import annotations

from typing import Any, NamedTuple

from archcalc.layers.window import Window, whole_axis
from archcalc.layers.windows import causal
from archcalc.symbols.dims import Dim, maximum, quotient


class Band(NamedTuple):
    """The mask in which query i sees the keys from i − before to i + after; without a bound where that is None."""

    before: Dim | None = None
    after: Dim | None = None

    def pairs(self, queries: Dim, keys: Dim) -> Dim:
        """The number of pairs that see each other.

        >>> Band(after=0).pairs(4, 4), Band(2, 0).pairs(4, 4), Band().pairs(3, 5)
        (10, 9, 15)
        """
        # A triangle of side x has x·(x + 1)/2 pairs; where key − query is at most r, corners of it are cut off.
        seen = queries * keys if self.after is None else _up_to(self.after, queries, keys)
        return seen if self.before is None else seen - _up_to(-self.before - 1, queries, keys)

    def pairs_after(self, past: Dim, queries: Dim, keys: Dim) -> Dim:
        """The number of pairs of further queries, after as many as have passed.

        >>> Band(after=0).pairs_after(3, 1, 4), Band(2, 0).pairs_after(3, 2, 5)
        (4, 6)
        """
        seen = self.pairs(past + queries, keys)
        return seen if past == 0 else seen - self.pairs(past, keys)

    def window(self, keys: Dim) -> Window:
        """The window of each query over the keys."""
        if self.after is None:
            return whole_axis(keys)
        return causal() if self.before is None else Window(1, ((-self.before, self.after),))

    def mask(self, xp: Any, queries: int, keys: int, ahead: int = 0) -> Any:
        """The mask as an array of queries×keys, true where they see each other; None if all do.

        The first key is `ahead` of the first query.
        """
        if self == Band():
            return None
        apart = xp.arange(keys) + ahead - xp.arange(queries)[:, None]
        seen = xp.ones((queries, keys), bool)
        if self.after is not None:
            seen = seen & (apart <= self.after)
        return seen if self.before is None else seen & (apart >= -self.before)


def _up_to(r: Dim, queries: Dim, keys: Dim) -> Dim:
    """The number of pairs in which the key is at most r further on than the query."""
    return _triangle(queries + r) - _triangle(r) - _triangle(queries + r - keys) + _triangle(r - keys)


def _triangle(side: Dim) -> Dim:
    side = maximum(side, 0)
    return quotient(side * (side + 1), 2)
