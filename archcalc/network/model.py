"""A network from a reader, before its params and its input are set."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Protocol, TypeAlias

import msgspec

from archcalc.errors import SpecError, nearest
from archcalc.network.graph import Builder, Graph
from archcalc.symbols.dims import Dim, Shape, format_shape
from archcalc.symbols.shape import values_axis

# Values for the params that a network declares.
Params: TypeAlias = Mapping[str, Dim | str]
NO_PARAMS: Params = MappingProxyType({})


class Model(Protocol):
    """A network whose params and input may still be set."""

    def params(self, input_shape: Shape | None = None) -> dict[str, str]:
        """The params declared for an input of this shape, each with its own value as text, "" if that is a list."""
        ...

    @property
    def input_params(self) -> dict[str, str]:
        """The axes of the input that are params, each with the param's name."""
        ...

    def without_bias(self) -> Model:
        """The same network without biases, if it leaves them open."""
        ...

    def graph(self, params: Params = NO_PARAMS, input_shape: Shape | None = None) -> Graph:
        """The graph with params set and the input's shape replaced; raises SpecError if that is impossible."""
        ...


class Settled:
    """A model made from a graph, without params; only its input can be replaced.

    >>> from archcalc.layers.rearrange import Input
    >>> builder = Builder()
    >>> _ = builder.add("input", Input((3, 8, 8)))
    >>> Settled(builder.graph()).graph(input_shape=(3, 4, 4)).input
    (3, 4, 4)
    """

    def __init__(self, graph: Graph) -> None:
        self._graph = graph

    def params(self, input_shape: Shape | None = None) -> dict[str, str]:  # noqa: ARG002 - as every model is asked
        """No params."""
        return {}

    @property
    def input_params(self) -> dict[str, str]:
        """No axes."""
        return {}

    def without_bias(self) -> Model:
        """The same model, since its biases are fixed."""
        return self

    def graph(self, params: Params = NO_PARAMS, input_shape: Shape | None = None) -> Graph:
        """The graph, or that of the same layers on another input."""
        check_params(params, [])
        graph = self._graph
        if input_shape is None:
            return graph
        start = graph.nodes[0].layer.changed(shape=replaced_input(graph.input, graph.input_axes, input_shape))
        builder = Builder()
        for node in graph.nodes:
            builder.add(
                node.name,
                start if node.layer.comes_from_outside else node.layer,
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


def check_params(given: Params, declared: list[str]) -> None:
    """Raise SpecError for a param that is not declared."""
    for name in given:
        if name not in declared:
            remedy = nearest(name, declared) or f"it declares {', '.join(declared) or 'no params'}"
            raise SpecError(f"the spec has no param '{name}'", None, remedy)


def replaced_input(own: Shape, axes: tuple[str, ...], other: Shape) -> Shape:
    """The given shape in place of a network's own; raises SpecError if the axes do not match."""
    fact = f"the input is {'×'.join(axes)}, not {format_shape(other)}"
    if len(other) != len(own):
        raise SpecError(fact)
    values = values_axis(axes) or 0
    if sorted(map(str, own)) == sorted(map(str, other)) and own[values] != other[values]:
        raise SpecError(fact, None, f"write {'x'.join(map(str, own))}")
    return other
