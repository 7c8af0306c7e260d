"""A verification as text, and as plain values for JSON."""

from __future__ import annotations

from typing import Any

from archcalc.formats.summary import unread
from archcalc.network.graph import Graph
from archcalc.symbols.dims import format_shape
from archcalc.verification import LayerCheck, MemoryCheck, Shown, Verification


def text(found: Verification, graph: Graph, batch: int, seed: int, *, least: bool = False) -> str:
    """The lines on a verification; `least` is true if no smaller input than the network's own would do."""
    ran = f"{len(found.layers)} layers run in numpy"
    agree = sum(not layer.differing for layer in found.seen)
    moved = sum(layer.moved for layer in found.seen)
    return "\n".join(
        [
            f"{graph.name}, input {format_shape(graph.input)}, batch {batch}, seed {seed}: {ran}.",
            *(["No smaller input leaves several places along every axis that has several."] if least else []),
            *_proved(found.layers),
            _remembered(found.memory),
            f"{'fields':11}  {agree} of {len(found.seen)} layers agree with the values that move with one input place, {moved:,} in all",
            _placed(found.places),
            *unread(graph),
        ]
    )


def to_dict(found: Verification, graph: Graph) -> dict[str, Any]:
    """A verification as a plain dict."""
    return {
        "network": graph.name,
        "input": list(graph.input),
        "proofs": found.layers,
        "seen": found.seen,
        "places": found.places,
        "memory": found.memory,
        "unread": [node.name for node in graph.unread],
        "differences": found.differences,
    }


def _proved(done: list[LayerCheck]) -> list[str]:
    """A line for each measure: the number of layers where formula and run agree, and the total of the run."""
    meant = {
        "output": "shapes of the arrays",
        "params": "sizes of the arrays",
        "macs": "products counted one einsum at a time",
        "activations": "values stored in memory of their own",
    }
    lines = []
    for name, what in meant.items():
        agree = sum(getattr(proof.row, name) == getattr(proof.found, name) for proof in done)
        total = "" if name == "output" else f", {sum(getattr(proof.found, name) for proof in done):,} in all"
        lines.append(f"{name:11}  {agree} of {len(done)} layers agree with the {what}{total}")
    return lines


def _placed(places: list[Shown]) -> str:
    """The line on fields: the number of layers whose outputs all see what their windows say, or that none was tried."""
    ends = sum(layer.ends for layer in places)
    if not ends:
        return "places       too many to nudge each; a smaller input shows what every output sees"
    agree = sum(not layer.differences for layer in places)
    return f"places       {agree} of {len(places)} layers see what their fields say, {ends:,} ends of windows met"


def _remembered(memory: list[MemoryCheck]) -> str:
    """The line on memory: the number of layers where plan and run agree, and the peak with its layer."""
    agree = sum(not step.differences for step in memory)
    most = max(memory, key=lambda step: step.found)
    return f"memory       {agree} of {len(memory)} layers agree with the bytes of the arrays alive, {most.found:,} at most, in {most.name}"
