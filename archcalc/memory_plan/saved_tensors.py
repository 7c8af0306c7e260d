"""The tensors that a network saves for backward in training."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from archcalc.layers.base import SavedTensor, TrainingContext
from archcalc.layers.gradients import Scores
from archcalc.memory_plan.inference import output_size
from archcalc.memory_plan.sizes import Size, whole
from archcalc.network.graph import Graph
from archcalc.network.parameters import frozen_arrays
from archcalc.network.storage import Overwrite, Storage, manners
from archcalc.symbols.dims import Shape

# Bits of the types that do not follow the dtype of the activations. Statistics are never narrower than fp32.
_BITS = {"int64": 64, "bool": 8}


class SavedTensors(NamedTuple):
    """For each node: the node whose memory holds its output, true if a gradient reaches it, and its saved tensors."""

    roots: list[int]
    grads: list[bool]
    saved_for_backward: list[list[SavedTensor]]


def saved_tensors(graph: Graph, overwrite: Overwrite = "frameworks", scores: Scores = "fused") -> SavedTensors:
    """The tensors saved for backward; a layer overwrites its input unless that is saved.

    `overwrite` selects the layers that do: those that overwrite in frameworks, or all that could. A layer that no
    gradient reaches, because neither it nor any before it has weights that are trained, saves nothing. `scores` says
    what attention keeps of its scores.

    >>> from archcalc.language import load
    >>> [entry.of for entry in saved_tensors(load("lenet5")).saved_for_backward[1]]
    [0]
    """
    nodes = graph.nodes
    storage = Storage(nodes, manners(graph, overwrite, training=True), graph.outputs)
    grads: list[bool] = []
    kept: list[list[SavedTensor]] = []
    # True where the layer that made the values of an output saves them.
    held: list[bool] = []
    for position, node in enumerate(nodes):
        shapes = [nodes[i].shape for i in node.inputs]
        flows = tuple([grads[i] for i in node.inputs])
        frozen = frozen_arrays(graph, node)
        grads.append(any(flows) or bool(node.layer.weights(*shapes).keys() - frozen))
        overwrites = storage.may_overwrite(position) and not held[node.inputs[0]]
        entries = (
            _kept(graph, position, shapes, TrainingContext(flows, overwrites, frozen, scores)) if grads[-1] else []
        )
        if overwrites and any(entry.of == 0 for entry in entries):
            overwrites = False
            entries = _kept(graph, position, shapes, TrainingContext(flows, frozen=frozen, scores=scores))
        storage.add(position, overwrites=overwrites)
        seen = storage.roots[position] != position and not overwrites
        held.append(any(entry.of == "output" for entry in entries) or (seen and held[node.inputs[0]]))
        kept.append(entries)
    roots = [-1 if nodes[root].layer.stores == "view" and not nodes[root].inputs else root for root in storage.roots]
    return SavedTensors(roots, grads, kept)


def _kept(graph: Graph, position: int, shapes: Sequence[Shape], use: TrainingContext) -> list[SavedTensor]:
    node = graph.nodes[position]
    found: list[SavedTensor] = []
    for entry in node.layer.saved_for_backward(use, node.shape, *shapes):
        if entry not in found:
            found.append(entry)
    return found


def root_of(graph: Graph, result: SavedTensors, position: int, entry: SavedTensor) -> int | None:
    """The node in whose memory a saved tensor lies, -1 for a trained array, None for a tensor of the layer's own."""
    if isinstance(entry.of, int):
        return result.roots[graph.nodes[position].inputs[entry.of]]
    return result.roots[position] if entry.of == "output" else None


def width(entry: SavedTensor, bits: int) -> int:
    """The bits of a value of a saved tensor, of which activations have `bits`."""
    return max(32, bits) if entry.type == "float32" else _BITS.get(entry.type, bits)


def own_size(entry: SavedTensor, name: str, bits: int) -> Size:
    """The size of a tensor of a layer's own, saved beside its input and output."""
    values = whole(entry.values, f"{name}: {entry.of}")
    wide = width(entry, bits)
    return Size(values * wide, 0) if entry.once else Size(0, values * wide)


def kept_bytes(graph: Graph, result: SavedTensors, batch: int, bits: int = 32) -> int:
    """The bytes of all saved tensors, each counted once even if several layers save it.

    >>> from archcalc.language import load
    >>> lenet = load("lenet5")
    >>> kept_bytes(lenet, saved_tensors(lenet), batch=1) < kept_bytes(lenet, saved_tensors(lenet), batch=2)
    True
    """
    shared: set[int] = set()
    total = 0
    for position, entries in enumerate(result.saved_for_backward):
        for entry in entries:
            root = root_of(graph, result, position, entry)
            if root is None:
                total += own_size(entry, graph.nodes[position].name, bits).bytes(batch)
            elif root >= 0:
                shared.add(root)
    return total + sum(output_size(graph, root, bits).bytes(batch) for root in shared)
