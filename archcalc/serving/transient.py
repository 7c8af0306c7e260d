"""The outputs that are alive at once in a pass, beside weights and cache."""

from __future__ import annotations

from collections.abc import Collection

from archcalc.memory_plan.inference import memory_of, timeline
from archcalc.memory_plan.liveness import Timeline
from archcalc.network.dtypes import bits
from archcalc.network.graph import Graph


def transient(graph: Graph, dtype: str, batch: int, only: Collection[int] | None = None) -> int:
    """The most bytes of outputs alive at once, of all layers of a graph, or where others do not run of those at some positions.

    >>> from archcalc.language import load
    >>> transient(load("lenet5"), "fp32", 1)
    37632
    """
    found = timeline(graph, memory_of(graph, bits(dtype)))
    if only is not None:
        found = Timeline(found.steps, tuple(buffer for buffer in found.buffers if buffer.node in only))
    return found.peak(batch)[0]
