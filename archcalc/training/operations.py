"""The multiply-accumulates of a step of training, layer by layer: forward, backward, and what is computed again."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

from archcalc.layers.attention import Attention
from archcalc.layers.base import TrainingContext
from archcalc.layers.gradients import Scores
from archcalc.layers.latent_attention import LatentAttention
from archcalc.layers.pooling_attention import PoolingAttention
from archcalc.layers.window_attention import WindowAttention
from archcalc.memory_plan.saved_tensors import SavedTensors
from archcalc.network.parameters import frozen_arrays
from archcalc.profiling.rows import Profile
from archcalc.symbols.dims import Dim

# The kinds of attention for which there are kernels that do not store the scores.
FUSED = (Attention, LatentAttention)
ATTENDING = (*FUSED, PoolingAttention, WindowAttention)


class Operations(NamedTuple):
    """The multiply-accumulates of a layer for a batch.

    `again` are those that are computed once more for the backward pass, and `masked` those of forward and backward
    between positions that a mask hides from each other. `between` is how many of `forward` are between activations.
    """

    forward: Dim
    backward: Dim
    again: Dim = 0
    masked: Dim = 0
    between: Dim = 0


def operations(profile: Profile, saved: SavedTensors, scores: Scores, again: Collection[int] = ()) -> list[Operations]:
    """The operations of each node of a profile's network; those at the positions in `again` are computed once more."""
    graph, batch = profile.graph, profile.batch
    found = []
    for position, (node, row) in enumerate(zip(graph.nodes, profile.rows, strict=True)):
        inputs = [graph.nodes[i].shape for i in node.inputs]
        layer, forward = node.layer, row.work
        if forward.macs == 0:
            found.append(Operations(0, 0))
            continue
        core = layer.core(*inputs)
        between: Dim = 0 if layer.weights(*inputs) else forward.macs
        if core is not None:
            between = batch * core.macs
        if not saved.grads[position]:
            found.append(Operations(forward.macs, 0, 0, forward.masked, between))
            continue
        use = TrainingContext(
            tuple(saved.grads[i] for i in node.inputs), frozen=frozen_arrays(graph, node), scores=scores
        )
        backward = layer.backward(use, node.shape, *inputs).times(batch) + layer.backward_once(use, *inputs)
        more: Dim = forward.macs if position in again else 0
        if core is not None and isinstance(layer, ATTENDING) and scores == "recomputed":
            more += batch * core.macs
        if isinstance(layer, FUSED) and scores == "fused" and any(layer.flows(use, *inputs)):
            # The kernel computes the scores again, whatever is kept around it.
            scored = layer.core(*inputs)
            more += batch * scored.scores * scored.key
        found.append(Operations(forward.macs, backward.macs, more, forward.masked + backward.masked, between))
    return found
