"""A network as an ordered list of nodes whose shapes are known and whose requirements were checked."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import msgspec

from archcalc.dims import Dim, Shape, Truth, decided, written_shape
from archcalc.errors import Place, SpecError
from archcalc.layers.base import Layer
from archcalc.layers.strides import contiguous


class Node(msgspec.Struct, frozen=True):
    """One use of a layer: `inputs` and `share` are positions of earlier nodes, `shape` is the output's."""

    name: str
    layer: Layer
    inputs: tuple[int, ...]
    shape: Shape
    place: Place | None = None
    # The calls of blocks around the node, outermost first, each numbered where a block is called again.
    blocks: tuple[str, ...] = ()
    auxiliary: bool = False
    share: int | None = None
    note: str = ""


class Assumption(msgspec.Struct, frozen=True):
    """A fact about symbols that a layer relies on and that they leave open."""

    node: str
    fact: Truth


class Assertion(msgspec.Struct, frozen=True):
    """A number that a spec states for nodes `first` up to `last` (exclusive), to be checked against the computed one."""

    measure: str
    expected: Dim
    first: int
    last: int
    place: Place | None = None


class Figure(msgspec.Struct, frozen=True):
    """A published figure: the quantity it is of, the value as printed, and where it was printed."""

    of: str
    value: str
    source: str = ""
    note: str = ""


class Graph(msgspec.Struct, frozen=True):
    """A network: its nodes in order of execution, the first of them its input, and what its spec says of it."""

    name: str
    nodes: tuple[Node, ...]
    title: str = ""
    source: str = ""
    notes: tuple[str, ...] = ()
    family: str = ""
    figures: tuple[Figure, ...] = ()
    assumptions: tuple[Assumption, ...] = ()
    assertions: tuple[Assertion, ...] = ()

    @property
    def input(self) -> Shape:
        """The shape of the input."""
        return self.nodes[0].shape


class Builder:
    """Adds nodes one after the other, checking what each layer requires of its inputs.

    >>> from archcalc.layers.conv import Conv2d
    >>> from archcalc.layers.rearrange import Input
    >>> builder = Builder()
    >>> image = builder.add("input", Input((3, 224, 224)))
    >>> conv = builder.add("conv1", Conv2d(out=64, kernel=3, padding=1), image)
    >>> builder.nodes[conv].shape
    (64, 224, 224)
    """

    def __init__(self) -> None:
        self.nodes: list[Node] = []
        self.assumptions: list[Assumption] = []
        self._inferred: dict[tuple[Layer, tuple[Shape, ...]], tuple[Shape, list[Truth]]] = {}

    def add(
        self,
        name: str,
        layer: Layer,
        *inputs: int,
        place: Place | None = None,
        places: dict[str, Place] | None = None,
        **details: Any,
    ) -> int:
        """Append a node and return its position; raises SpecError where the layer cannot take these inputs.

        `places` are those of the layer's fields; `details` are further fields of `Node`.
        """
        shapes = tuple(self.nodes[i].shape for i in inputs)
        # Repeated blocks bring the same layer on the same shapes again and again.
        key = (layer, shapes)
        if key not in self._inferred:
            self._inferred[key] = infer(layer, shapes, place, places)
        shape, open_facts = self._inferred[key]
        self.assumptions.extend(Assumption(name, fact) for fact in open_facts)
        node = Node(name, layer, inputs, shape, place, **details)
        if node.share is not None:
            owner = self.nodes[node.share]
            _check_shared(node, owner, shapes, weights_of(owner, self.nodes), (places or {}).get("share", place))
        self.nodes.append(node)
        return len(self.nodes) - 1

    def graph(self, name: str = "network", **about: Any) -> Graph:
        """What was added, as a graph; `about` are further fields of `Graph`."""
        return Graph(name, tuple(self.nodes), assumptions=tuple(self.assumptions), **about)


