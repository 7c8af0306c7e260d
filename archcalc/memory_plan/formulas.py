"""The bytes of a network in letters: of what is held for good, and of what the backward pass needs.

Sums of sizes are formulas; the peak is a largest of many, which letters leave open. Only where the one letter is a depth,
as often as which a block repeats, is the peak of one forward pass a number: each repetition needs what the others do.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import msgspec

from archcalc.layers.base import SavedTensor
from archcalc.memory_plan.asked import Asked
from archcalc.memory_plan.inference import memory_of, output_bits, timeline
from archcalc.memory_plan.optimizers import optimizer
from archcalc.memory_plan.saved_tensors import root_of, saved_tensors, width
from archcalc.memory_plan.sizes import whole_bytes
from archcalc.memory_plan.weights import Array, arrays_of
from archcalc.network.dtypes import bits
from archcalc.network.graph import Graph
from archcalc.network.parts import proper
from archcalc.profiling.rows import Profile
from archcalc.symbols.dims import Dim, as_int
from archcalc.symbols.sums import repeated, sum_of


class Formulas(msgspec.Struct, frozen=True):
    """The bytes of a network by what they hold, and of each layer in one repetition: its weights, and what it keeps."""

    profile: Profile
    phase: str
    parts: dict[str, Dim]
    # By the name of each layer that runs the bytes of its weights, and of the tensors that no layer before it holds.
    rows: dict[str, tuple[Dim, Dim]]
    # The bytes of outputs alive at once in a forward pass, if they are known.
    peak: int | None = None


def formulas(profile: Profile, asked: Asked) -> Formulas:
    """The formulas for a network whose sizes, or depths, are letters."""
    graph = profile.graph if asked.train else proper(profile.graph)
    narrow = bits(asked.dtypes.activations)
    times = [node.times for node in graph.nodes]
    arrays = arrays_of(graph, asked.dtypes)
    held = [_bits(every, lambda array: array.bits) for every in arrays]
    names = [node.name for node in graph.nodes]
    weights = [whole_bytes(n) for n in held]
    if not asked.train:
        parts = {"weights": _sum(held, times)}
        rows = {name: (n, 0) for name, n in zip(names, weights, strict=True)}
        return Formulas(profile, "inference", parts, rows, _peak(graph, asked, narrow))
    kept = _kept(graph, profile.batch, asked, narrow)
    own = [[array for array in every if array.trained] for every in arrays]
    rule, master = asked.optimizer or "adam", asked.master
    optimizing = optimizer(rule)
    way = optimizing.way(asked.step)
    masters = [_bits(every, lambda array: array.master(master)) for every in own]
    states = [_bits(every, lambda array: optimizing.bits(array.shape, array.state_bits(master), way)) for every in own]
    gradients = [_bits(every, lambda array: array.gradient) for every in own]
    parts = {
        "weights": _sum(held, times),
        "master weights": _sum(masters, times),
        f"{rule} state": _sum(states, times),
        "gradients of weights": _sum(gradients, times),
        "kept for backward": repeated(zip(kept, times, strict=True)),
    }
    return Formulas(profile, "training", parts, dict(zip(names, zip(weights, kept, strict=True), strict=True)))


def _bits(arrays: Iterable[Array], of: Callable[[Array], Dim]) -> Dim:
    return sum_of([of(array) for array in arrays])


def _sum(parts: list[Dim], times: list[Dim]) -> Dim:
    """The bytes of parts in bits, each as often as it is there."""
    return whole_bytes(repeated(zip(parts, times, strict=True)))


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
        found[root] += whole_bytes(batch * output_bits(graph, root, narrow))
    return found


def _own(entry: SavedTensor, batch: Dim, narrow: int) -> Dim:
    return whole_bytes(as_int(entry.values * (1 if entry.once else batch)) * width(entry, narrow))


def _peak(graph: Graph, asked: Asked, narrow: int) -> int | None:
    """The bytes of outputs alive at once for one sample, where no size is a letter and the order is the spec's."""
    if _sized_by_letters(graph) or asked.schedule == "best":
        return None
    memory = memory_of(graph, narrow, copy_concat=asked.copy_concat, overwrite=asked.overwrite)
    return timeline(graph, memory, columns=asked.columns).peak(1)[0]


def lettered(profile: Profile) -> bool:
    """True if a size or a depth of a network is a letter."""
    return profile.repeats or _sized_by_letters(profile.graph)


def _sized_by_letters(graph: Graph) -> bool:
    return not all(isinstance(n, int) for node in graph.nodes for n in node.shape)
