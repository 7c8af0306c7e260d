"""The scope of an item of a spec: the values it may use, the prefix of its names, and the blocks around it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import msgspec

from archcalc.language.expression import Value
from archcalc.symbols.dims import Shape

# The names of a shape's axes in expressions, by the number of axes.
_AXES = {
    1: (("features",), ("channels",), ("tokens",)),
    2: (("channels", "length"), ("tokens", "features")),
    3: (("channels", "height", "width"),),
    4: (("channels", "depth", "height", "width"),),
}


class Scope(msgspec.Struct, frozen=True):
    """The scope of an item: the prefix of its layers' names, the values it may use, the blocks around it."""

    prefix: str
    # The values that the block or the network gives all its items, and those of one item, with its input's axes and the
    # index.
    fixed: dict[str, Value]
    values: dict[str, Value]
    # The number of enclosing blocks and branches.
    depth: int = 0
    # Names of the blocks being written out, and the same numbered by use.
    calls: tuple[str, ...] = ()
    blocks: tuple[str, ...] = ()
    auxiliary: bool = False
    # The prefix of names here, and the prefix of the names whose weights are used in their place.
    shares: tuple[str, str] | None = None


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

    >>> seen_from((3, 8), {"length": 5})
    {'index': 0, 'channels': 3, 'length': 5, 'tokens': 3, 'features': 8}
    """
    values: dict[str, Value] = {"index": 0}
    for names in _AXES.get(len(shape), ()):
        values.update(zip(names, shape, strict=True))
    values.update(fixed)
    return values
