"""The records of kinds of layers, by which each language writes them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from archcalc.errors import SpecError
from archcalc.exporters.source.code import Code
from archcalc.network.graph import Graph, Node
from archcalc.symbols.dims import Shape, format_shape

Record = TypeVar("Record")


class Unwritten(ValueError):  # noqa: N818 - no error until it is known where the layer stands
    """A setting of a layer that a language has no like of."""


def record_of(node: Node, shapes: tuple[Shape, ...], records: Mapping[str, Record], *remedies: str) -> Record:
    """The record of a layer; raises SpecError where there is none, or where a size is a letter."""
    record = records.get(node.layer.kind)
    if record is None:
        raise SpecError(f"'{node.name}' is a {node.layer.kind}, for which there is no code", node.place, *remedies)
    if not all(isinstance(n, int) for shape in (*shapes, node.shape) for n in shape) or node.times != 1:
        letters = format_shape(node.shape)
        raise SpecError(
            f"'{node.name}' puts out {letters}, and code has numbers for letters", node.place, "--set C=64 gives one"
        )
    if getattr(node.layer, "norm", None) is not None:
        raise unwritten(node, Unwritten(f"with norm: {getattr(node.layer, 'norm', '')}"), *remedies)
    return record


def with_weights_of(graph: Graph, node: Node, code: Code, tied: str) -> Code:
    """The code of a layer, by the module of another if it has that one's weights, which `<position>` stands for.

    `tied` is the expression of a dense layer with the weights of an embedding, `$own`. Raises SpecError for other pairs.
    """
    if node.share is None or code.module is None:
        return code
    owner, own = graph.nodes[node.share], f"<{node.share}>"
    if owner.layer.kind == node.layer.kind:
        return Code(code.expression.replace("$self", own), values=code.values, parts=code.parts)
    if (owner.layer.kind, node.layer.kind) == ("embedding", "linear") and code.expression == "$self($0)":
        return Code(tied.replace("$own", own))
    raise SpecError(
        f"'{node.name}' is a {node.layer.kind} with the weights of a {owner.layer.kind}, for which there is no code",
        node.place,
    )


def unwritten(node: Node, error: Unwritten, *remedies: str) -> SpecError:
    """The error of a layer with a setting for which there is no code."""
    return SpecError(f"'{node.name}' is a {node.layer.kind} {error}, for which there is no code", node.place, *remedies)
