"""The code of each kind of layer, registered by its own file."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any, TypeAlias

from archcalc.errors import SpecError
from archcalc.exporters.torch.code import Code
from archcalc.network.graph import Graph
from archcalc.symbols.dims import Shape, format_shape

# Of a layer, the shapes of its inputs and that of its output.
Record: TypeAlias = Callable[[Any, tuple[Shape, ...], Shape], Code]

registered: dict[str, Record] = {}
# The classes and functions that code may need beside torch's own, a file each.
PARTS = {path.stem: path for path in sorted((Path(__file__).parent / "parts").glob("*.txt"))}


class Unwritten(ValueError):  # noqa: N818 - no error until it is known where the layer stands
    """A setting of a layer that torch has no like of."""


def kind(*names: str) -> Callable[[Record], Record]:
    """Register a function as the record of these kinds."""

    def register(record: Record) -> Record:
        registered.update(dict.fromkeys(names, record))
        return record

    return register


def known() -> dict[str, Record]:
    """All records by kind."""
    for path in sorted((Path(__file__).parent / "kinds").glob("[a-z]*.py")):
        import_module(f"archcalc.exporters.torch.kinds.{path.stem}")
    return registered


def code_of(graph: Graph, position: int) -> Code:
    """The code of a layer of a graph; raises SpecError for one that torch has no like of."""
    node = graph.nodes[position]
    shapes = tuple(graph.nodes[i].shape for i in node.inputs)
    record = known().get(node.layer.kind)
    if record is None:
        raise SpecError(f"'{node.name}' is a {node.layer.kind}, for which there is no code", node.place)
    if not all(isinstance(n, int) for shape in (*shapes, node.shape) for n in shape) or node.times != 1:
        letters = format_shape(node.shape)
        raise SpecError(
            f"'{node.name}' puts out {letters}, and code has numbers for letters", node.place, "--set C=64 gives one"
        )
    try:
        return record(node.layer, shapes, node.shape)
    except Unwritten as error:
        raise SpecError(
            f"'{node.name}' is a {node.layer.kind} {error}, for which there is no code", node.place
        ) from None
