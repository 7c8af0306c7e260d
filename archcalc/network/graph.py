"""A network as an ordered list of nodes whose shapes are known and whose requirements were checked."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cached_property
from itertools import chain
from typing import Any

import msgspec

from archcalc.display import brief
from archcalc.errors import Place, SpecError
from archcalc.layers.axes import INPUTS
from archcalc.layers.base import Layer
from archcalc.layers.fields import asked
from archcalc.network.figures import Figure
from archcalc.network.tokens import token_numbers
from archcalc.network.wildcards import fits
from archcalc.symbols.dims import Dim, Shape, Truth, as_int, decided, equal, format_shape
from archcalc.symbols.relations import bound_of


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


class Graph(msgspec.Struct, frozen=True, dict=True):
    """A network: its nodes in order of execution, the first of them its input, and what its spec says of it."""

    name: str
    nodes: tuple[Node, ...]
    title: str = ""
    source: str = ""
    notes: tuple[str, ...] = ()
    family: str = ""
    figures: tuple[Figure, ...] = ()
    # What the axes of the input are, as the spec names them.
    axes: tuple[str, ...] = ()
    assumptions: tuple[Assumption, ...] = ()
    assertions: tuple[Assertion, ...] = ()
    # How files of trained weights call the layers: patterns of names, and what they become, in order.
    weights: tuple[tuple[str, str], ...] = ()
    # How the reference implementation calls the layers: patterns of names, and one of CALLS, the last that fits being right.
    call_styles: tuple[tuple[str, str], ...] = ()

    def __repr__(self) -> str:
        return brief(self, f"{self.name}: {len(self.nodes)} layers")

    @property
    def input(self) -> Shape:
        """The shape of the input."""
        return self.nodes[0].shape

    @property
    def input_axes(self) -> tuple[str, ...]:
        """The names of the input's axes: as stated, else channels and places, or the features of a vector."""
        rank = len(self.input)
        usual = (axes for axes in INPUTS if len(axes) == rank and axes[0] in {"channels", "features"})
        return self.axes or next(usual, ("channels", *(f"axis {axis}" for axis in range(1, rank))))

    @cached_property
    def token_numbers(self) -> frozenset[int]:
        """The positions that put out token numbers, which are whole numbers in 8 bytes each."""
        return token_numbers(self.nodes)

    @property
    def unread(self) -> tuple[Node, ...]:
        """The layers whose output goes nowhere: read by no other, and neither the last of the network nor auxiliary."""
        read = {i for node in self.nodes for i in node.inputs}
        *proper, _ = [i for i, node in enumerate(self.nodes) if not node.auxiliary]
        return tuple(self.nodes[i] for i in proper if i not in read)

    @property
    def conditions(self) -> tuple[Assumption, ...]:
        """The assumptions without those that another one implies: of H ≥ 2 and H ≥ 32 the second."""
        return strongest(self.assumptions)


def strongest(assumptions: Iterable[Assumption]) -> tuple[Assumption, ...]:
    """Assumptions without those that another one implies."""
    found: dict[object, Assumption] = {}
    for one in assumptions:
        subject, bound = bound_of(one.fact)
        other = found.get(subject)
        if other is None or bound > bound_of(other.fact)[1]:
            found[subject] = one
    return tuple(found.values())


# A module of its own, a function of the framework, an operator or method of its arrays, attention that is written out with a
# module for each projection and torch.matmul for its products, or not there at all; and beside that whether it overwrites its
# input (inplace=True, +=) or not, where that is otherwise than for most of its kind.
_WAYS = ("module", "function", "operator")
CALLS = (*_WAYS, "matmul", "absent", *(f"{way} in place" for way in _WAYS), *(f"{way} out of place" for way in _WAYS))


def calls_of(graph: Graph) -> list[str]:
    """How the reference implementation of a network calls each of its layers: module, function, operator or absent."""
    return [_called(graph, node).partition(" ")[0] or node.layer.call_style for node in graph.nodes]


def places_of(graph: Graph) -> list[str]:
    """Where the reference implementation is said to put the output of each layer: in place, out of place or nothing said."""
    return (
        [_called(graph, node).partition(" ")[2] for node in graph.nodes]
        if graph.call_styles
        else [""] * len(graph.nodes)
    )


