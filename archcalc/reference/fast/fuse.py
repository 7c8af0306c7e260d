"""The fusion of layers into the last pass of a layer before them."""

from __future__ import annotations

import math
from collections.abc import Mapping

import msgspec

from archcalc.layers.conv import Conv2d
from archcalc.network.graph import Node

# The bounds of clamping activation functions.
_BOUNDS = {"relu": (0.0, math.inf), "relu6": (0.0, 6.0)}
_STARTS = {"conv2d", "linear", "add", "batchnorm2d"}


class Chain(msgspec.Struct):
    """A layer and those fused into it, by position; its output is that of the last of them."""

    positions: list[int]
    # The batch normalisation of its outputs, the position of the array added to them, and the bounds they are clamped
    # to.
    norm: int | None = None
    other: int | None = None
    low: float | None = None
    high: float = math.inf

    @property
    def first(self) -> int:
        """The layer that does the work."""
        return self.positions[0]

    @property
    def last(self) -> int:
        """The layer whose output is written."""
        return self.positions[-1]


def chains(nodes: Mapping[int, Node], readers: Mapping[int, list[int]]) -> dict[int, Chain]:
    """The chain of each position that does work; later positions of a chain have none."""
    found: dict[int, Chain] = {}
    inside: set[int] = set()
    for position in nodes:
        if position not in inside:
            chain = found[position] = Chain([position])
            while _starts(nodes[position]) and _extended(chain, nodes, readers[chain.last]):
                pass
            inside.update(chain.positions)
    return found


def _starts(node: Node) -> bool:
    """True if a layer is of a kind that others can be fused into."""
    return node.layer.kind in _STARTS and not (isinstance(node.layer, Conv2d) and node.layer.connections is not None)


def _extended(chain: Chain, nodes: Mapping[int, Node], readers: list[int]) -> bool:
    """Fuse the only reader of the chain's last output, if possible; returns True if it was."""
    if len(readers) != 1 or chain.low is not None:
        return False
    (reader,) = readers
    node, kind = nodes[reader], nodes[reader].layer.kind
    convolution = nodes[chain.first].layer.kind == "conv2d"
    if convolution and kind == "batchnorm2d" and chain.last == chain.first:
        chain.norm = reader
    elif convolution and kind == "add" and chain.other is None and len(node.inputs) == 2:
        (other,) = {*node.inputs} - {chain.last} or {chain.last}
        # It must be computed before the convolution, and neither be repeated to fit.
        if other >= chain.first or any(nodes[at].shape != node.shape for at in node.inputs):
            return False
        chain.other = other
    elif kind in _BOUNDS:
        chain.low, chain.high = _BOUNDS[kind]
    else:
        return False
    chain.positions.append(reader)
    return True
