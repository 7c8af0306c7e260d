"""The code of each layer of a network, and the order in which its output has its axes in Keras."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from pathlib import Path

from archcalc.exporters.keras.registry import Order, Placed, Record, Use, registered
from archcalc.exporters.source.records import Unwritten, record_of, unwritten
from archcalc.network.graph import Graph, Node

_REMEDY = "`--to torch` and `--to onnx` write other kinds of layers"
# Kinds whose values are not below 0, and those that put out no others than they get.
_NEVER_BELOW = {"relu", "relu6", "sigmoid", "hardsigmoid", "softmax", "abs"}
_KEEPING = {
    "identity",
    "dropout",
    "concat",
    "flatten",
    "reshape",
    "permute",
    "slice",
    "split",
    "channelshuffle",
    "crop",
}


@cache
def known() -> dict[str, Record]:
    """All records by kind."""
    for path in sorted((Path(__file__).parent / "kinds").glob("[a-z]*.py")):
        import_module(f"archcalc.exporters.keras.kinds.{path.stem}")
    return registered


def placed(graph: Graph) -> dict[int, Placed]:
    """The code of each layer by its position, inputs among them; raises SpecError for one that Keras has no like of."""
    found: dict[int, Placed] = {}
    positive: set[int] = set()
    for position, node in enumerate(graph.nodes):
        if node.auxiliary:
            continue
        if _stays_positive(node, positive):
            positive.add(position)
        orders = tuple(found[i].order for i in node.inputs)
        found[position] = _placed(graph, node, orders, positive=bool(positive & {*node.inputs[:1]}))
    return found


def _placed(graph: Graph, node: Node, orders: tuple[Order, ...], *, positive: bool) -> Placed:
    shapes = tuple(graph.nodes[i].shape for i in node.inputs)
    record = record_of(node, shapes, known(), _REMEDY)
    try:
        return record(Use(node.layer, shapes, node.shape, orders, positive))
    except Unwritten as error:
        raise unwritten(node, error, _REMEDY) from None


def _stays_positive(node: Node, positive: set[int]) -> bool:
    kind = node.layer.kind
    keeps = kind in _KEEPING or kind.startswith(("maxpool", "avgpool", "globalavgpool", "globalmaxpool"))
    return kind in _NEVER_BELOW or (keeps and {*node.inputs} <= positive)
