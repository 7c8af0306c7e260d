"""The bytes of a network in letters: of what is held for good, and of what the backward pass needs.

Sums of sizes are formulas; the peak is a largest of many, which letters leave open. Only where the one letter is a depth,
as often as which a block repeats, is the peak of one forward pass a number: each repetition needs what the others do.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from archcalc.layers.base import SavedTensor
from archcalc.memory_plan.asked import Asked
from archcalc.memory_plan.inference import memory_of, timeline
from archcalc.memory_plan.optimizers import optimizer
from archcalc.memory_plan.saved_tensors import BITS, root_of, saved_tensors
from archcalc.memory_plan.sizes import bits
from archcalc.memory_plan.training import own_weights
from archcalc.network.graph import Graph
from archcalc.network.parts import proper
from archcalc.profiling.rows import Profile
from archcalc.symbols.dims import Dim, as_int, quotient, size
from archcalc.symbols.sums import repeated


class Formulas(msgspec.Struct, frozen=True):
    """The bytes of a network by what they hold, and of each layer in one repetition: its weights, and what it keeps."""

    profile: Profile
    phase: str
    parts: dict[str, Dim]
    # For each row the bytes of its weights and of the tensors that no layer before it holds.
    rows: tuple[tuple[Dim, Dim], ...]
    # The bytes of outputs alive at once in a forward pass, if they are known.
    peak: int | None = None


def formulas(profile: Profile, asked: Asked) -> Formulas:
    """The formulas for a network whose sizes, or depths, are letters."""
    graph = profile.graph if asked.train else proper(profile.graph)
    wide, narrow = (bits(dtype or asked.dtype) for dtype in (asked.weights, asked.activations))
    times = [node.times for node in graph.nodes]
    weights = [_bytes(_values(graph, i, own), wide) for i, own in enumerate(own_weights(graph))]
    if not asked.train:
        parts = {"weights": repeated(zip(weights, times, strict=True))}
        return Formulas(profile, "inference", parts, tuple((n, 0) for n in weights), _peak(graph, narrow))
    kept = _kept(graph, profile.batch, asked, narrow)
    trained = [sum(map(size, own.values()), start=0) for own in own_weights(graph)]
    mastered = wide < 32 if asked.master is None else asked.master
    state = optimizer(asked.optimizer or "adam").state
    states = [sum((state(shape) for shape in own.values()), start=0) for own in own_weights(graph)]
    bit = max(32, wide) if mastered else wide
    parts = {
        "weights": repeated(zip(weights, times, strict=True)),
        "master weights": repeated((_bytes(n, 32), often) for n, often in zip(trained, times, strict=True))
        if mastered
        else 0,
        f"{asked.optimizer or 'adam'} state": repeated(
            (_bytes(n, bit), often) for n, often in zip(states, times, strict=True)
        ),
        "gradients of weights": repeated((_bytes(n, wide), often) for n, often in zip(trained, times, strict=True)),
        "kept for backward": repeated(zip(kept, times, strict=True)),
    }
    return Formulas(profile, "training", parts, tuple(zip(weights, kept, strict=True)))


def _values(graph: Graph, position: int, own: dict[str, tuple[Dim, ...]]) -> Dim:
    node = graph.nodes[position]
    shapes = [graph.nodes[i].shape for i in node.inputs]
    buffers = {} if node.share is not None else node.layer.buffers(*shapes)
    return sum(map(size, (own | buffers).values()), start=0)


def _bytes(values: Dim, wide: int) -> Dim:
    """The bytes of values of some bits, of 4 bits two in a byte."""
    return values * (wide // 8) if wide >= 8 else quotient(values * wide, 8)


def _kept(graph: Graph, batch: Dim, asked: Asked, narrow: int) -> list[Dim]:
    """The bytes that each node keeps for backward: its own tensors, and its output if any layer saves that."""
    saved = saved_tensors(graph, asked.overwrite)
    roots: set[int] = set()
    found: list[Dim] = [0] * len(graph.nodes)
    for position, entries in enumerate(saved.saved_for_backward):
        for entry in entries:
            root = root_of(graph, saved, position, entry)
            if root is None:
                found[position] += _own(entry, batch, narrow)
            elif root >= 0:
                roots.add(root)
    for root in roots:
        wide = 64 if root in graph.token_numbers else narrow
        found[root] += _bytes(batch * size(graph.nodes[root].shape), wide)
    return found


def _own(entry: SavedTensor, batch: Dim, narrow: int) -> Dim:
    wide = max(32, narrow) if entry.type == "float32" else BITS.get(entry.type, narrow)
    return _bytes(as_int(entry.values * (1 if entry.once else batch)), wide)


def _peak(graph: Graph, narrow: int) -> int | None:
    """The bytes of outputs alive at once for one sample, where no size is a letter."""
    if not all(isinstance(n, int) for node in graph.nodes for n in node.shape):
        return None
    return timeline(graph, memory_of(graph, narrow)).peak(1)[0]


def lettered(profile: Profile) -> bool:
    """True if a size or a depth of a network is a letter."""
    return profile.repeats or not all(isinstance(n, int) for node in profile.graph.nodes for n in node.shape)


def total(parts: Iterable[Dim]) -> Dim:
    """The sum of some parts."""
    return repeated((part, 1) for part in parts)
