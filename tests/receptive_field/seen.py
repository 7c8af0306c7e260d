"""What the values of a layer see of the input along one axis, as sets of places, and how these are put together."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

# Beyond every input.
NONE = 10**9


class Seen(NamedTuple):
    """For each value: first and last place seen (NONE and −NONE for nothing), and whether a step on the way left the layer.

    `along` are the axes that tell places apart: beyond the ends of others lies nothing that a formula would go on with. Where it
    is a matter of words whether a path is local `moot` says so: a reshape or a join left open which axis tells places apart, an
    axis has one place, or all places came to see the same without a layer that sees all there is.
    """

    lo: Any
    hi: Any
    left: Any
    along: frozenset[int] = frozenset()
    moot: bool = False


def nothing(shape: tuple[int, ...]) -> Seen:
    return Seen(np.full(shape, NONE), np.full(shape, -NONE), np.zeros(shape, bool))


def union(*all_seen: Seen) -> Seen:
    lo, hi, left, along, moot = zip(*all_seen, strict=True)
    ends = (np.minimum.reduce(lo), np.maximum.reduce(hi), np.logical_or.reduce(left))
    return Seen(*ends, frozenset().union(*along), any(moot) or len({axes for axes in along if axes}) > 1)


def of_input(shape: tuple[int, ...], axis: int) -> Seen:
    own = np.broadcast_to(np.arange(shape[axis]).reshape(-1, *[1] * (len(shape) - axis - 1)), shape).copy()
    return Seen(own, own.copy(), np.zeros(shape, bool), frozenset({axis}))


def gathered(seen: Seen, axis: int, rows: list[list[int]]) -> Seen:
    """Along one axis output i is the union of the inputs that row i lists, of which those beyond either end are not there."""
    n, most = seen.lo.shape[axis], max([len(row) for row in rows] + [1])
    table = np.array([[*row, *[NONE] * (most - len(row))] for row in rows])
    listed, there = table != NONE, (table >= 0) & (table < n)
    at = np.where(there, table, 0)

    def taken(values: Any, empty: Any, join: Callable[..., Any]) -> Any:
        found = np.moveaxis(values, axis, 0)[at]
        found = np.where(there.reshape(*there.shape, *[1] * (values.ndim - 1)), found, empty)
        return np.moveaxis(join(found, axis=1), 0, axis)

    left = taken(seen.left, empty=False, join=np.any)
    beyond = ((listed & ~there).any(1) & (axis in seen.along)).reshape(-1, *[1] * (left.ndim - axis - 1))
    return Seen(taken(seen.lo, NONE, np.min), taken(seen.hi, -NONE, np.max), left | beyond, seen.along, seen.moot)


def whole(seen: Seen, axis: int, outputs: int) -> Seen:
    """Every output sees all there is along an axis, which tells places apart no more."""
    found = gathered(seen, axis, [list(range(seen.lo.shape[axis]))] * outputs)
    return found._replace(along=found.along - {axis})


def blocks(seen: Seen, axis: int, groups: int, outputs: int) -> Seen:
    """The outputs of each group see the inputs of that group."""
    n = seen.lo.shape[axis]
    if groups == 1:
        return whole(seen, axis, outputs)
    inside, outside = n // groups, outputs // groups
    return gathered(
        seen, axis, [list(range(o // outside * inside, (o // outside + 1) * inside)) for o in range(outputs)]
    )


def ordered(seen: Seen, shape: tuple[int, ...]) -> Seen:
    """The same values in order under another shape; an axis tells places apart if going along it one that did before changes."""
    x, along, moot = seen.lo.shape, set(), seen.moot
    for axis in seen.along:
        index = np.indices(x)[axis].reshape(shape)
        telling = {j for j in range(len(shape)) if (index != index.take([0], j)).any()}
        moot |= len(telling) != 1
        along |= telling
        if x[axis] == 1:
            after = math.prod(x[axis + 1 :])
            along |= set([j for j, n in enumerate(shape) if n == 1 and math.prod(shape[j + 1 :]) == after][:1])
    return Seen(*(part.reshape(shape) for part in seen[:3]), frozenset(along), moot)
