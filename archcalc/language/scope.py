"""The scope of an item of a spec: the values it may use, the prefix of its names, and the blocks around it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import msgspec

from archcalc.language.expression import Value
from archcalc.language.names import NOWHERE
from archcalc.symbols.dims import Dim, Shape
from archcalc.symbols.shape import PLACES, VALUES, axes_of, found

# The names that an axis may go by beside its own, and those of the one axis of a vector.
_KNOWN = (*VALUES, *PLACES)
_VECTOR = (*VALUES, "tokens")


# The name of what a block reads, for the layers inside it.
ENTRY = "entry"


class Routing(NamedTuple):
    """The choice of experts for the layers inside one: the layer with the gates, and what says how many slots there are."""

    gates: int
    chosen: Dim
    capacity: float | None


class Scope(msgspec.Struct, frozen=True):
    """The scope of an item: the prefix of its layers' names, the values it may use, the blocks around it."""

    prefix: str
    # The values that the block or the network gives all its items, and those of one item, with its input's axes and the
    # index.
    fixed: dict[str, Value]
    values: dict[str, Value]
    # The number of enclosing blocks and branches.
    depth: int = 0
    # The position that the innermost block reads.
    entry: int = NOWHERE
    # Names of the blocks being written out, and the same numbered by use.
    calls: tuple[str, ...] = ()
    blocks: tuple[str, ...] = ()
    auxiliary: bool = False
    # The repetitions that an item stands for.
    times: Dim = 1
    # The prefix of names here, and the prefix of the names whose weights are used in their place.
    shares: tuple[str, str] | None = None
    # The names whose values are unknown because of a mistake.
    unknown: frozenset[str] = frozenset()
    # The notes on where the blocks around are used, innermost first.
    used: tuple[str, ...] = ()
    # Inside an expert.
    routing: Routing | None = None


class End(NamedTuple):
    """The end of a list of items: the position that the next item follows.

    `head` is the end of the auxiliary head if the list wrote nothing else, and so left the position unchanged.
    """

    position: int
    head: int | None = None

    @property
    def last(self) -> int:
        """The last position written, which is the one a block's name stands for."""
        return self.position if self.head is None else self.head


def seen_from(shape: Shape, fixed: Mapping[str, Value]) -> dict[str, Value]:
    """The names an item may use: the axes of its input, and over them the scope's own.

    Beside places, channels and features are two names for one thing; the one axis of a vector has every name.

    >>> from archcalc.symbols.shape import NamedShape
    >>> seen_from(NamedShape((3, 8), ("channels", "length")), {"length": 5})
    {'index': 0, 'channels': 3, 'length': 5, 'features': 3}
    """
    axes = axes_of(shape)
    values: dict[str, Value] = {"index": 0}
    values.update(item for item in zip(axes, shape, strict=True) if item[0])
    # An image has channels and nothing else to call them by.
    for name in _KNOWN if len(axes) <= 2 else ():
        if name not in values and (place := 0 if len(axes) == 1 and name in _VECTOR else found(name, axes)) is not None:
            values[name] = shape[place]
    values.update(fixed)
    return values
