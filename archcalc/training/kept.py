"""The bytes that a step of training keeps for the backward pass, layer by layer, with what is computed again left out."""

from __future__ import annotations

from typing import NamedTuple

from archcalc.layers.base import SavedTensor
from archcalc.memory_plan.inference import output_bits
from archcalc.memory_plan.saved_tensors import SavedTensors, root_of, width
from archcalc.memory_plan.sizes import whole_bytes
from archcalc.network.graph import Graph
from archcalc.symbols.dims import Dim, as_int, quotient, size
from archcalc.symbols.sums import sum_of

# The bytes of a class in int64.
CLASS = 8


class Kept(NamedTuple):
    """A tensor kept for the backward pass: what it is to its layer, and its bytes."""

    what: str
    bytes: Dim


class Keeping(NamedTuple):
    """The tensors that each node keeps, and the bytes of what one segment needs beside them while it is computed again."""

    by_node: list[list[Kept]]
    again: list[Dim]


def keeping(graph: Graph, saved: SavedTensors, batch: Dim, bits: int, segments: list[range]) -> Keeping:
    """The tensors kept for a batch, with activations of so many bits; of a segment only what enters it.

    A tensor that several layers save is kept once, by the layer that made it. A segment that no gradient reaches is
    computed once, and keeps nothing.
    """
    by_node: list[list[Kept]] = [[] for _ in graph.nodes]
    cut = [one for one in segments if any(saved.grads[position] for position in one)]
    inside = {position for one in cut for position in one}
    outside = set(range(len(graph.nodes))) - inside
    own, kept_outside = _tensors(graph, saved, outside, batch, bits)
    roots = set(kept_outside)
    for position, tensors in own.items():
        by_node[position] += tensors
    entered_by = [entering(graph, saved, one) for one in cut]
    for one, entered in zip(cut, entered_by, strict=True):
        for root in sorted(entered - roots):
            by_node[one.start].append(
                Kept(f"input of its block, from {graph.nodes[root].name}", _output(graph, root, batch, bits))
            )
        roots |= entered
    again = []
    for one, entered in zip(cut, entered_by, strict=True):
        kept, within = _tensors(graph, saved, set(one), batch, bits)
        again.append(
            sum_of(
                [
                    *(each.bytes for every in kept.values() for each in every),
                    *(_output(graph, root, batch, bits) for root in within - entered),
                ]
            )
        )
    for root in kept_outside:
        by_node[root].append(Kept("output", _output(graph, root, batch, bits)))
    return Keeping(by_node, again)


def entering(graph: Graph, saved: SavedTensors, segment: range) -> set[int]:
    """The outputs before a segment that its layers read."""
    read = {i for position in segment for i in graph.nodes[position].inputs if i not in segment}
    return {saved.roots[i] for i in read} - {-1}


def _tensors(
    graph: Graph, saved: SavedTensors, positions: set[int], batch: Dim, bits: int
) -> tuple[dict[int, list[Kept]], set[int]]:
    """The tensors of their own that layers save, and the outputs that they do."""
    own: dict[int, list[Kept]] = {}
    roots: set[int] = set()
    for position in sorted(positions):
        for entry in saved.saved_for_backward[position]:
            root = root_of(graph, saved, position, entry)
            if root is None:
                own.setdefault(position, []).append(Kept(str(entry.of), _bytes(entry, batch, bits)))
            elif root >= 0:
                roots.add(root)
    return own, roots


def _bytes(entry: SavedTensor, batch: Dim, bits: int) -> Dim:
    return whole_bytes(as_int(entry.values * (1 if entry.once else batch)) * width(entry, bits))


def _output(graph: Graph, root: int, batch: Dim, bits: int) -> Dim:
    return whole_bytes(batch * output_bits(graph, root, bits))


def loss_kept(graph: Graph, position: int, batch: Dim) -> list[Kept]:
    """The tensors that the cross-entropy of an output keeps: its log-probabilities in fp32, and the classes in int64.

    As torch's, which is computed in fp32 whatever the scores are in.
    """
    shape = graph.nodes[position].shape
    classes = shape[0] if len(shape) > 2 else shape[-1]
    values = batch * size(shape)
    return [Kept("log-probabilities", 4 * values), Kept("classes", CLASS * quotient(values, classes))]
