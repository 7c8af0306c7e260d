"""The code of each kind of layer, registered by its own file, and the order in which Keras has axes."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import msgspec

from archcalc.exporters.source.code import Argument, Call, Code, Word
from archcalc.symbols.dims import Shape

# Where "valid" and "same" put windows at the same places.
EITHER = Word("either")

# For each axis in Keras, without the batch, the position of the axis among ours.
Order: TypeAlias = tuple[int, ...]


class Use(msgspec.Struct, frozen=True):
    """A layer with the shapes of its inputs and its output, and the orders in which Keras has the axes of its inputs."""

    layer: Any
    shapes: tuple[Shape, ...]
    output: Shape
    orders: tuple[Order, ...]
    # True where no value of the first input is below 0.
    positive: bool = False

    @property
    def order(self) -> Order:
        """The order of the first input."""
        return self.orders[0]

    def fed(self, wanted: Order, at: int = 0) -> str:
        """An input with its axes in the wanted order, as an expression."""
        order = self.orders[at]
        if order == wanted:
            return f"${at}"
        own = f"permute_{at + 1}" if at else "permute"
        return f"layers.Permute({tuple(order.index(axis) + 1 for axis in wanted)}, name=${own}_name)(${at})"

    def axis(self, ours: int) -> int:
        """The place of one of our axes among those of the first input in Keras: -1 for the last, else with the batch."""
        at = self.order.index(ours)
        return -1 if at == len(self.order) - 1 else at + 1


class Placed(msgspec.Struct, frozen=True):
    """The code of a layer, in as many lines as its expression has, and the order in which its output has its axes.

    In a line `$_` is the value of the line before, and `$pad_name` the name of the layer with `_pad` behind it.
    """

    code: Code
    order: Order


Record: TypeAlias = Callable[[Use], Placed]

registered: dict[str, Record] = {}
# The classes that code may need beside those of Keras, a file each.
PARTS = {path.stem: path for path in sorted((Path(__file__).parent / "parts").glob("*.txt"))}


def further(code: Code) -> list[str]:
    """The ends of the names of layers that a layer needs beside its own."""
    return [found[1] for found in re.finditer(r"\$(\w+)_name\b", code.expression)]


def kind(*names: str) -> Callable[[Record], Record]:
    """Register a function as the record of these kinds."""

    def register(record: Record) -> Record:
        registered.update(dict.fromkeys(names, record))
        return record

    return register


def natural(rank: int) -> Order:
    """The order that is ours."""
    return tuple(range(rank))


def channels_last(rank: int) -> Order:
    """The order of an image or a signal in Keras."""
    return (*range(1, rank), 0)


def layer(use: Use, callee: str, *arguments: Argument, parts: tuple[str, ...] = ()) -> Placed:
    """A layer of Keras that works on its input as it is."""
    name = callee if parts else f"layers.{callee}"
    return Placed(Code("$self($0)", Call(name, arguments), parts=parts), use.order)


def function(use: Use, expression: str, **values: Any) -> Placed:
    """A function of an input, or of several, as they are."""
    return Placed(Code(expression, values=values), use.order)
