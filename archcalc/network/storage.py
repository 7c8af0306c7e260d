"""The storage of a network's outputs: buffers of their own, views of inputs, and outputs that overwrite inputs."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Literal, TypeAlias

from archcalc.layers.strides import contiguous
from archcalc.network.calls import places_of
from archcalc.network.graph import Graph, Node
from archcalc.symbols.dims import Shape

# A new array, over the input, or a view of the input.
Manner: TypeAlias = Literal["output", "in place", "view"]
# The layers that overwrite their input: those that do in frameworks, or all that could.
Overwrite: TypeAlias = Literal["frameworks", "all"]


def manners(graph: Graph, overwrite: Overwrite, *, training: bool = False) -> list[Manner]:
    """The storage of each node's output, if its input is free to be overwritten.

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
    """True if a layer's output could overwrite its first input value by value, as += does."""
    if not node.layer.replaces:
        return False
    return nodes[node.inputs[0]].shape == node.shape and node.inputs.count(node.inputs[0]) == 1


class Storage:
    """The storage of a network's outputs, added node by node in order of execution.

    `manners` has the storage of each if it is possible, by default as far as layers allow. `roots` has for each node
    the one whose memory its output lies in: itself, or an earlier one that it overwrites or is a view of. `free` is
    true if a node's output may be overwritten by its reader: nothing else reads it, under this or another shape, and it
    is neither an input of the network nor a trained array. Those at `kept` positions, the network's outputs, are read
    by its caller too.
    """

    def __init__(
        self, nodes: Sequence[Node], manners: Sequence[Manner] | None = None, kept: Collection[int] = ()
    ) -> None:
        self._nodes = nodes
        self._manners = [node.layer.stores for node in nodes] if manners is None else manners
        self.roots: list[int] = []
        self.free: list[bool] = []
        self._readers = [0] * len(nodes)
        # The strides of outputs that are not contiguous.
        self._strides: dict[int, Shape] = {}
        for i in kept:
            self._readers[i] += 1
        for node in nodes:
            # Whoever reads an output twice is done with it at once.
            for i in {*node.inputs}:
                self._readers[i] += 1

    def may_overwrite(self, position: int) -> bool:
        """True if the next node, which stands at this position, may overwrite its input."""
        return self._manners[position] == "in place" and self.free[self._nodes[position].inputs[0]]

    def strides(self, position: int) -> Shape | None:
        """The strides of an output that does not lie in order, None for one that does."""
        return self._strides.get(position)

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
        """True if a layer that is a view of its input needs no copy; also records its strides."""
        source = node.inputs[0]
        x = self._nodes[source].shape
        strides = node.layer.view(x, self._strides.get(source) or contiguous(x))
        if strides is not None and strides != contiguous(node.shape):
            self._strides[position] = strides
        return strides is not None


def overwritable(graph: Graph, manners: Sequence[Manner] | None = None) -> list[bool]:
    """True for each node whose output may be overwritten by its reader."""
    return stored(graph, manners=manners).free


def stored(graph: Graph, fused: Collection[int] = (), manners: Sequence[Manner] | None = None) -> Storage:
    """The storage of outputs when every layer overwrites its input that may, and so do the `fused` ones.

    A fused layer runs together with the one before it, which nothing else reads.
    """
    storage = Storage(graph.nodes, manners, graph.outputs)
    for position in range(len(graph.nodes)):
        storage.add(position, overwrites=position in fused or storage.may_overwrite(position))
    return storage
