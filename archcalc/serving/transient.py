"""The outputs that are alive at once in a pass, beside weights and cache."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

from archcalc.memory_plan.inference import memory_of, timeline
from archcalc.memory_plan.liveness import Timeline
from archcalc.network.dtypes import bits
from archcalc.network.graph import Graph


def outputs(graph: Graph, dtype: str, only: Collection[int] | None = None) -> Timeline:
    """The outputs of all layers of a graph step by step, or where others do not run of those at some positions.

    >>> from archcalc.language import load
    >>> outputs(load("lenet5"), "fp32").peak(1)[0]
    37632
    """
    found = timeline(graph, memory_of(graph, bits(dtype)))
    if only is None:
        return found
    return Timeline(found.steps, tuple(buffer for buffer in found.buffers if buffer.node in only))


class Outputs(NamedTuple):
    """The outputs of a pass of prefill and of one of decoding, step by step."""

    prefill: Timeline
    decode: Timeline

    def alive(self, batch: int) -> tuple[int, int]:
        """The most bytes alive at once in each."""
        return self.prefill.peak(batch)[0], self.decode.peak(batch)[0]
