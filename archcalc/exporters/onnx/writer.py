"""The writer of ONNX files."""

from __future__ import annotations

from archcalc.errors import SpecError
from archcalc.exporters.onnx import moving, norms, pointwise, products, recurrent, sliding, windows, wire
from archcalc.exporters.onnx.part import Draw, File, Handler, Operator, Part, Value, refused
from archcalc.network.graph import Graph
from archcalc.network.parts import needed, require_depths
from archcalc.symbols.dims import Dim, size
from archcalc.symbols.evaluate import letters

_HANDLERS: dict[str, Handler] = {
    **moving.HANDLERS,
    **norms.HANDLERS,
    **pointwise.HANDLERS,
    **products.HANDLERS,
    **recurrent.HANDLERS,
    **sliding.HANDLERS,
    **windows.HANDLERS,
}
# The version of the format, and that of the set of operators.
_FORMAT, _OPERATORS = 8, 17
# A message of protocol buffers holds less than 2 GiB.
_MAX_BYTES = 2**31 - 2**20


def write(graph: Graph, draw: Draw | None) -> bytes:
    """A network as an ONNX file, with its arrays by layer and name; without them each is zeros that an operator makes."""
    require_depths(graph)
    positions = needed(graph, *graph.outputs)
    for position in positions:
        node = graph.nodes[position]
        if node.layer.kind not in _HANDLERS and not node.layer.comes_from_outside:
            raise refused(node, "ONNX has no operator that stands for this kind of layer")
    if draw is not None:
        _require_room(graph, positions)
    file = File(graph, draw)
    for position in positions:
        node = graph.nodes[position]
        if node.layer.comes_from_outside:
            file.outputs[position] = node.name
            continue
        start = len(file.operators)
        found = _HANDLERS[node.layer.kind](Part(file, node, [file.outputs[i] for i in node.inputs]))
        file.outputs[position] = _named(file, node.name, found, start) if _is_made(file, found, start) else found
        if position in graph.outputs and file.outputs[position] != node.name:
            file.operators.append(Operator("Identity", node.name, [file.outputs[position]], [node.name], {}))
    return _whole(file, positions)


def _is_made(file: File, value: Value, start: int) -> bool:
    """True for a value that one of the operators from a place on makes, and that is no array."""
    return any(value in op.outputs and op.kind != "ConstantOfShape" for op in file.operators[start:])


def _named(file: File, name: str, value: Value, start: int) -> Value:
    """The layer's name, for the value that it puts out."""
    for op in file.operators[start:]:
        op.inputs = [name if one == value else one for one in op.inputs]
        op.outputs = [name if one == value else one for one in op.outputs]
    return name


def _require_room(graph: Graph, positions: list[int]) -> None:
    """Raise SpecError where the arrays do not fit into a file."""
    total: Dim = 0
    for position in positions:
        node = graph.nodes[position]
        shapes = [graph.nodes[i].shape for i in node.inputs]
        if node.share is None:
            total += sum(size(shape) for shape in node.layer.weights(*shapes).values())
    if isinstance(total, int) and 4 * total > _MAX_BYTES:
        fact = f"{graph.name} has {total:,} params, and a file of ONNX holds less than 2 GiB"
        raise SpecError(fact, None, "--no-weights writes its layers alone")


def _whole(file: File, positions: list[int]) -> bytes:
    """The file, from its parts."""
    graph = file.graph
    named = {letter for node in graph.nodes for n in node.shape for letter in letters(n)}
    samples = next(name for name in ("N", "batch", "samples", "N_samples") if name not in named)

    def stated(position: int) -> bytes:
        kind = wire.INT64 if position in graph.token_numbers else wire.FLOAT
        return wire.value(graph.nodes[position].name, kind, (samples, *map(_size, graph.nodes[position].shape)))

    between = [i for i in positions if i not in {*graph.inputs, *graph.outputs} and _states(file, i)]
    fields = (
        *((1, [wire.operator(op.kind, op.name, op.inputs, op.outputs, op.settings)]) for op in file.operators),
        (2, [graph.name.encode()]),
        *((5, array) for array in file.held),
        *((11, [stated(i)]) for i in graph.inputs),
        *((12, [stated(i)]) for i in graph.outputs),
        *((13, [stated(i)]) for i in between),
    )
    content = wire.part(7, *(wire.part(field, *pieces) for field, pieces in fields))
    head = wire.number(1, _FORMAT) + wire.part(2, "archcalc")
    return b"".join((head, content, wire.part(8, wire.part(1, "") + wire.number(2, _OPERATORS))))


def _states(file: File, position: int) -> bool:
    """True for a layer whose value has its name, and samples along its first axis."""
    return file.outputs[position] == file.graph.nodes[position].name


def _size(n: Dim) -> int | str:
    """A size, or the letter that it is; nothing for a formula, which a file cannot state."""
    return n if isinstance(n, int) else str(n) if letters(n) == (str(n),) else ""
