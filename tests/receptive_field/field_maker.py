"""A random network in the making, whose axes have names."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable
from random import Random

from archcalc.errors import SpecError
from archcalc.layers import Layer
from archcalc.layers.rearrange import Input
from archcalc.network.graph import Builder, Graph
from archcalc.symbols.shape import values_axis

K = Layer.kinds
_MAX_VALUES = 6000
# The axes of an input in each of its forms.
AXES = {
    "image": ("channels", "height", "width"),
    "channels last": ("height", "width", "channels"),
    "signal": ("channels", "length"),
    "volume": ("channels", "depth", "height", "width"),
    "tokens": ("tokens", "features"),
}


class Maker:
    """Adds one random construct after the other, and counts those that came out and what they had in them."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)  # noqa: S311 - drawn to be drawn again
        self.builder = Builder()
        self.drawn: Counter[str] = Counter()
        self.noted: list[str] = []
        form = self.random.choice(["image", "image", "channels last", "signal", "signal", "volume", "tokens", "tokens"])
        pick = self.random.randint
        shape = {
            "image": lambda: (pick(1, 4), pick(6, 22), pick(6, 18)),
            "channels last": lambda: (pick(6, 18), pick(6, 14), pick(1, 4)),
            "signal": lambda: (pick(1, 4), pick(12, 70)),
            "volume": lambda: (pick(1, 2), pick(4, 9), pick(4, 8), pick(4, 7)),
            "tokens": lambda: (pick(8, 30), pick(2, 6)),
        }[form]()
        self.form = form
        self.add(Input(shape, AXES[form]))

    def graph(self, constructs: dict[str, Callable[[Maker], None]]) -> Graph:
        for _ in range(self.random.randint(2, 7)):
            name, construct = self.random.choice(list(constructs.items()))
            before, self.noted = len(self.builder.nodes), []
            try:
                construct(self)
            except (SpecError, LookupError, ValueError, ZeroDivisionError):
                del self.builder.nodes[before:]
                continue
            if any(math.prod(node.shape) > _MAX_VALUES for node in self.builder.nodes[before:]):
                del self.builder.nodes[before:]
            elif len(self.builder.nodes) > before:
                self.drawn.update([name, *self.noted])
        return self.builder.graph("random")

    def add(self, layer: Layer, *inputs: int) -> int:
        return self.builder.add(f"layer{len(self.builder.nodes)}", layer, *inputs)

    def shape(self, position: int) -> tuple[int, ...]:
        return self.builder.nodes[position].shape

    def axes(self, position: int) -> tuple[str, ...]:
        return self.builder.nodes[position].shape.axes

    def source(self) -> int:
        last = len(self.builder.nodes) - 1
        return last if self.random.random() < 0.75 else self.random.randint(0, last)

    def values(self, position: int) -> int:
        """The axis of the channels or features; the first where no name tells."""
        return values_axis(self.axes(position)) or 0

    def turned(self, position: int, values: int) -> int:
        """A layer's output with its channels or features at a place among the axes, the others in their order."""
        at = self.values(position)
        order = [axis for axis in range(len(self.shape(position))) if axis != at]
        order.insert(values % (len(order) + 1), at)
        return position if order == sorted(order) else self.add(K["permute"](order=tuple(order)), position)

    def image(self) -> int:
        """An output with its channels first, as layers that slide need it."""
        return self.turned(self.source(), 0)

    def rank(self, position: int) -> int:
        """How many axes slide."""
        return len(self.shape(position)) - 1
