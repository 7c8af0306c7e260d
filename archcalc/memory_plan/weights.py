"""The arrays of a network's layers in memory: the format of each, and those that are trained."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from archcalc.memory_plan.sizes import Size, whole, whole_bytes
from archcalc.network.dtypes import Format, bits
from archcalc.network.graph import Graph, weights_of
from archcalc.network.parameters import format_of, is_frozen
from archcalc.symbols.dims import Dim, Shape, size
from archcalc.symbols.sums import repeated


class Dtypes(NamedTuple):
    """The names of the dtypes of weights and of activations; with `stated`, of weights of which the network states none."""

    weights: str = "fp32"
    activations: str = "fp32"
    stated: bool = True

    def said(self, graph: Graph) -> dict[str, str]:
        """The dtypes in words, for a network."""
        holds = self.stated and graph.formats != ()
        return {
            "weights": f"as stated, others {self.weights}" if holds else self.weights,
            "activations": self.activations,
        }


FP32 = Dtypes()


class Array(NamedTuple):
    """A trained array or a buffer of a layer, with its format; `trained` is true if it gets a gradient."""

    shape: Shape
    form: Format
    trained: bool

    @property
    def bits(self) -> Dim:
        """The bits of its values in their format."""
        return self.form.bits(self.shape)

    @property
    def gradient(self) -> Dim:
        """The bits of its gradient."""
        return size(self.shape) * bits(self.form.dtype)

    def master(self, asked: bool | None) -> Dim:
        """The bits of its master copy, 0 if it has none."""
        return size(self.shape) * 32 if self.mastered(asked) else 0

    def state_bits(self, master: bool | None) -> int:
        """The bits of a value of the optimiser's state: of fp32 where there is a master copy."""
        wide = bits(self.form.dtype)
        return max(32, wide) if self.mastered(master) else wide

    def mastered(self, master: bool | None) -> bool:
        """True if it has a master copy in fp32: where asked for, or by default if it is trained in fewer bits."""
        return self.trained and (bits(self.form.dtype) < 32 if master is None else master)


def arrays_of(graph: Graph, dtypes: Dtypes = FP32) -> list[list[Array]]:
    """The arrays of each node, without those that it shares with an earlier one: weights, then buffers."""
    nodes = graph.nodes
    others = Format(dtypes.weights)
    found = []
    for node in nodes:
        shapes = [nodes[i].shape for i in node.inputs]
        weights = node.layer.weights(*shapes)
        buffers = {} if node.share is not None else node.layer.buffers(*shapes)
        shared = {} if node.share is None else weights_of(nodes[node.share], nodes)
        own = {name: shape for name, shape in weights.items() if name not in shared}
        found.append([
            Array(
                shape,
                (format_of(graph, node.name, name, shape) if dtypes.stated else None) or others,
                name in own and not is_frozen(graph, node, name),
            )
            for name, shape in (own | buffers).items()
        ])  # fmt: skip
    return found


def bits_held(graph: Graph, arrays: list[list[Array]], of: Callable[[Array], Dim]) -> list[Size]:
    """The bits that a function gives for each array, summed for each node."""
    return [
        Size(sum(whole(of(array), node.name) for array in own)) for node, own in zip(graph.nodes, arrays, strict=True)
    ]


def bytes_held(graph: Graph, dtypes: Dtypes) -> Dim:
    """The bytes of all arrays of a network, each once wherever it is shared.

    >>> from archcalc.language import load
    >>> bytes_held(load("lenet5"), Dtypes("bf16")) / 60840
    2.0
    """
    bits_of = (sum((array.bits for array in own), 0) for own in arrays_of(graph, dtypes))
    return whole_bytes(repeated(zip(bits_of, (node.times for node in graph.nodes), strict=True)))
