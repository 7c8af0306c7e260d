"""The calls of blocks that are computed again in the backward pass, of which only what enters is kept."""

from __future__ import annotations

from collections.abc import Iterable

from archcalc.errors import SpecError, nearest
from archcalc.memory_plan.checkpoint import blocks as pieces
from archcalc.network.graph import Graph, weights_of
from archcalc.symbols.dims import decided, equal


def block_segments(graph: Graph, roots: list[int], name: str | None = None) -> list[range]:
    """The calls of blocks by their nodes: of the block of that name, or of those that repeat.

    A block that is nothing but repeats of another, such as a stage, stands for these. `roots` has the owner of each
    output's memory. Raises SpecError if no block repeats, or none has the name.

    >>> from archcalc.language import load
    >>> from archcalc.memory_plan.saved_tensors import saved_tensors
    >>> graph = load("swin_t")
    >>> [graph.nodes[one.start].blocks[-1] for one in block_segments(graph, saved_tensors(graph).roots)][:3]
    ['swin_block:1', 'swin_block:2', 'merge:1']
    """
    calls = _calls(graph)
    if name is not None:
        found = [nodes for path, nodes in calls.items() if _name(path) == name]
        if not found:
            known = sorted({_name(path) for path in calls})
            raise SpecError(f"no block '{name[:60]}' is called", None, nearest(name, known) or _among(known))
        return _outermost(found)
    starts = {one.start for one in pieces(graph, roots)}
    times: dict[str, int] = {}
    for path, nodes in calls.items():
        # A letter stands for more than one repetition.
        once = decided(equal(graph.nodes[nodes.start].times, 1)) is True
        times[_name(path)] = times.get(_name(path), 0) + (1 if once else 2)
    holding = {path for path in calls if _holds_repeats(graph, calls, path, starts)}
    repeated = [
        nodes for path, nodes in calls.items() if times[_name(path)] > 1 and len(nodes) > 1 and path not in holding
    ]
    if not repeated:
        raise SpecError(
            "no block of the network repeats", None, "archcalc memory --train --checkpoint cuts any network"
        )
    return _outermost(repeated)


def _calls(graph: Graph) -> dict[tuple[str, ...], range]:
    """The nodes of each call, by the calls around it and its own."""
    found: dict[tuple[str, ...], range] = {}
    for position, node in enumerate(graph.nodes):
        for depth in range(1, len(node.blocks) + 1):
            path = node.blocks[:depth]
            start = found[path].start if path in found else position
            found[path] = range(start, position + 1)
    return found


def _holds_repeats(graph: Graph, calls: dict[tuple[str, ...], range], path: tuple[str, ...], starts: set[int]) -> bool:
    """True if all weights of a call are in repeats of one block, which are entered by one tensor each."""
    nodes = graph.nodes
    within: dict[str, list[range]] = {}
    for one, inner in calls.items():
        if len(one) == len(path) + 1 and one[: len(path)] == path and inner.start in starts:
            within.setdefault(_name(one), []).append(inner)
    weighted = {i for i in calls[path] if weights_of(nodes[i], nodes)}
    return any(
        (len(repeats) > 1 or nodes[repeats[0].start].times != nodes[calls[path].start].times)
        and weighted <= {i for inner in repeats for i in inner}
        for repeats in within.values()
    )


def _name(path: tuple[str, ...]) -> str:
    return path[-1].rpartition(":")[0]


def _outermost(calls: Iterable[range]) -> list[range]:
    """The calls in order, without those inside of others."""
    found: list[range] = []
    for one in sorted(calls, key=lambda one: (one.start, -one.stop)):
        if not found or one.start >= found[-1].stop:
            found.append(one)
    return found


def _among(known: list[str]) -> str:
    return f"there are {', '.join(known)}" if known else "the network has none"
