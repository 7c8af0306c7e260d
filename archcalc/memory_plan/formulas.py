"""The bytes of a network in letters: of what is held for good, and of what the backward pass needs.

Sums of sizes are formulas; the peak is a largest of many, which letters leave open. Only where the one letter is a depth,
as often as which a block repeats, is the peak of one forward pass a number: each repetition needs what the others do.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import msgspec

from archcalc.layers.base import SavedTensor
from archcalc.memory_plan.asked import Asked
from archcalc.memory_plan.inference import memory_of, timeline
from archcalc.memory_plan.optimizers import optimizer
from archcalc.memory_plan.saved_tensors import BITS, root_of, saved_tensors
from archcalc.memory_plan.weights import Array, arrays_of
from archcalc.network.dtypes import bits
from archcalc.network.graph import Graph
from archcalc.network.parts import proper
from archcalc.profiling.rows import Profile
from archcalc.symbols.dims import Dim, as_int, quotient, size
from archcalc.symbols.sums import repeated, sum_of


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
    narrow = bits(asked.dtypes.activations)
    times = [node.times for node in graph.nodes]
    arrays = arrays_of(graph, asked.dtypes)
    held = [_bits(every, lambda array: array.form.bits(array.shape)) for every in arrays]
    weights = [_bytes(n) for n in held]
    if not asked.train:
        parts = {"weights": _sum(held, times)}
        return Formulas(profile, "inference", parts, tuple((n, 0) for n in weights), _peak(graph, narrow))
    kept = _kept(graph, profile.batch, asked, narrow)
    own = [[array for array in every if array.trained] for every in arrays]
    rule, master = asked.optimizer or "adam", asked.master
    state = optimizer(rule).state
    masters = [_bits(every, lambda array: size(array.shape) * (32 * array.mastered(master))) for every in own]
    states = [_bits(every, lambda array: state(array.shape) * array.state_bits(master)) for every in own]
    gradients = [_bits(every, lambda array: size(array.shape) * bits(array.form.dtype)) for every in own]
    parts = {
        "weights": _sum(held, times),
        "master weights": _sum(masters, times),
        f"{rule} state": _sum(states, times),
        "gradients of weights": _sum(gradients, times),
        "kept for backward": repeated(zip(kept, times, strict=True)),
    }
    return Formulas(profile, "training", parts, tuple(zip(weights, kept, strict=True)))


def _bits(arrays: Iterable[Array], of: Callable[[Array], Dim]) -> Dim:
    return sum_of([of(array) for array in arrays])


def _sum(parts: list[Dim], times: list[Dim]) -> Dim:
    """The bytes of parts in bits, each as often as it is there."""
    return _bytes(repeated(zip(parts, times, strict=True)))


def _bytes(held: Dim) -> Dim:
    """The bytes of some bits: of a number whole ones, and with letters an eighth."""
    return -(-held // 8) if isinstance(held, int) else quotient(held, 8)


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
        found[root] += _bytes(batch * size(graph.nodes[root].shape) * wide)
    return found


def _own(entry: SavedTensor, batch: Dim, narrow: int) -> Dim:
    wide = max(32, narrow) if entry.type == "float32" else BITS.get(entry.type, narrow)
    return _bytes(as_int(entry.values * (1 if entry.once else batch)) * wide)


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
