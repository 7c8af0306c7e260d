"""A network as an ordered list of nodes with known shapes and checked requirements."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any

import msgspec

from archcalc.errors import Place, SpecError, nearest
from archcalc.layers.base import Layer
from archcalc.layers.fields import fit_once
from archcalc.network.display import Displayable, brief
from archcalc.network.dtypes import Format
from archcalc.network.facts import Assertion, Assumption, Loop, strongest
from archcalc.network.figures import Figure, Way
from archcalc.network.limits import Bounds
from archcalc.network.names import check_name, suitable
from archcalc.network.references import alike, check_trunk
from archcalc.network.shapes import Inferred, infer
from archcalc.network.tokens import token_numbers
from archcalc.symbols.dims import Dim, Shape, format_shape
from archcalc.symbols.shape import SIGNAL, NamedShape, axis_names
from archcalc.symbols.traces import memory


class Node(msgspec.Struct, frozen=True):
    """One use of a layer: `inputs` and `share` are positions of earlier nodes, `shape` is the output's."""

    name: str
    layer: Layer
    inputs: tuple[int, ...]
    shape: NamedShape
    place: Place | None = None
    # The calls of blocks around the node, outermost first, each numbered if a block is called again.
    blocks: tuple[str, ...] = ()
    auxiliary: bool = False
    share: int | None = None
    note: str = ""
    # The repetitions that the node stands for, a formula where a letter says how often its block is repeated.
    times: Dim = 1


class Graph(msgspec.Struct, frozen=True, dict=True):
    """A network: its nodes in order of execution, with its inputs among them, and the details from its spec."""

    name: str
    nodes: tuple[Node, ...]
    title: str = ""
    source: str = ""
    notes: tuple[str, ...] = ()
    family: str = ""
    task: str = ""
    figures: tuple[Figure, ...] = ()
    # The ways in which the programs of its file count, the likeliest first.
    ways: tuple[Way, ...] = ()
    assumptions: tuple[Assumption, ...] = ()
    assertions: tuple[Assertion, ...] = ()
    # The names of layers in files of trained weights: patterns of names, and their replacements, in order.
    weights: tuple[tuple[str, str], ...] = ()
    # The calls of layers in the reference implementation: patterns of names, and one of `calls.CALLS`; the last holds.
    call_styles: tuple[tuple[str, str], ...] = ()
    # The formats of weights and what is not trained, by patterns of the names of layers or of their arrays; see `parameters`.
    formats: tuple[tuple[str, Format], ...] = ()
    frozen: tuple[str, ...] = ()
    # The positions of the outputs that the network names; without any, its last layer is its output.
    named_outputs: tuple[int, ...] = ()
    # The position of the input on which receptive fields are.
    focus: int = 0
    # The nodes from a first up to a last (exclusive) that stand for a number of repetitions, inner ones before those around.
    loops: tuple[Loop, ...] = ()

    def __repr__(self) -> str:
        return brief(self, f"{self.name}: {len(self.nodes)} layers")

    def _repr_svg_(self) -> str:
        return str(Displayable.show(self, "svg"))

    @cached_property
    def inputs(self) -> tuple[int, ...]:
        """The positions of the inputs."""
        return tuple(i for i, node in enumerate(self.nodes) if node.layer.comes_from_outside)

    @cached_property
    def outputs(self) -> tuple[int, ...]:
        """The positions of the outputs: those that are named, or the last layer outside auxiliary heads."""
        return self.named_outputs or (max(i for i, node in enumerate(self.nodes) if not node.auxiliary),)

    @property
    def input(self) -> NamedShape:
        """The shape of the input, of several that in focus."""
        return self.nodes[self.focus].shape

    @property
    def input_shapes(self) -> dict[str, NamedShape]:
        """The shapes of all inputs, by name."""
        return {self.nodes[i].name: self.nodes[i].shape for i in self.inputs}

    @property
    def input_axes(self) -> tuple[str, ...]:
        """The names of that input's axes."""
        return input_axes(self.input)

    def seen_from(self, name: str) -> Graph:
        """The same network with its receptive fields on the named input; raises SpecError if it has none such."""
        known = {self.nodes[i].name: i for i in self.inputs}
        if name not in known:
            remedy = nearest(name, [*known]) or f"it has {', '.join(known)}"
            raise SpecError(f"the network has no input '{name[:60]}'", None, remedy)
        return msgspec.structs.replace(self, focus=known[name])

    @cached_property
    def token_numbers(self) -> frozenset[int]:
        """The positions that put out token numbers, which are whole numbers in 8 bytes each."""
        return token_numbers(self.nodes)

    @property
    def unread(self) -> tuple[Node, ...]:
        """The layers whose output is unused: read by no other, and neither outputs of the network nor auxiliary."""
        used = {i for node in self.nodes for i in node.inputs} | set(self.outputs)
        return tuple(node for i, node in enumerate(self.nodes) if i not in used and not node.auxiliary)

    @property
    def ends(self) -> set[int]:
        """The outputs, and the other nodes that none reads, auxiliary heads too."""
        return {*self.outputs} | ({*range(len(self.nodes))} - {i for node in self.nodes for i in node.inputs})

    @property
    def conditions(self) -> tuple[Assumption, ...]:
        """The assumptions without those that another one implies: of H ≥ 2 and H ≥ 32 the second."""
        return strongest(self.assumptions)


