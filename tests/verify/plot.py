"""A network in the making, to which layers are added that fit."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from hypothesis import strategies as st

from archcalc.errors import SpecError
from archcalc.layers import Layer
from archcalc.network.graph import Builder
from tests.layers.inputs import Draw, ranks
from tests.layers.strategies import layers

MAX_VALUES = 4096
K = Layer.kinds
# Kinds that stand anywhere on one input: embeddings look up token numbers, which no layer puts out.
CHAIN = sorted(kind for kind, layer in K.items() if layer.arity[0] == 1 and kind != "embedding" and layer.runs)
VIEWS = sorted(kind for kind in CHAIN if K[kind].stores == "view")
IN_PLACE = sorted(kind for kind in CHAIN if K[kind].stores == "in place")


class Plot(NamedTuple):
    """A network in the making: its nodes, and those that layers may read."""

    builder: Builder
    readable: list[int]

    @property
    def last(self) -> int:
        return self.readable[-1]

    def shape(self, position: int) -> tuple[int, ...]:
        return self.builder.nodes[position].shape

    def add(self, layer: Layer, *inputs: int, **details: Any) -> int:
        """Append a layer; raises SpecError where it does not fit, or is too large to run thousands of."""
        builder = self.builder
        position = builder.add(f"{layer.kind}{len(builder.nodes)}", layer, *inputs, **details)
        if math.prod(builder.nodes[-1].shape) > MAX_VALUES:
            builder.nodes.pop()
            raise SpecError("too large")
        if not details.get("auxiliary"):
            self.readable.append(position)
        return position

    def some(self, draw: Draw, fits: Callable[[tuple[int, ...]], bool] = bool) -> int:
        """Any layer with an output that fits; raises SpecError where there is none."""
        found = [i for i in self.readable if fits(self.shape(i))]
        if not found:
            raise SpecError("no layer fits")
        return draw(st.sampled_from(found))


def single(draw: Draw, plot: Plot, source: int, among: Iterable[str] = CHAIN, **details: Any) -> int:
    x = plot.shape(source)
    kind = draw(st.sampled_from([kind for kind in among if len(x) in ranks(kind)]))
    return plot.add(draw(layers(kind, x)), source, **details)
