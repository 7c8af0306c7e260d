"""What may be written over while a network trains: nothing that is kept, and all else; and what an order's peak is at least."""

from __future__ import annotations

import contextlib
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archcalc.errors import SpecError
from archcalc.layers.base import SavedTensor, TrainingContext
from archcalc.layers.rearrange import Input
from archcalc.memory_plan import search
from archcalc.memory_plan.piece import HeldPiece, Piece
from archcalc.memory_plan.saved_tensors import saved_tensors
from archcalc.network.graph import Builder, Graph
from archcalc.network.storage import manners
from tests.layers.inputs import Draw
from tests.memory.pieces import lowest, pieces
from tests.verify.graphs import networks
from tests.verify.plot import IN_PLACE, VIEWS, K, Plot, single

# Kinds that may write over their input and keep what they put out.
KEEPING = [kind for kind in IN_PLACE if getattr(K[kind], "derived_from", "") in {"output", "either"}]
OVERWRITE = st.sampled_from(["frameworks", "all"])


def spoiled(graph: Graph, roots: list[int], kept: list[list[SavedTensor]], over: list[bool]) -> list[str]:
    """The layers that keep memory which is written over after that, found as by the version counters of torch."""
    versions: Counter[int] = Counter()
    saved = []
    for p, (root, entries) in enumerate(zip(roots, kept, strict=True)):
        # An input is kept as it comes in.
        saved += [
            (p, i, versions[i]) for i in (roots[graph.nodes[p].inputs[k.of]] for k in entries if isinstance(k.of, int))
        ]
        versions[root] += over[p]
        saved += [(p, root, versions[root]) for k in entries if k.of == "output"]
    return [graph.nodes[p].name for p, root, version in saved if versions[root] != version]


def lent(graph: Graph, roots: list[int], p: int) -> bool:
    """Whether something else needs the memory that an output lies in: who owns it, or who reads it under whatever shape, the caller too."""
    if (
        p in graph.outputs
        or roots[p] < 0
        or not graph.nodes[p].inputs
        or sum(node.inputs.count(p) for node in graph.nodes) != 1
    ):
        return True
    return roots[p] != p and lent(graph, roots, graph.nodes[p].inputs[0])


@st.composite
def thin(draw: Draw) -> Graph:
    """A trained layer, and after it little but layers that may write over their input and views, mostly one after the other."""
    plot = Plot(Builder(), [])
    plot.readable.append(plot.builder.add("input", Input((2, 3, 4))))
    plot.add(K["conv2d"](out=2, kernel=1), 0)
    for _ in range(draw(st.integers(2, 7))):
        source = plot.last if draw(st.integers(0, 5)) else plot.some(draw)
        with contextlib.suppress(SpecError):
            single(draw, plot, source, draw(st.sampled_from([IN_PLACE, KEEPING, VIEWS])))
    return plot.builder.graph()


@settings(max_examples=10 * settings().max_examples)
@given(st.one_of(thin(), thin(), networks().map(lambda drawn: drawn.graph)), OVERWRITE)
def test_all_is_written_over_but_what_is_kept_or_lent(graph: Graph, overwrite: str) -> None:
    """No layer writes over what any keeps; where one that could does not, something would have been spoiled."""
    roots, grads, kept = saved_tensors(graph, overwrite)
    ways = manners(graph, overwrite, training=True)
    over = [way == "in place" and roots[p] != p for p, way in enumerate(ways)]

    assert spoiled(graph, roots, kept, over) == []
    for p, node in enumerate(graph.nodes):
        if ways[p] == "in place" and not over[p] and not lent(graph, roots, node.inputs[0]):
            shapes = [graph.nodes[i].shape for i in node.inputs]
            use = TrainingContext(tuple(grads[i] for i in node.inputs), in_place=True)
            entries = [*kept[:p], list(node.layer.saved_for_backward(use, node.shape, *shapes))]

            assert spoiled(graph, [*roots[:p], roots[node.inputs[0]]], entries, [*over[:p], True]) != []


@given(pieces(), st.lists(st.tuples(st.integers(0, 9), st.sets(st.integers(0, 7))), max_size=2))
def test_what_every_order_needs_is_known_before_any_is_looked_for(
    piece: Piece, through: list[tuple[int, set[int]]]
) -> None:
    """What lies there all the while, and beside that what the layer that touches most touches."""
    count = len(piece.needs)
    before, after = 1 << count, 2 << count
    held = [HeldPiece(n, before, before | after | sum(1 << u for u in users if u < count)) for n, users in through]
    whole = piece._replace(buffers=[*piece.buffers, *held])
    touched = [
        piece.extra[u] + sum(buffer.nbytes for buffer in piece.buffers if buffer.users & 1 << u) for u in range(count)
    ]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(search, "_MAX_STATES", 0)
        found = search.searched(whole)

    assert found.bound == sum(n for n, _ in through) + max(touched)
    assert found.bound <= lowest(whole) <= found.peak
