"""The cache: what each layer keeps of the tokens before, in values and in bytes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Literal

import msgspec

from archcalc.memory_plan.sizes import whole_bytes
from archcalc.network.graph import Graph
from archcalc.serving.stream import Stream
from archcalc.symbols.dims import Dim, minimum
from archcalc.symbols.sums import sum_of


class Part(msgspec.Struct, frozen=True):
    """A part of what a layer keeps of one text: so many values for each of so many tokens.

    It grows with each token, or up to the `last` ones, or has been there since the first pass ("once"), or is a state of one size.
    """

    name: str
    grows: Literal["token", "window", "once", "state"]
    values: Dim
    tokens: Dim
    last: Dim | None = None

    @property
    def size(self) -> Dim:
        """All its values."""
        return self.values * self.tokens


def parts(graph: Graph, way: Stream, position: int, tokens: int) -> Iterator[Part]:
    """The parts that the layer at a position keeps once all tokens of a graph went in, of which the last pass had `tokens`.

    A window holds what the first of those tokens sees, and them.
    """
    node = graph.nodes[position]
    if not way.flows[position]:
        return
    shapes = [graph.nodes[i].shape for i in node.inputs]
    for part in node.layer.cached(*shapes):
        if part.of is None:
            yield Part(part.name, "state", part.values, 1)
            continue
        source = node.inputs[part.of]
        every = shapes[part.of][way.axes[source] or 0]
        if not way.flows[source]:
            yield Part(part.name, "once", part.values, every)
        elif part.last is None:
            yield Part(part.name, "token", part.values, every)
        else:
            most = part.last - 1 + tokens
            yield Part(part.name, "window", part.values, minimum(every, most), most)


class Rate(msgspec.Struct, frozen=True):
    """The bytes that a token adds to the cache of a text, up to so many tokens, or with none for good."""

    nbytes: Dim
    up_to: Dim | None = None


def rates(every: Iterable[Part], bits: int) -> list[Rate]:
    """The rates at which a cache grows with its tokens, from windows that are not yet full to those that never are.

    >>> window = Part("keys", "window", 8, 4, 4)
    >>> rates([window, Part("keys", "token", 8, 6)], 16)
    [Rate(nbytes=32, up_to=4), Rate(nbytes=16, up_to=None)]
    """
    growing = [part for part in every if part.grows in {"token", "window"}]
    windows = list(dict.fromkeys(part.last for part in growing if part.last is not None))
    if all(isinstance(last, int) for last in windows):
        windows.sort(key=lambda last: int(str(last)))
    found = []
    for bound in (*windows, None):
        left = [part.values for part in growing if part.last is None or _later(part.last, bound, windows)]
        found.append(Rate(in_bytes(sum_of(left), bits), bound))
    return found


def _later(last: Dim, bound: Dim | None, windows: list[Dim]) -> bool:
    return bound is not None and windows.index(last) >= windows.index(bound)


def in_bytes(values: Dim, bits: int) -> Dim:
    """The bytes of so many values."""
    return whole_bytes(values * bits)
