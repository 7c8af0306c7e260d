"""The arrays that a file of `archcalc export` holds, apart from the command, since numpy is slow to load."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from archcalc.network.graph import Graph
from archcalc.network.parts import needed
from archcalc.reference import read_weights
from archcalc.reference.random_arrays import drawn


def arrays_of(graph: Graph, weights: Path | None, seed: int) -> dict[str, dict[str, Any]]:
    """The arrays of a file of weights, or seeded ones as `archcalc run` has them."""
    if weights is None:
        return drawn(graph, seed)
    return read_weights(graph, weights, needed(graph, *graph.outputs))
