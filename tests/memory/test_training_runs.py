"""A step of training run with objects that are counted while they are referred to, against the plan of that step.

What is alive at a step follows here from who still holds what, and not from first and last steps. In whose memory outputs lie
and what layers keep is `saved_tensors`'s word, which is held against torch elsewhere.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator

import msgspec
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from archcalc.errors import SpecError
from archcalc.layers.base import SavedTensor
from archcalc.memory_plan.checkpoint import blocks, segments
from archcalc.memory_plan.liveness import Moment
from archcalc.memory_plan.saved_tensors import SavedTensors, saved_tensors
from archcalc.memory_plan.training import timeline
from archcalc.memory_plan.weights import arrays_of, bits_held
from archcalc.network.graph import Graph
from tests.verify.graphs import Drawn, networks

WIDE = {"int64": 8, "bool": 1}


class Heap:
    """The bytes of all blocks that anything refers to."""

    def __init__(self) -> None:
        self.nbytes = 0


class Block:
    """Memory that is there as long as anything refers to it."""

    def __init__(self, heap: Heap, nbytes: int) -> None:
        self.heap, self.nbytes = heap, nbytes
        heap.nbytes += nbytes

    def __del__(self) -> None:
        self.heap.nbytes -= self.nbytes


class Run:
    """One step of training: forward, then segment by segment backward, a later one first, and the update."""

    def __init__(self, graph: Graph, told: SavedTensors, cut: list[range], wide: tuple[int, int], batch: int) -> None:
        self.graph, self.told, self.cut, self.batch = graph, told, cut, batch
        self.value, self.trained = wide
        self.heap = Heap()
        self.outputs: dict[int, Block | None] = {}
        self.saved: dict[int, list[Block | None]] = {}
        self.gradients: dict[int, Block | None] = {}
        self.of_weights: dict[tuple[int, str], Block] = {}
        self.losses: list[Block | None] = []
        self.readers = {
            i: {p for p, node in enumerate(graph.nodes) if i in node.inputs} for i in range(len(graph.nodes))
        }

    def steps(self) -> Iterator[tuple[Moment, int]]:
        """Each step with the bytes that are alive in it."""
        nodes, last = self.graph.nodes, len(self.cut) - 1
        segment = {p: number for number, positions in enumerate(self.cut) for p in positions}
        entering: list[dict[int, Block | None]] = [{} for _ in self.cut]
        for p, node in enumerate(nodes):
            number = segment.get(p, last)
            if number != last:
                entering[number] |= {i: self.outputs[i] for i in node.inputs if segment.get(i) != number}
            yield self.forward("forward", p, keeps=number == last)
            # What is put out, or read by no layer, waits for the loss.
            done = {i for i in (p, *node.inputs) if self.readers[i] and max(self.readers[i]) <= p}
            self.let_go(done - {*self.graph.outputs})
        unread = [i for i, readers in self.readers.items() if not readers or i in self.graph.outputs]
        self.losses = [self.outputs[i] for i in unread]
        self.outputs = {}
        self.gradients = {i: self.gradient(i) for i in {self.owner(i) for i in unread} if self.told.grads[i]}
        for step in self.after(entering):
            yield step
            self.losses = []

    def after(self, entering: list[dict[int, Block | None]]) -> Iterator[tuple[Moment, int]]:
        """What follows the loss."""
        while self.cut:
            positions, self.outputs = self.cut.pop(), entering.pop()
            if self.saved.keys().isdisjoint(positions):
                for p in positions:
                    yield self.forward("recompute", p, keeps=True)
                    used = {p, *self.graph.nodes[p].inputs}
                    self.let_go({i for i in used if all(q <= p for q in self.readers[i] & set(positions))})
            for p in reversed(positions):
                if self.told.grads[p]:
                    yield from self.back(p)
        yield Moment("update", -1), self.heap.nbytes

    def forward(self, phase: str, p: int, *, keeps: bool) -> tuple[Moment, int]:
        root = self.told.roots[p]
        lies = None if root < 0 else self.outputs.get(self.graph.nodes[p].inputs[0]) if root != p else self.values(p)
        self.outputs[p] = lies
        if keeps:
            self.saved[p] = [self.kept(p, entry) for entry in self.told.saved_for_backward[p]]
        return Moment(phase, p), self.heap.nbytes

    def let_go(self, done: set[int]) -> None:
        for i in done:
            self.outputs.pop(i, None)

    def kept(self, p: int, entry: SavedTensor) -> Block | None:
        if isinstance(entry.of, int):
            return self.outputs[self.graph.nodes[p].inputs[entry.of]]
        if entry.of == "output":
            return self.outputs[p]
        width = max(4, self.value) if entry.type == "float32" else WIDE.get(entry.type, self.value)
        return Block(self.heap, entry.values * width * (1 if entry.once else self.batch))

    def values(self, p: int) -> Block:
        """Memory for the output of a layer, or its gradient."""
        width = 8 if p in self.graph.token_numbers else self.value
        return Block(self.heap, math.prod(self.graph.nodes[p].shape) * width * self.batch)

    def gradient(self, p: int) -> Block | None:
        """A gradient of an output; that of a trained array is counted with those of weights."""
        return self.values(p) if self.told.grads[p] and self.told.roots[p] >= 0 else None

    def owner(self, p: int) -> int:
        """The output whose gradient that of an output is a view of."""
        node = self.graph.nodes[p]
        if node.layer.stores != "view" or not node.inputs or self.told.roots[p] == p:
            return p
        source = node.inputs[0]
        return self.owner(source) if math.prod(self.graph.nodes[source].shape) == math.prod(node.shape) else p

    def back(self, p: int) -> Iterator[tuple[Moment, int]]:
        """A layer's turn, and a step for each sum of a gradient that it hands back with one that is there."""
        node, mine = self.graph.nodes[p], self.owner(p)
        self.weigh(p)
        summed: list[tuple[int, Block | None]] = []
        for source in node.inputs if mine == p else ():
            target = self.owner(source)
            if self.told.grads[target]:
                same = node.layer.kind == "concat" or self.graph.nodes[target].shape == node.shape
                block = self.gradients[p] if node.layer.passes_gradient and same else self.gradient(target)
                if target in self.gradients:
                    summed.append((target, block))
                else:
                    self.gradients[target] = block
                del block
        yield Moment("backward", p), self.heap.nbytes
        self.saved.pop(p)
        if mine == p:
            del self.gradients[p]
        while summed:
            target, block = summed.pop(0)
            total = self.gradient(target)
            yield Moment("sum", target), self.heap.nbytes
            self.gradients[target] = total
            del block, total

    def weigh(self, p: int) -> None:
        """The gradients of a layer's weights, which are there from its first turn on."""
        nodes = self.graph.nodes
        for user in (p, nodes[p].share):
            if user is not None:
                arrays = nodes[user].layer.weights(*(nodes[i].shape for i in nodes[user].inputs))
                for name, shape in arrays.items():
                    share = nodes[user].share
                    theirs = (
                        []
                        if share is None
                        else nodes[share].layer.weights(*(nodes[i].shape for i in nodes[share].inputs))
                    )
                    # A layer is frozen by its name; what is shared, by that of its owner.
                    frozen = nodes[user].name in self.graph.frozen
                    if not frozen and name not in theirs and (user, name) not in self.of_weights:
                        self.of_weights[user, name] = Block(self.heap, math.prod(shape) * self.trained)


