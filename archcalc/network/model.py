"""A network from a reader, before its params and its input are set."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Protocol, TypeAlias

import msgspec

from archcalc.errors import SpecError, nearest
from archcalc.network.graph import Builder, Graph, input_axes
from archcalc.symbols.dims import Dim, Shape, format_shape
from archcalc.symbols.shape import NamedShape, values_axis

# Values for the params that a network declares.
Params: TypeAlias = Mapping[str, Dim | str]
NO_PARAMS: Params = MappingProxyType({})
# Another shape for the only input, or for some of several by name.
InputShape: TypeAlias = Shape | Mapping[str, Shape]


class Model(Protocol):
    """A network whose params and input may still be set."""

    def params(self, input_shape: InputShape | None = None) -> dict[str, str]:
        """The params declared for an input of this shape, each with its own value as text."""
        ...

    @property
    def input_params(self) -> dict[tuple[str, str], str]:
        """The axes of inputs that are params, each by the input's name and its own, with the param's name."""
        ...

    def without_bias(self) -> Model:
        """The same network without biases, if it leaves them open."""
        ...

    def graph(self, params: Params = NO_PARAMS, input_shape: InputShape | None = None) -> Graph:
        """The graph with params set and the input's shape replaced; raises SpecError if that is impossible."""
        ...


class Fixed(ABC):
    """A model that declares nothing: no params, no axes that are such, and no biases that it leaves open."""

    def params(self, input_shape: InputShape | None = None) -> dict[str, str]:  # noqa: ARG002 - as every model is asked
        """No params."""
        return {}

    @property
    def input_params(self) -> dict[tuple[str, str], str]:
        """No axes."""
        return {}

    def without_bias(self) -> Model:
        """The same model, since its biases are fixed."""
        return self

    @abstractmethod
    def graph(self, params: Params = NO_PARAMS, input_shape: InputShape | None = None) -> Graph:
        """The graph, or that of another input."""


class Settled(Fixed):
    """A model made from a graph, without params; only its input can be replaced.

    >>> from archcalc.layers.rearrange import Input
    >>> builder = Builder()
    >>> _ = builder.add("input", Input((3, 8, 8)))
    >>> Settled(builder.graph()).graph(input_shape=(3, 4, 4)).input
    (3, 4, 4)
    """

    def __init__(self, graph: Graph) -> None:
        self._graph = graph

    def graph(self, params: Params = NO_PARAMS, input_shape: InputShape | None = None) -> Graph:
        """The graph, or that of the same layers on another input."""
        check_params(params, [])
        graph = self._graph
        if input_shape is None:
            return graph
        others = replaced_inputs(graph.input_shapes, input_shape)
        builder = Builder()
        for node in graph.nodes:
            builder.add(
                node.name,
                node.layer.changed(shape=others[node.name]) if node.layer.comes_from_outside else node.layer,
                *node.inputs,
                place=node.place,
                blocks=node.blocks,
                auxiliary=node.auxiliary,
                share=node.share,
                note=node.note,
            )
        other = builder.graph(graph.name)
        return msgspec.structs.replace(
            graph, nodes=other.nodes, assumptions=other.assumptions, figures=(), assertions=()
        )


class Resizable(Fixed):
    """A model without params that is built anew for another input, since its layers depend on the shapes of its inputs.

    An input whose shape is None must be given one.

    >>> from archcalc.layers.rearrange import Input
    >>> def build(shapes):
    ...     builder = Builder()
    ...     builder.add("image", Input(shapes["image"]))
    ...     return builder.graph()
    >>> Resizable({"image": None}, build).graph(input_shape=(3, 4, 4)).input
    (3, 4, 4)
    """

    def __init__(
        self, own: Mapping[str, NamedShape | None], build: Callable[[Mapping[str, NamedShape | None]], Graph]
    ) -> None:
        self._own = own
        self._build = build

    def graph(self, params: Params = NO_PARAMS, input_shape: InputShape | None = None) -> Graph:
        """The graph on its own inputs, or on others."""
        check_params(params, [])
        if input_shape is None:
            return self._build(self._own)
        missing = [name for name, shape in self._own.items() if shape is None]
        if not isinstance(input_shape, Mapping) and len(missing) == 1:
            input_shape = {missing[0]: input_shape}
        given = dict(input_shape) if isinstance(input_shape, Mapping) else {}
        added = {name: _unnamed(given.pop(name)) for name in missing if name in given}
        known = {name: shape for name, shape in self._own.items() if shape is not None}
        asked: InputShape = given if isinstance(input_shape, Mapping) else input_shape
        others = {name: NamedShape(shape, known[name].axes) for name, shape in replaced_inputs(known, asked).items()}
        return self._build({**self._own, **others, **added})


def _unnamed(shape: Shape) -> NamedShape:
    return NamedShape(shape, ("",) * len(shape))


def check_params(given: Params, declared: list[str]) -> None:
    """Raise SpecError for a param that is not declared."""
    for name in given:
        if name not in declared:
            remedy = nearest(name, declared) or f"it declares {', '.join(declared) or 'no params'}"
            raise SpecError(f"the spec has no param '{name}'", None, remedy)


def replaced_inputs(own: Mapping[str, NamedShape], other: InputShape) -> dict[str, Shape]:
    """The shapes of a network's inputs with others in their place; raises SpecError for one that does not match.

    >>> source, target = NamedShape((512,), ("tokens",)), NamedShape((512,), ("tokens",))
    >>> replaced_inputs({"source": source, "target": target}, {"target": (64,)})
    {'source': (512,), 'target': (64,)}
    """
    if not isinstance(other, Mapping):
        if len(own) > 1:
            names = [*own]
            remedy = f"name one, such as {names[-1]}={'x'.join(map(str, own[names[-1]]))}"
            raise SpecError(f"the network has {len(own)} inputs: {', '.join(names)}", None, remedy)
        other = dict.fromkeys(own, other)
    for name in other:
        if name not in own:
            remedy = nearest(name, [*own]) or f"it has {', '.join(own)}"
            raise SpecError(f"the network has no input '{name[:60]}'", None, remedy)
    return {name: replaced_input(shape, other[name]) if name in other else shape for name, shape in own.items()}


def only_shape(asked: InputShape | None) -> Shape | None:
    """The shape asked for the only input, of which a network without names of its own says no more."""
    if not isinstance(asked, Mapping):
        return asked
    for name in asked:
        if name != "input":
            raise SpecError(f"the network has no input '{name[:60]}'", None, "it has one, which is called input")
    return asked.get("input")


def _times(size: Dim, shape: Shape) -> int:
    return sum(n == size for n in shape)


def replaced_input(own: NamedShape, other: Shape) -> Shape:
    """The given shape in place of an input's own; raises SpecError if the axes do not match."""
    axes = input_axes(own)
    fact = f"the input is {'×'.join(axes)}, not {format_shape(other)}"
    if len(other) != len(own):
        raise SpecError(fact)
    values = values_axis(axes) or 0
    if own[values] != other[values] and all(_times(n, own) == _times(n, other) for n in own):
        raise SpecError(fact, None, f"write {'x'.join(map(str, own))}")
    return other
