"""Random weights, buffers and inputs for a run of a network without its own."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from archcalc.errors import SpecError
from archcalc.layers.work import Work
from archcalc.network.graph import Graph, Node
from archcalc.network.parts import require_depths
from archcalc.reference.given import named
from archcalc.symbols.dims import Shape, format_shape, size
from archcalc.symbols.evaluate import letters

# An array for each name, for each node by its name.
Arrays = dict[str, dict[str, Any]]


def seeded(graph: Graph, seed: int = 0, dtype: Any = np.float32) -> Arrays:
    """Random weights and buffers for every node, which keep values of order one however deep the network.

    Matrices and filters are drawn so that outputs have a mean square of 1 (He et al. 2015), given that of the inputs,
    which is followed through the network. A node that shares has its owner's arrays, if both have them. Every dtype
    holds the same values. Raises SpecError if a size is a letter.

    >>> from archcalc.language import load
    >>> {name: array.shape for name, array in seeded(load("lenet5"))["C1"].items()}
    {'weight': (6, 1, 5, 5), 'bias': (6,)}
    """
    for node in graph.nodes:
        if not all(isinstance(n, int) for n in node.shape):
            raise SpecError(
                f"{node.name} puts out {format_shape(node.shape)}", node.place, "a network runs only on numbers"
            )
    return drawn(graph, seed, dtype)


def drawn(graph: Graph, seed: int = 0, dtype: Any = np.float32) -> Arrays:
    """The same arrays, also where letters are sizes of values; raises SpecError where they are sizes of weights."""
    require_depths(graph)
    arrays: Arrays = {}
    powers: list[float] = []
    for position, node in enumerate(graph.nodes):
        shapes = [graph.nodes[i].shape for i in node.inputs]
        work = node.layer.work(node.shape, *shapes)
        given = [powers[i] for i in node.inputs]
        owned = {} if node.share is None else arrays[graph.nodes[node.share].name]
        draws = _Draws(node, work, max(given, default=1.0), np.random.default_rng([seed, position]))
        wanted = node.layer.weights(*shapes) | node.layer.buffers(*shapes)
        for name, shape in wanted.items():
            if not all(isinstance(n, int) for n in shape):
                fact = f"{name} of {node.name} is {format_shape(shape)}, and its values need numbers"
                raise SpecError(fact, node.place, "give the letters with --set")
        found = {name: owned[name] if name in owned else draws.array(name, shape) for name, shape in wanted.items()}
        if node.share is None:
            found = node.layer.settled(np, found)
        arrays[node.name] = {name: array.astype(dtype, copy=False) for name, array in found.items()}
        powers.append(_power(node, work, given, summed=[graph.nodes[i].layer.joins_by for i in node.inputs] == ["+"]))
    return arrays


def noise(graph: Graph, batch: int = 1, seed: int = 0) -> Any:
    """Random input, of several inputs by name: normal numbers, or zeros where token numbers are taken.

    >>> from archcalc.language import load
    >>> noise(load("lenet5"), 2).shape
    (2, 1, 32, 32)
    """
    return named(graph, noises(graph, batch, seed))


def noises(graph: Graph, batch: int = 1, seed: int = 0) -> dict[int, Any]:
    """Random input for each input by its position."""
    random = np.random.default_rng(seed)
    return {
        i: np.zeros((batch, *graph.nodes[i].shape), int)
        if i in graph.token_numbers
        else random.standard_normal((batch, *graph.nodes[i].shape), np.float32)
        for i in graph.inputs
    }


def _power(node: Node, work: Work, given: list[float], *, summed: bool) -> float:
    """The approximate mean square of a node's output, from those of its inputs."""
    if not given or work.macs or node.layer.family == "norm":
        return 1.0
    if node.layer.joins_by == "+":
        return sum(given)
    if node.layer.joins_by == "×":
        return math.prod(given)
    # An activation function cuts off about half; after a sum less, since the output of an earlier one is positive.
    activation = node.layer.stores == "in place" and work != Work()
    return max(given) / 2 if activation and not summed else max(given)


class _Draws:
    """The random arrays of one node, whose inputs have a mean square of `power`."""

    def __init__(self, node: Node, work: Work, power: float, random: np.random.Generator) -> None:
        self.node, self.work, self.power, self.random = node, work, power, random

    def normal(self, shape: Shape, deviation: float) -> Any:
        return np.float32(deviation) * self.random.standard_normal(shape, np.float32)

    def array(self, name: str, shape: Shape) -> Any:
        if "bias" in name:
            return self.normal(shape, 0.1)
        if name == "running_mean":
            return self.normal(shape, 0.1 * math.sqrt(self.power))
        if name == "running_var":
            return np.float32(self.power) * (self.random.random(shape, np.float32) + np.float32(0.5))
        if self.work.macs:
            # The fan-in: the MACs for each output value, or the width of a matrix.
            fan: Any = self.work.macs / size(self.node.shape) if name == "weight" else shape[-1]
            if letters(fan):
                # Where rounded sizes do not cancel.
                fan = size(shape[1:])
            return self.normal(shape, 1 / math.sqrt(fan * self.power))
        if self.node.layer.entries is not None or not self.node.inputs:
            return self.normal(shape, 1.0)
        return 1 + self.normal(shape, 0.1)
