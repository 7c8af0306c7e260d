"""In which memory the outputs of a network lie: views in their input's, and what may overwrite its input in its place."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Literal, TypeAlias

from archcalc.layers.strides import contiguous
from archcalc.network.calls import places_of
from archcalc.network.graph import Graph, Node
from archcalc.symbols.dims import Shape

# A new array, over the input, or the input seen under another shape.
Manner: TypeAlias = Literal["output", "in place", "view"]
# What overwrites its input: what models in frameworks have overwrite it, or all that could.
Overwrite: TypeAlias = Literal["frameworks", "all"]


def manners(graph: Graph, overwrite: Overwrite, *, training: bool = False) -> list[Manner]:
    """How the output of each node is stored where its input is free to be overwritten.

    In frameworks a layer does with its input what most of its kind do, unless the spec says how it is called.

    >>> from archcalc.language import load
    >>> [manners(load("lenet5"), overwrite)[2] for overwrite in ("frameworks", "all")]
    ['output', 'in place']
    """
    found: list[Manner] = []
    for node, said in zip(graph.nodes, places_of(graph), strict=True):
        layer = node.layer
        if layer.idle and not training:
            found.append("view")
        elif said == "in place" and _could(node, graph.nodes):
            found.append("in place")
        elif layer.stores == "in place" and overwrite == "frameworks" and (said or not layer.overwrites):
            found.append("output")
        else:
            found.append(layer.stores)
    return found


def _could(node: Node, nodes: Sequence[Node]) -> bool:
    """Whether a layer's output could take its first input's place: one value for each, as += puts it there."""
    if not node.layer.replaces:
        return False
    return nodes[node.inputs[0]].shape == node.shape and node.inputs.count(node.inputs[0]) == 1


class Storage:
    """In which memory the outputs of a network lie, added node by node in order of execution.

    `manners` says how each is stored where it can be, by default as far as layers allow.

    `roots` has for each node the one whose memory its output lies in: itself, or one before it that it overwrites or
    is a view of. `free` says whether a node's output may be overwritten by the one that reads it: nothing else reads
    it, under this or another shape, and it is neither the network's input nor a trained array.
    """

    def __init__(self, nodes: Sequence[Node], manners: Sequence[Manner] | None = None) -> None:
        self._nodes = nodes
        self._manners = [node.layer.stores for node in nodes] if manners is None else manners
        self.roots: list[int] = []
        self.free: list[bool] = []
        self._readers = [0] * len(nodes)
        # How far apart the values along each axis lie, for outputs that do not lie one value after the other.
        self._strides: dict[int, Shape] = {}
        for node in nodes:
            for i in node.inputs:
                self._readers[i] += 1

    def may_overwrite(self, position: int) -> bool:
        """Whether the next node, which stands at this position, may overwrite its input."""
        return self._manners[position] == "in place" and self.free[self._nodes[position].inputs[0]]

    def add(self, position: int, *, overwrites: bool) -> None:
        """Append a node that overwrites its input, is a view of it, or has memory of its own."""
        node = self._nodes[position]
        lies = bool(node.inputs) and (overwrites or (self._manners[position] == "view" and self._seen(position, node)))
        if overwrites and node.inputs[0] in self._strides:
            self._strides[position] = self._strides[node.inputs[0]]
        self.roots.append(self.roots[node.inputs[0]] if lies else position)
        own = bool(node.inputs) and (not lies or self.free[node.inputs[0]])
        self.free.append(own and self._readers[position] == 1)

    def _seen(self, position: int, node: Node) -> bool:
        """Whether a layer that only reads its input differently finds it laid out so that nothing need be copied."""
        source = node.inputs[0]
        x = self._nodes[source].shape
        strides = node.layer.view(x, self._strides.get(source) or contiguous(x))
        if strides is not None and strides != contiguous(node.shape):
            self._strides[position] = strides
        return strides is not None


def overwritable(nodes: Sequence[Node], manners: Sequence[Manner] | None = None) -> list[bool]:
    """Whether a node's output may be overwritten by the one that reads it."""
    return stored(nodes, manners=manners).free


def stored(nodes: Sequence[Node], fused: Collection[int] = (), manners: Sequence[Manner] | None = None) -> Storage:
    """In which memory the outputs lie where every layer overwrites its input that may, and so do the `fused` ones.

    A layer is fused that whoever runs the network does together with the one before it, which nothing else reads.
    """
    storage = Storage(nodes, manners)
    for position in range(len(nodes)):
        storage.add(position, overwrites=position in fused or storage.may_overwrite(position))
    return storage