def _called(graph: Graph, node: Node) -> str:
    return next((call for pattern, call in reversed(graph.call_styles) if fits(node.name, pattern)), "")


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
        _check_trunk(node, self.nodes, places or {})
        if node.share is not None:
            owner = self.nodes[node.share]
            alike = _alike(node, owner, shapes, weights_of(owner, self.nodes), (places or {}).get("share", place))
            self.assumptions.extend(Assumption(name, fact) for fact in alike)
        self.nodes.append(node)
        return len(self.nodes) - 1

    def graph(self, name: str = "network", **about: Any) -> Graph:
        """What was added, as a graph; `about` are further fields of `Graph`.

        Two axes are channels and a length, and one is features, unless `axes` names them otherwise: ("tokens", "features").
        """
        token_numbers(self.nodes)
        return Graph(name, tuple(self.nodes), assumptions=tuple(self.assumptions), **about)


def infer(
    layer: Layer, shapes: tuple[Shape, ...], place: Place | None = None, places: dict[str, Place] | None = None
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
    for fact, message, field in chain(asked(layer), layer.requires(*shapes)):
        truth = decided(fact)
        if truth is None:
            open_facts.append(fact)
        elif not truth:
            seen = " and ".join(format_shape(x) for x in shapes)
            note = f"input is {seen}" if len(shapes) == 1 else f"inputs are {seen}" if shapes else ""
            raise SpecError(f"{layer.kind}: {message}", (places or {}).get(field, place), note)
    # Letters that cancel leave a whole number.
    return tuple(n if isinstance(n, int) else as_int(n) for n in layer.output(*shapes)), open_facts


def weights_of(node: Node, nodes: list[Node]) -> dict[str, Shape]:
    """The trained arrays that a node uses, by name."""
    return node.layer.weights(*(nodes[i].shape for i in node.inputs))


def needed(graph: Graph, last: int) -> list[int]:
    """The positions that the node at `last` depends on, with itself and the network's input, in order.

    >>> builder = Builder()
    >>> from archcalc.layers.activation import ReLU
    >>> from archcalc.layers.rearrange import Input
    >>> start = builder.add("input", Input((3,)))
    >>> _, end = builder.add("aside", ReLU(), start), builder.add("relu", ReLU(), start)
    >>> needed(builder.graph(), end)
    [0, 2]
    """
    found = {0, last}
    for position in range(last, 0, -1):
        if position in found:
            found.update(graph.nodes[position].inputs)
    return sorted(found)


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


def _check_trunk(node: Node, nodes: list[Node], places: dict[str, Place]) -> None:
    """Refuse a layer of the network proper that would miss its input, or its weights, where the heads are left out."""
    if node.auxiliary:
        return
    for i in node.inputs:
        if nodes[i].auxiliary:
            fact = f"{node.layer.kind} reads '{nodes[i].name}', which is auxiliary"
            raise SpecError(fact, node.place, "a head is left out at inference; what reads it must be auxiliary too")
    if node.share is not None and nodes[node.share].auxiliary:
        fact = f"{node.layer.kind} uses the weights of '{nodes[node.share].name}', which is auxiliary"
        raise SpecError(fact, places.get("share", node.place), "a head is left out at inference, its weights with it")


def _alike(
    node: Node, owner: Node, shapes: tuple[Shape, ...], owned: dict[str, Shape], place: Place | None
) -> Iterator[Truth]:
    """What letters leave open of whether the weights that a node shares are of the shapes that it needs."""
    wanted = node.layer.weights(*shapes)
    common = [name for name in wanted if name in owned]
    if not common:
        raise SpecError(f"{node.layer.kind} has no weights in common with {owner.name}", place)
    for name in common:
        mine, its = wanted[name], owned[name]
        facts = [equal(a, b) for a, b in zip(mine, its, strict=True)] if len(mine) == len(its) else [False]
        if False in facts:
            fact = f"{node.layer.kind} needs a {name} of {format_shape(mine)}, {owner.name} has {format_shape(its)}"
            raise SpecError(fact, place)
        yield from (fact for fact in facts if fact is not True)
