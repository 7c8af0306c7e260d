"""The groups of a network's layers whose names begin alike, as a tree: what a block of a spec can stand for."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TypeAlias

import msgspec

from archcalc.network.graph import Graph, Node

_ENDS = "/._-"
# A part of a name up to what ends it.
_PART = re.compile(r"[/._-]*[^/._-]+[/._-]+")


class Group(msgspec.Struct, frozen=True):
    """The nodes from `first` up to `last` (exclusive), whose names begin with `prefix`: single ones, and smaller groups.

    `entry` is the one position outside that it reads, if all that a block needs is true of it, else None: nothing inside
    is read from outside but its last, and none of it is an input, in a head, or of the weights of another.
    """

    prefix: str
    first: int
    last: int
    children: tuple[Child, ...]
    entry: int | None


# A single node by its position, or several.
Child: TypeAlias = "int | Group"


def groups_of(graph: Graph, readers: Sequence[int]) -> Group:
    """The tree of a graph's groups; the whole has an empty prefix. `readers` are its `last_readers`.

    >>> from archcalc.language import load
    >>> graph = load("googlenet")
    >>> [child.prefix for child in groups_of(graph, last_readers(graph)).children if isinstance(child, Group)][:2]
    ['conv1/', 'conv2_reduce/']
    """

    def group(first: int, last: int, prefix: str) -> Group:
        children: list[Child] = []
        at = first
        while at < last:
            stop = at + 1
            key = _key(graph.nodes[at], graph.nodes[stop] if stop < last else None, prefix)
            while key and stop < last and _begins(graph.nodes[stop].name, key):
                stop += 1
            children.append(at if stop - at == 1 else group(at, stop, key))
            at = stop
        # What holds nothing but a smaller one is that one.
        if len(children) == 1 and isinstance(children[0], Group):
            return children[0] if prefix else Group(prefix, first, last, tuple(children), None)
        return Group(prefix, first, last, tuple(children), _entry(graph, readers, first, last))

    return group(0, len(graph.nodes), "")


def _key(node: Node, following: Node | None, prefix: str) -> str:
    """The prefix of the largest group of a node inside another, empty for one that is in none."""
    if node.layer.comes_from_outside:
        return ""
    part = _PART.match(node.name, len(prefix))
    if part is not None:
        return node.name[: part.end()]
    # The layers `conv1/norm` and `conv1/relu` belong to the layer `conv1` before them.
    led = following is not None and len(node.name) > len(prefix) and _begins(following.name, node.name)
    return node.name if led else ""


def _begins(name: str, key: str) -> bool:
    return name.startswith(key) and (key[-1] in _ENDS or name == key or name[len(key)] in _ENDS)


def last_readers(graph: Graph) -> list[int]:
    """For each node the last position that reads it, after all others for an output."""
    readers = [0] * len(graph.nodes)
    for position, node in enumerate(graph.nodes):
        for i in node.inputs:
            readers[i] = position
        if node.share is not None:
            readers[node.share] = position
    for i in graph.outputs:
        readers[i] = len(graph.nodes)
    return readers


def _entry(graph: Graph, readers: Sequence[int], first: int, last: int) -> int | None:
    nodes = graph.nodes[first:last]
    outside = {i for node in nodes for i in node.inputs if i < first}
    apart = all(reader < last for reader in readers[first : last - 1])
    plain = not any(
        node.auxiliary or node.share is not None or node.times != 1 or node.layer.comes_from_outside for node in nodes
    )
    return outside.pop() if len(outside) == 1 and apart and plain else None
