"""The code of each layer of a network."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from pathlib import Path

import msgspec

from archcalc.exporters.source.code import Code
from archcalc.exporters.source.records import Unwritten, record_of, unwritten
from archcalc.exporters.torch.registry import Record, registered
from archcalc.network.graph import Graph


@cache
def known() -> dict[str, Record]:
    """All records by kind."""
    for path in sorted((Path(__file__).parent / "kinds").glob("[a-z]*.py")):
        import_module(f"archcalc.exporters.torch.kinds.{path.stem}")
    return registered


def code_of(graph: Graph, position: int) -> Code:
    """The code of a layer of a graph; raises SpecError for one that torch has no like of."""
    node = graph.nodes[position]
    shapes = tuple(graph.nodes[i].shape for i in node.inputs)
    record = record_of(node, shapes, known())
    try:
        code = record(node.layer, shapes, node.shape)
    except Unwritten as error:
        raise unwritten(node, error) from None
    if node.layer.kind == "localresponsenorm" and not _in_order(graph, node.inputs[0]):
        # It takes views of its input.
        return msgspec.structs.replace(code, expression=code.expression.replace("$0", "$0.contiguous()"))
    return code


def _in_order(graph: Graph, position: int) -> bool:
    """True if the values of a layer are known to lie in memory in the order of its axes."""
    node = graph.nodes[position]
    while node.layer.family == "activation":
        node = graph.nodes[node.inputs[0]]
    return node.layer.kind.startswith(("conv", "maxpool", "avgpool", "batchnorm", "input"))
