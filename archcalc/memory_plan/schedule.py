"""An order of execution in which less memory is alive at once.

Which order is best is NP-hard in general (Sethi 1975). For trees Liu (1987) runs each branch down to its valleys of
memory, and Kayaaslan et al. (2018, doi:10.1016/j.tcs.2017.09.037) extend that to series-parallel graphs whose data lie
on edges. Here an output that several layers read is stored once, so the descents are made in the graph as it is, piece
by piece between layers that every order has to pass, and what they leave open is searched.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from archcalc.memory_plan.inference import Memory
from archcalc.memory_plan.liveness import Timeline
from archcalc.memory_plan.piece import HeldPiece, Piece
from archcalc.memory_plan.search import searched
from archcalc.network.graph import Graph


class Schedule(NamedTuple):
    """An order, its peak in bytes, and a lower bound for the peak of any order; if the two are equal, it is optimal."""

    order: list[int]
    peak: int
    bound: int


def best(graph: Graph, memory: Memory, plan: Timeline, batch: int) -> Schedule:
    """The order with the lowest peak for a batch, or a good one with a bound; `plan` is that of the spec's order.

    >>> from archcalc.memory_plan.inference import memory_of, timeline
    >>> from archcalc.language import load
    >>> network = load("inception-naive")
    >>> memory = memory_of(network)
    >>> best(network, memory, timeline(network, memory), batch=1)[1:]
    (4214784, 4214784)
    """
    # Trained arrays take no part: they are there all the time.
    taking = [position for position, root in enumerate(memory.roots) if root >= 0]
    order = sorted(set(range(len(graph.nodes))) - set(taking))
    peak = bound = 0
    for places, piece in _pieces(graph, memory, plan, batch, taking):
        found = searched(piece)
        order += [places[place] for place in found.order]
        peak, bound = max(peak, found.peak), max(bound, found.bound)
    return Schedule(order, peak, bound)


def _pieces(
    graph: Graph, memory: Memory, plan: Timeline, batch: int, taking: list[int]
) -> Iterator[tuple[list[int], Piece]]:
    """The pieces of the network between layers that every order passes at the same place."""
    rank = {position: place for place, position in enumerate(taking)}
    # A layer without inputs still comes after the network's input, which is given.
    needs = [
        {rank[i] for i in graph.nodes[position].inputs if i in rank} or {0} - {rank[position]} for position in taking
    ]
    spans = {buffer.node: (buffer.first, buffer.last) for buffer in plan.buffers if buffer.what == "output"}
    columns = {b.node: b.size.bytes(batch) for b in plan.buffers if b.what == "columns"}
    touched: list[list[int]] = [[] for _ in taking]
    crossing = [0] * (len(graph.nodes) + 2)
    for root, users in memory.users.items():
        for position in users:
            touched[rank[position]].append(root)
        first, last = spans[root]
        crossing[first + 1] += memory.sizes[root].bytes(batch)
        crossing[last + 1] -= memory.sizes[root].bytes(batch)
    for step in range(1, len(crossing)):
        crossing[step] += crossing[step - 1]
    start = 0
    for end in _cuts(needs):
        places = taking[start : end + 1]
        roots = sorted({root for place in range(start, end + 1) for root in touched[place]})
        mask = {position: 1 << place for place, position in enumerate(places)}
        before, after = 1 << len(places), 2 << len(places)
        buffers = []
        # The bytes alive throughout but used by none of these layers.
        through = crossing[places[0]]
        for root in roots:
            first, last = spans[root]
            nbytes = memory.sizes[root].bytes(batch)
            through -= nbytes * (first < places[0])
            sides = before * (first < places[0]), after * (last > places[-1] or root in memory.results)
            makers, users = memory.makers[root], memory.users[root]
            buffers.append(
                HeldPiece(
                    nbytes,
                    sum(mask[position] for position in makers if position in mask) | sides[0],
                    sum(mask[position] for position in users if position in mask) | sides[0] | sides[1],
                ),
            )
        buffers.append(HeldPiece(through, before, before | after))
        yield (
            places,
            Piece(
                [sum(1 << (need - start) for need in needs[place] if need >= start) for place in range(start, end + 1)],
                [columns.get(position, 0) for position in places],
                buffers,
            ),
        )
        start = end + 1


def _cuts(needs: list[set[int]]) -> Iterator[int]:
    """Each layer that every order passes after all layers before it and before all after it, and the last."""
    count = len(needs)
    read_first = [count] * count
    for layer, sources in enumerate(needs):
        for source in sources:
            read_first[source] = min(read_first[source], layer)
    # Each layer after a place needs one that is not before it.
    latest = [count] * (count + 1)
    for layer in reversed(range(count)):
        latest[layer] = min(latest[layer + 1], max(needs[layer], default=-1))
    waiting = 0
    for layer in range(count):
        if layer == count - 1 or (waiting <= layer and latest[layer + 1] >= layer):
            yield layer
        waiting = max(waiting, read_first[layer])
