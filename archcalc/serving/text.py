"""A network whose input is a text, on any number of tokens."""

from __future__ import annotations

from collections.abc import Mapping

from archcalc.errors import SpecError
from archcalc.network.graph import Graph, inputs_text
from archcalc.network.model import NO_PARAMS, InputShape, Model, Params
from archcalc.network.parts import proper, require_depths
from archcalc.symbols.dims import Dim, Shape
from archcalc.symbols.shape import axes_of

_REMEDY = "it is of networks that write token by token, such as gpt2 or llama3_8b"


class Text:
    """A network as its spec has it (`own`), with the input whose tokens may be as many as one asks for (`name`).

    Of several inputs of tokens it is the last, that of a decoder. Auxiliary heads are left out.
    """

    def __init__(self, model: Model, params: Params = NO_PARAMS, input_shape: InputShape | None = None) -> None:
        self._model, self._params = model, params
        self.own = self._made(params, input_shape)
        lengths = [i for i in self.own.inputs if _is_text(self.own, i)]
        if not lengths:
            fact = f"{self.own.name} takes no tokens, its input is {inputs_text(self.own)}"
            raise SpecError(fact, None, _REMEDY)
        self.position = lengths[-1]
        self.name = self.own.nodes[self.position].name
        declared = model.input_params
        self._param = declared.get((self.name, "tokens"))
        # Inputs of the same length by the same param, such as the numbers of segments.
        along = {name for (name, _), param in declared.items() if param == self._param and self._param is not None}
        names = {self.own.nodes[i].name for i in lengths} & (along | {self.name})
        self._shapes: dict[str, Shape] = dict(self.own.input_shapes)
        self._along = tuple(names)
        # Asked for again by every pass.
        self._graphs: dict[Dim, Graph] = {self.tokens: self.own}

    @property
    def tokens(self) -> Dim:
        """The number of tokens that the network takes as its spec has it."""
        return self.own.nodes[self.position].shape[0]

    def on(self, tokens: Dim) -> Graph:
        """The network on so many tokens; raises SpecError if it cannot take them, or has places for fewer."""
        if tokens in self._graphs:
            return self._graphs[tokens]
        others: dict[str, Shape] = {name: (tokens, *self._shapes[name][1:]) for name in self._along}
        given: Mapping[str, Dim | str] = {} if self._param is None else {self._param: tokens}
        graph = self._graphs[tokens] = self._made({**self._params, **given}, {**self._shapes, **others})
        return graph

    def _made(self, params: Params, input_shape: InputShape | None) -> Graph:
        graph = self._model.graph(params, input_shape)
        require_depths(graph)
        return proper(graph)


def _is_text(graph: Graph, position: int) -> bool:
    """True for an input with an axis of tokens before all others."""
    shape = graph.nodes[position].shape
    return axes_of(shape)[:1] == ("tokens",) or (position in graph.token_numbers and len(shape) == 1)