def infer(
    layer: Layer,
    shapes: tuple[Shape, ...],
    place: Place | None = None,
    places: dict[str, Place] | None = None,
) -> tuple[Shape, list[Truth]]:
    """The output shape of a layer on inputs of these shapes, and the facts that symbols leave open.

    Raises SpecError, at the place of the field to blame where there is one, for a requirement that does not hold.
    """
    least, most = layer.arity
    if not least <= len(shapes) <= most:
        wanted = (
            "no input"
            if most == 0
            else f"at least {least} inputs"
            if most > least
            else f"{least} input{'s' * (least > 1)}"
        )
        raise SpecError(f"{layer.kind} takes {wanted}, not {len(shapes)}", place)
    if not all(shapes):
        raise SpecError(f"{layer.kind}: the input must be of at least one axis", place)
    open_facts: list[Truth] = []
    for fact, message, field in layer.requires(*shapes):
        truth = decided(fact)
        if truth is None:
            open_facts.append(fact)
        elif not truth:
            seen = " and ".join(written_shape(x) for x in shapes)
            note = f"input is {seen}" if len(shapes) == 1 else f"inputs are {seen}" if shapes else ""
            raise SpecError(f"{layer.kind}: {message}", (places or {}).get(field, place), note)
    return layer.output(*shapes), open_facts


def weights_of(node: Node, nodes: list[Node]) -> dict[str, Shape]:
    """The trained arrays that a node uses, by name."""
    return node.layer.weights(*(nodes[i].shape for i in node.inputs))


class Storage:
    """In which memory the outputs of a network lie, added node by node in order of execution.

    `roots` has for each node the one whose memory its output lies in: itself, or one before it that it overwrites or
    is a view of. `free` says whether a node's output may be overwritten by the one that reads it: nothing else reads
    it, under this or another shape, and it is neither the network's input nor a trained array.
    """

    def __init__(self, nodes: tuple[Node, ...]) -> None:
        self._nodes = nodes
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
        node = self._nodes[position]
        return node.layer.stores == "in place" and self.free[node.inputs[0]]

    def add(self, position: int, *, overwrites: bool) -> None:
        """Append a node that overwrites its input, is a view of it, or has memory of its own."""
        node = self._nodes[position]
        lies = bool(node.inputs) and (overwrites or (node.layer.stores == "view" and self._seen(position, node)))
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


def overwritable(nodes: tuple[Node, ...]) -> list[bool]:
    """Whether a node's output may be overwritten by the one that reads it."""
    return stored(nodes).free


def stored(nodes: tuple[Node, ...], fused: Collection[int] = ()) -> Storage:
    """In which memory the outputs lie where every layer overwrites its input that may, and so do the `fused` ones.

    A layer is fused that whoever runs the network does together with the one before it, which nothing else reads.
    """
    storage = Storage(nodes)
    for position in range(len(nodes)):
        storage.add(position, overwrites=position in fused or storage.may_overwrite(position))
    return storage


def proper(graph: Graph) -> Graph:
    """A network as it runs at inference: without its auxiliary heads."""
    kept = [position for position, node in enumerate(graph.nodes) if not node.auxiliary]
    if len(kept) == len(graph.nodes):
        return graph
    places = {position: place for place, position in enumerate(kept)}
    nodes = tuple(
        msgspec.structs.replace(
            graph.nodes[position],
            inputs=tuple(places[i] for i in graph.nodes[position].inputs),
            share=places.get(-1 if (owner := graph.nodes[position].share) is None else owner),
        )
        for position in kept
    )
    return msgspec.structs.replace(graph, nodes=nodes)


def _check_shared(
    node: Node, owner: Node, shapes: tuple[Shape, ...], owned: dict[str, Shape], place: Place | None
) -> None:
    wanted = node.layer.weights(*shapes)
    common = [name for name in wanted if name in owned]
    if not common:
        raise SpecError(f"{node.layer.kind} has no weights in common with {owner.name}", place)
    for name in common:
        if owned[name] != wanted[name]:
            mine, its = written_shape(wanted[name]), written_shape(owned[name])
            raise SpecError(f"{node.layer.kind} needs a {name} of {mine}, {owner.name} has {its}", place)
