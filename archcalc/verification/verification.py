"""The verification of all of a network's numbers by a run."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import msgspec
import numpy as np

from archcalc.network.graph import Graph
from archcalc.reference import seeded
from archcalc.verification.fields import DependenceCheck, seen
from archcalc.verification.layers import LayerCheck, proofs
from archcalc.verification.memory import MemoryCheck, held
from archcalc.verification.places import Shown, shown


class Verification(msgspec.Struct, frozen=True):
    """Each layer's row, its dependence on the input, its field and its memory, each as computed and as observed."""

    layers: list[LayerCheck]
    seen: list[DependenceCheck]
    places: list[Shown]
    memory: list[MemoryCheck]

    @property
    def differences(self) -> list[str]:
        """The disagreements, with both values; empty if everything is confirmed."""
        found: list[LayerCheck | DependenceCheck | Shown | MemoryCheck] = [
            *self.layers,
            *self.memory,
            *self.seen,
            *self.places,
        ]
        return [difference for proof in found for difference in proof.differences]


def verified(
    graph: Graph,
    batch: int = 1,
    seed: int = 0,
    watched: Callable[[Iterator[LayerCheck]], Iterable[LayerCheck]] = iter,
) -> Verification:
    """Run a network and check every closed form against the run; `watched` is given the layers as they are done.

    >>> from archcalc.language import load
    >>> verified(load("lenet5")).differences
    []
    """
    # Every check runs on the same ones, and of a large network drawing them takes longer than a run.
    arrays = seeded(graph, seed)
    views = [graph.seen_from(name) for name in graph.input_shapes]
    # A maximum over padding alone is infinite, and sums of such are NaN.
    with np.errstate(all="ignore"):
        return Verification(
            list(watched(proofs(graph, batch, seed, arrays))),
            [check for each in views for check in seen(each, seed, arrays)],
            [check for each in views for check in shown(each, seed, arrays)],
            held(graph, batch, seed, arrays=arrays),
        )
