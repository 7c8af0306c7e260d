"""The order with the lowest peak: against every order there is."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archcalc.errors import Source
from archcalc.language import parse
from archcalc.memory_plan import search
from archcalc.memory_plan.greedy import greedy, peak_of
from archcalc.memory_plan.inference import Memory, memory_of, timeline
from archcalc.memory_plan.piece import Piece
from archcalc.memory_plan.schedule import Schedule, best
from archcalc.memory_plan.search import searched
from archcalc.network.graph import Graph
from tests.memory.pieces import lowest, pieces
from tests.reference.torch_networks import networks


@settings(max_examples=10 * settings().max_examples)
@given(pieces())
def test_no_order_of_a_piece_has_a_lower_peak(piece):
    """The search finds the least that any order has, and says that it is."""
    found = searched(piece)

    assert sorted(found.order) == list(range(len(piece.needs)))
    assert found.peak == found.bound == lowest(piece)


def every_order(graph: Graph) -> list[list[int]]:
    orders = [[0]]
    for _ in graph.nodes[1:]:
        orders = [
            [*order, u]
            for order in orders
            for u, node in enumerate(graph.nodes)
            if u not in order and all(i in order for i in node.inputs)
        ]
    return orders


def scheduled(graph: Graph, **options: Any) -> tuple[Memory, Schedule]:
    memory = memory_of(graph, 8, **options)
    return memory, best(graph, memory, timeline(graph, memory), batch=1)


@settings(max_examples=2 * settings().max_examples)
@given(
    networks().map(lambda graph: Graph("random", graph.nodes[:7])),
    st.booleans(),
    st.sampled_from(["frameworks", "all"]),
)
def test_no_order_of_a_random_network_has_a_lower_peak(graph, copies, overwrite):
    """Among all orders of its layers, in-place layers, views and joined branches included."""
    memory, found = scheduled(graph, copy_concat=copies, overwrite=overwrite)
    peaks = [timeline(graph, memory, order).peak(1)[0] for order in every_order(graph)]

    assert timeline(graph, memory, found.order).peak(1)[0] == found.peak == found.bound == min(peaks)


def branching(text: str) -> Graph:
    return parse(Source("x.yaml", f"input: {{channels: 2, height: 4, width: 4}}\nlayers:\n  - {text}"))


def test_a_branch_that_shrinks_goes_before_one_that_grows():
    """Written last, the branch that leaves one map of 32 is run first, and 16 maps less are alive at the peak."""
    graph = branching(
        "concat: {wide: [conv2d: {out: 20, kernel: 1}],"
        " narrow: [conv2d: {out: 32, kernel: 1}, conv2d: {out: 1, kernel: 1}]}"
    )
    memory, found = scheduled(graph)

    # 2 + 20 + 32 maps of 16 values as written; 2 + 32 + 1, 2 + 1 + 20 and 21 + 21 the other way round.
    assert timeline(graph, memory).peak(1)[0] == 16 * 54
    assert (found.peak, found.bound) == (16 * 42, 16 * 42)


@pytest.mark.parametrize("branches", [2, 5, 32])
def test_many_branches_are_no_more_to_search_than_few(branches):
    """A block of 32 branches of four layers has more than 10^19 sets of layers, and its best order is found and proved."""
    layers = "conv2d: {out: 4, kernel: 1}, relu, conv2d: {out: 9, kernel: 1}, conv2d: {out: 6, kernel: 1}"
    _, found = scheduled(branching(f"add: {{{', '.join(f'b{i}: [{layers}]' for i in range(branches))}}}"))

    # While the last branch ends, all others have put out 6 maps, and it has 9 and puts out 6.
    assert (found.peak, found.bound) == (16 * (6 * branches + 9), 16 * (6 * branches + 9))


@given(pieces())
def test_the_greedy_order_is_what_it_says(piece):
    """Layer for layer by the sets of what is done: the least left alive, then the least alive at work, then the first."""
    count = len(piece.needs)
    done, order, peaks = 1 << count, [], []
    while len(order) < count:
        ready = []
        for u in range(count):
            after = done | 1 << u
            if after != done and not piece.needs[u] & ~done:
                left = sum(b.nbytes for b in piece.buffers if b.makers & after and b.users & ~after)
                alive = sum(b.nbytes for b in piece.buffers if b.makers & after and b.users & ~done)
                ready.append((left, piece.extra[u] + alive, u))
        _, alive, layer = min(ready)
        peaks.append(alive)
        order.append(layer)
        done |= 1 << layer

    assert greedy(piece) == order
    assert peak_of(piece, order) == max(peaks)


@given(pieces(), st.integers(0, 3))
def test_where_the_search_is_cut_short_the_best_lies_between_the_bound_and_the_peak(piece, states):
    """With next to nothing looked at, the order is still one, its peak its own, and the bound true."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(search, "_MAX_STATES", states)
        found = searched(piece)

    assert found.bound <= lowest(piece) <= found.peak
    assert lowest(in_one_order(piece, found.order)) == found.peak


def in_one_order(piece: Piece, order: list[int]) -> Piece:
    """The piece with one order left."""
    needs = list(piece.needs)
    for one, other in itertools.pairwise(order):
        needs[other] |= 1 << one
    return piece._replace(needs=needs)
