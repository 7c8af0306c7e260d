"""The cuts of a network for activation checkpointing."""

from __future__ import annotations

import math
from typing import Literal

from archcalc.errors import SpecError
from archcalc.memory_plan.liveness import spans
from archcalc.network.graph import Graph


def blocks(graph: Graph, roots: list[int]) -> list[range]:
    """The smallest pieces with one tensor entering and one leaving; `roots` has the owner of each output's memory.

    The inputs before the first layer are in none of them. A layer that overwrites its input, or is a view of it, belongs to the layer before it.

    >>> from archcalc.memory_plan.saved_tensors import saved_tensors
    >>> from archcalc.language import load
    >>> lenet = load("lenet5")
    >>> [len(block) for block in blocks(lenet, saved_tensors(lenet).roots)]
    [1, 1, 1, 1, 1, 1, 1, 1, 1, 2, 1, 1, 1]
    """
    nodes = graph.nodes
    count = len(nodes)
    uses = [(used, position) for position, node in enumerate(nodes) for used in (position, *node.inputs)]
    crossing = [0] * (count + 1)
    whole = [True] * (count + 1)
    for root, (first, last) in spans(roots, uses).items():
        if root >= 0:
            crossing[first] += 1
            crossing[last] -= 1
    for position, root in enumerate(roots):
        if 0 <= root < position:
            whole[position - 1] = False
    first = next((i for i, node in enumerate(nodes) if not node.layer.comes_from_outside), count)
    found, start, alive = [], first, 0
    for position in range(count):
        alive += crossing[position]
        if position >= first and (position == count - 1 or (alive == 1 and whole[position])):
            found.append(range(start, position + 1))
            start = position + 1
    return found


def segments(graph: Graph, roots: list[int], every: int | Literal["sqrt"]) -> list[range]:
    """The network in segments of `every` blocks, or of about the square root of their number (Chen et al. 2016).

    Only the input of a segment is kept; the rest is recomputed when the backward pass comes to it, except in the last
    segment, from which the backward pass starts. Raises SpecError if there is nothing to cut.
    """
    pieces = blocks(graph, roots)
    k = math.isqrt(len(pieces) - 1) + 1 if every == "sqrt" else every
    if k >= len(pieces):
        raise SpecError(
            f"a checkpoint every {k} blocks leaves one segment, for there are {len(pieces)}",
            None,
            "a block is what one tensor enters and one leaves",
        )
    return [range(pieces[i].start, pieces[min(i + k, len(pieces)) - 1].stop) for i in range(0, len(pieces), k)]