def cuts(graph: Graph, told: SavedTensors) -> list[range]:
    """The pieces between all places where one tensor alone goes on, and what follows does not lie in the memory before it."""
    last = len(graph.nodes) - 1
    # The inputs before the first layer are in no piece.
    first = next((p for p, node in enumerate(graph.nodes) if node.layer.kind != "input"), last + 1)
    assume(first <= last)
    ends = []
    for p in range(first, last):
        after = [q for q, node in enumerate(graph.nodes) if q > p]
        crossing = {told.roots[i] for q in after for i in graph.nodes[q].inputs if i <= p} | {
            told.roots[q] for q in after if told.roots[q] <= p
        }
        lies = 0 <= told.roots[p + 1] <= p
        if len(crossing - {-1}) == 1 and not lies:
            ends.append(p)
    return [range(a + 1, b + 1) for a, b in itertools.pairwise([first - 1, *ends, last])]


@settings(max_examples=3 * settings().max_examples)
@given(networks(), st.sampled_from(["frameworks", "all"]), st.data())
def test_what_is_alive_in_each_step_is_what_something_holds(drawn: Drawn, overwrite: str, data: st.DataObject) -> None:
    """Any network, some layers frozen, cut into any blocks: outputs, what layers keep, gradients and sums, step by step."""
    names = data.draw(st.just([]) | st.lists(st.sampled_from([node.name for node in drawn.graph.nodes])))
    graph = msgspec.structs.replace(drawn.graph, frozen=tuple(names))
    told = saved_tensors(graph, overwrite)
    # Where nothing is trained there is no backward pass, and the loss has no step of its own.
    assume(any(told.grads))
    value, trained, batch = (data.draw(st.sampled_from(some)) for some in ((2, 4, 8), (2, 4, 8), (1, 2, 5)))
    pieces = cuts(graph, told)
    every = data.draw(st.integers(1, len(pieces)))
    whole = every == len(pieces)
    cut = [range(1, len(graph.nodes))] if whole else [range(p[0].start, p[-1].stop) for p in batched(pieces, every)]
    gradients = bits_held(graph, arrays_of(graph), lambda array: 8 * trained * math.prod(array.shape) * array.trained)
    plan = timeline(graph, told, bits=8 * value, gradients=gradients, segments=None if whole else cut)

    assert list(zip(plan.steps, plan.bytes(batch), strict=True)) == list(
        Run(graph, told, list(cut), (value, trained), batch).steps()
    )


def batched(pieces: list[range], every: int) -> Iterator[list[range]]:
    for at in range(0, len(pieces), every):
        yield pieces[at : at + every]


@given(networks(), st.sampled_from(["frameworks", "all"]))
def test_a_network_is_cut_where_one_tensor_goes_on(drawn: Drawn, overwrite: str) -> None:
    """Blocks by what crosses each place, and segments of so many, or of the least number whose square is theirs or more."""
    graph = drawn.graph
    told = saved_tensors(graph, overwrite)
    pieces = cuts(graph, told)

    assert blocks(graph, told.roots) == pieces
    root = next(k for k in itertools.count(1) if k * k >= len(pieces))
    for every, k in [("sqrt", root), *((n, n) for n in range(1, len(pieces) + 2))]:
        if k >= len(pieces):
            with pytest.raises(SpecError, match=f"a checkpoint every {k} blocks leaves one segment"):
                segments(graph, told.roots, every)
        else:
            found = segments(graph, told.roots, every)
            assert found == [range(p[0].start, p[-1].stop) for p in batched(pieces, k)]