def input_axes(shape: NamedShape) -> tuple[str, ...]:
    """The names of an input's axes, of two without names those of a signal."""
    axes = shape.axes
    return tuple(axis_names(axes)) if any(axes) or len(axes) != len(SIGNAL) else SIGNAL


def each_input(graph: Graph, plain: Callable[[NamedShape], Any]) -> Any:
    """The outcome of a function for the shape of a network's input, or for those of several by name."""
    made = {name: plain(x) for name, x in graph.input_shapes.items()}
    return made if len(made) > 1 else plain(graph.input)


def inputs_text(graph: Graph, shape: Callable[[Shape], str] = format_shape, clean: Callable[[str], str] = str) -> str:
    """The shape of a network's input, or those of several with their names."""
    named = graph.input_shapes
    return ", ".join(f"{clean(name)} {shape(x)}" for name, x in named.items()) if len(named) > 1 else shape(graph.input)


class Builder:
    """A builder of a graph, which adds layers in order and raises SpecError for the first that does not fit.

    Every reader of networks uses it: first the input, then each layer with the positions of its input layers, which
    `add` returns; shapes are inferred.

    >>> from archcalc.layers.conv import Conv2d
    >>> from archcalc.layers.rearrange import Input
    >>> builder = Builder()
    >>> image = builder.add("input", Input((3, 224, 224)))
    >>> conv = builder.add("conv1", Conv2d(out=64, kernel=3, padding=1), image)
    >>> builder.shape(conv)
    (64, 224, 224)
    >>> builder.graph("tiny")
    <Graph tiny: 2 layers>

    No place in a text is needed: without one an error is the fact alone.

    >>> try:
    ...     builder.add("conv2", Conv2d(out=64, kernel=[3, 0]), conv)
    ... except SpecError as error:
    ...     print(error)
    conv2d: kernel must be a whole number of at least 1, or a list with one for each axis, not 0
    """

    def __init__(self, most: int = 10_000_000) -> None:
        # The layers that it takes, fewer from a text in which a few words stand for thousands.
        self.most = most
        self.nodes: list[Node] = []
        self.assumptions: list[Assumption] = []
        self._positions: dict[str, int] = {}
        self._numbers: dict[str, int] = {}
        self._inferred: dict[tuple[Any, ...], Inferred] = memory()
        self._fitted: dict[tuple[Any, ...], Layer] = memory()
        self._bounds = Bounds()

    def add(
        self,
        name: str,
        layer: Layer,
        *inputs: int,
        place: Place | None = None,
        places: dict[str, Place] | None = None,
        **details: Any,
    ) -> int:
        """Append a layer and return its position; raises SpecError for an unusable name, field or input.

        `places` are those of the layer's fields; `details` are further fields of `Node`.

        >>> from archcalc.layers.merge import Add
        >>> from archcalc.layers.rearrange import Input
        >>> builder = Builder()
        >>> start = builder.add("input", Input((8, 4, 4)))
        >>> builder.add("sum", Add(), start, start)
        1
        """
        self._check(name, inputs, place)
        shapes = tuple(self.nodes[i].shape for i in inputs)
        layer = fit_once(layer, self._fitted, place, places)
        layer, shape, open_facts = self._infer(layer, shapes, place, places)
        self.assumptions.extend(Assumption(name, fact) for fact in open_facts)
        node = Node(name, layer, inputs, shape, place, **details)
        check_trunk(node, self.nodes, places or {})
        if node.share is not None:
            owner = self.nodes[node.share]
            facts = alike(node, owner, shapes, weights_of(owner, self.nodes), (places or {}).get("share", place))
            self.assumptions.extend(Assumption(name, fact) for fact in facts)
        self.nodes.append(node)
        self._positions[name] = len(self.nodes) - 1
        return len(self.nodes) - 1

    def shape(self, position: int) -> NamedShape:
        """The output shape of a layer."""
        return self.nodes[position].shape

    def position(self, name: str) -> int:
        """The position of an earlier layer; raises SpecError for an unknown name.

        >>> from archcalc.layers.rearrange import Input
        >>> builder = Builder()
        >>> builder.add("image", Input((3, 8, 8))) == builder.position("image")
        True
        """
        if name not in self._positions:
            raise SpecError(f"no layer named '{name[:60]}' before this one", None, nearest(name, [*self._positions]))
        return self._positions[name]

    def free_name(self, base: str) -> str:
        """A free name for a layer without a usable one, as near to `base` as possible.

        >>> from archcalc.layers.rearrange import Input
        >>> builder = Builder()
        >>> for _ in range(2):
        ...     _ = builder.add(builder.free_name("model/in{0}"), Input((3, 8, 8)))
        >>> [node.name for node in builder.nodes]
        ['model/in_0_', 'model/in_0__2']
        """
        base = suitable(base)
        count = self._numbers.get(base, 0) + 1
        while (name := base if count == 1 else f"{base}_{count}") in self._positions:
            count += 1
        self._numbers[base] = count
        return name

    def graph(self, name: str = "network", **about: Any) -> Graph:
        """The graph of the layers added, with further fields of `Graph`; raises SpecError if there are none."""
        if not self.nodes:
            raise SpecError("a network of no layers")
        token_numbers(self.nodes)
        return Graph(name, tuple(self.nodes), assumptions=tuple(self.assumptions), **about)

    def _check(self, name: str, inputs: tuple[int, ...], place: Place | None) -> None:
        """Refuse a taken or malformed name, inputs that do not exist, and more layers than any network has."""
        check_name(name, place)
        if name in self._positions:
            raise SpecError(f"the name '{name}' is used twice", place)
        if len(self.nodes) >= self.most:
            raise SpecError(f"the network has more than {self.most:,} layers", place)
        for i in inputs:
            if not 0 <= i < len(self.nodes):
                raise SpecError(f"'{name}' reads layer {i}, and before it there are {len(self.nodes)}", place)

    def _infer(
        self, layer: Layer, shapes: tuple[NamedShape, ...], place: Place | None, places: dict[str, Place] | None
    ) -> Inferred:
        """The same as `infer`, computed once for equal layers on equal shapes of the same names."""
        # Shapes are equal whatever their axes are called.
        key = (layer, shapes, *[x.axes for x in shapes])
        found = self._inferred.get(key)
        if found is None:
            found = self._inferred[key] = infer(layer, shapes, place, places)
            self._bounds.check(layer.kind, found.shape, place)
        return found


def weights_of(node: Node, nodes: Sequence[Node]) -> dict[str, Shape]:
    """The trained arrays that a node uses, by name."""
    return node.layer.weights(*(nodes[i].shape for i in node.inputs))
