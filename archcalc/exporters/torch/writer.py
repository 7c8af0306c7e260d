"""A network as the text of a Python module with PyTorch modules."""

from __future__ import annotations

from archcalc.language.folding import Folding
from archcalc.network.graph import Graph


def write(graph: Graph) -> str:
    """The Python module of a graph."""
    return str(len(Folding(graph).items))
