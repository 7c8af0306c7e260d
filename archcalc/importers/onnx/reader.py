"""The reader of ONNX files."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial
from typing import NamedTuple

from archcalc.errors import Source, SpecError
from archcalc.importers.attention.folding import folded
from archcalc.importers.onnx import attending, convolution, dense, moving, norms, picking, places, pointwise, shaping
from archcalc.importers.onnx.compound import written_out
from archcalc.importers.onnx.functions import Functions, functions_of, inlined
from archcalc.importers.onnx.fused import fused
from archcalc.importers.onnx.letters import Letters
from archcalc.importers.onnx.model import Graph as Read
from archcalc.importers.onnx.model import Operator, graph_of
from archcalc.importers.onnx.moving import array_value
from archcalc.importers.onnx.stored import formats_of
from archcalc.importers.onnx.values import Flow, Operand
from archcalc.importers.onnx.walk import Handler, Made, Walk
from archcalc.importers.onnx.wire import Budget, Malformed, Message
from archcalc.layers.rearrange import Input
from archcalc.network.dtypes import Format
from archcalc.network.graph import Graph
from archcalc.symbols.dims import Shape, equal, format_shape
from archcalc.symbols.shape import SIGNAL

_HANDLERS: dict[str, Handler] = {
    **attending.HANDLERS,
    **convolution.HANDLERS,
    **dense.HANDLERS,
    **moving.HANDLERS,
    **norms.HANDLERS,
    **picking.HANDLERS,
    **places.HANDLERS,
    **pointwise.HANDLERS,
    **shaping.HANDLERS,
}
# The sets of operators with names of their own that mean the same.
_OURS = {"", "com.microsoft"}
_SHARED = {"Gelu", "FastGelu", "QuickGelu", "SimplifiedLayerNormalization"}
_SLIDING = {"Conv", "ConvTranspose", "MaxPool", "AveragePool", "BatchNormalization", "Pad"}
_DEEPEST = 20
_LONGEST = 100_000
_WHOLE_BYTES = {2, 3, 21, 22}


def read(source: Source) -> Graph:
    """The graph of an ONNX file; arrays of weights are passed over, and files beside it are not opened."""
    try:
        return _network(source)
    except (Malformed, RecursionError) as error:
        raise SpecError(
            f"{source.name}: no ONNX file, or only a part of one: {error}", None, "fetch it again"
        ) from None


def _network(source: Source) -> Graph:
    data = source.data
    graph, opset, functions = _parts(Message(data, 0, len(data), Budget()))
    arrays = {array.name for array in graph.arrays}
    operators = inlined(graph.operators, functions)
    if len(operators) > _LONGEST:
        raise SpecError(f"{source.name}: more than {_LONGEST:,} operators")
    given = tuple(value for value in graph.inputs if value.name not in arrays)
    return network(
        source, Read(graph.name, operators, graph.arrays, given, graph.outputs, graph.stated), Dialect(opset)
    )


class Dialect(NamedTuple):
    """The terms of operators of ONNX: their version, further ones, and what a file says of its arrays.

    Without `samples` an input says how many there are; `stored` has the formats of arrays by their names.
    """

    version: int
    further: Mapping[str, Handler] = {}
    samples: int = 0
    stored: Mapping[str, Format] = {}


def network(source: Source, graph: Read, dialect: Dialect) -> Graph:
    """The network of a graph of operators."""
    try:
        return _walked(source, graph, dialect, lookups=True)
    except SpecError as error:
        if "token numbers" not in error.fact and not any("token numbers" in note for note in error.notes):
            raise
        return _walked(source, graph, dialect, lookups=False)


def _parts(model: Message) -> tuple[Read, int, Functions]:
    found, opset, parts = None, 1, []
    for field, value in model.fields():
        if not isinstance(value, Message):
            continue
        if field == 7:
            found = value
        elif field == 8:
            domain, version = "", 0
            for number, inner in value.fields():
                if number == 1 and isinstance(inner, Message):
                    domain = inner.text
                elif number == 2 and isinstance(inner, int):
                    version = inner
            opset = version if domain in {"", "ai.onnx"} else opset
        elif field == 25:
            parts.append(value)
    if found is None:
        raise Malformed("it holds no graph")
    return graph_of(found), opset, functions_of(parts)


def _walked(source: Source, graph: Read, dialect: Dialect, *, lookups: bool) -> Graph:
    handlers = {**_HANDLERS, **dialect.further}
    walk = Walk(source.name, Letters(dialect.samples), dialect.version, handlers, lookups=lookups)
    apart = {op.outputs[0]: op.array("value") for op in graph.operators if op.kind == "Constant" and op.outputs}
    walk.constants = {array.name for array in graph.arrays} | {*apart}
    walk.arrays = {array.name: array for array in graph.arrays}
    walk.held_apart = any(
        op.kind == "Conv" and op.whole("group", 1) == 1 and array.shape[:2] != (1, 1)
        for op in graph.operators
        if (array := apart.get(op.given(1))) is not None
    )
    for array in graph.arrays:
        trained = array.floating or array.type in _WHOLE_BYTES
        walk.values[array.name] = array_value(array, trained=trained)
    _inputs(walk, graph)
    stated = {value.name: value.shape for value in (*graph.stated, *graph.outputs) if value.shape is not None}
    walk.stated = stated
    _run(walk, graph, 0)
    ends, made = [], {name for op in graph.operators for name in op.outputs}
    for value in graph.outputs:
        # Masks, means and places beside the values of a layer are no rows.
        found = walk.values.get(value.name)
        if found is None and value.name not in made:
            raise SpecError(f"{source.name}: nothing makes the output '{value.name[:60]}'")
        if isinstance(found, Flow):
            ends.append(walk.position(found))
    if not ends:
        raise SpecError(f"{source.name}: no output depends on an input", None, "what a file must hold is its network")
    passed = ", ".join(f"{kind} × {count}" for kind, count in walk.passed.items())
    notes = (f"not counted: {passed}",) if passed else ()
    last = len(walk.builder.nodes) - 1
    outputs = tuple(dict.fromkeys(ends))
    network = walk.builder.graph(
        source.stem,
        notes=notes,
        named_outputs=() if outputs == (last,) else outputs,
        formats=formats_of(walk.builder.nodes, walk.held, dialect.stored),
    )
    later = {at for at, hidden in walk.masked.items() if hidden == "later"}
    return folded(network, masked=walk.masked, later=later, relative=partial(_relative, walk))


def _relative(walk: Walk, at: int, window: tuple[int, int]) -> bool:
    """True for a layer whose array has a number for each distance of two places of a window."""
    array = walk.arrays.get(walk.held.get(at, {}).get("weight", ""))
    return array is not None and walk.looks.by_distance(array, window)


def _inputs(walk: Walk, graph: Read) -> None:
    readers: dict[str, set[str]] = {}
    for op in graph.operators:
        for name in op.inputs:
            readers.setdefault(name, set()).add(op.kind)
    axes = {value.name: walk.letters.samples_axis(value, readers) for value in graph.inputs}
    last = {op.inputs[0] for op in graph.operators if op.kind == "Transpose" and _to_front(op)}
    for value in graph.inputs:
        if value.shape is None:
            raise SpecError(f"{walk.file}: the input '{value.name[:60]}' has no shape", None, "state one in the file")
        rank, axis = len(value.shape), axes[value.name]
        shape: Shape = tuple(
            walk.letters.size(n, value.name, place, rank) for place, n in enumerate(value.shape) if place != axis
        )
        named: tuple[str, ...] | None = None
        if value.name in last and len(shape) == 3:
            named = ("height", "width", "channels")
        elif len(shape) == 1 and not value.floating:
            named = ("tokens",)
        elif len(shape) == 2:
            named = SIGNAL if _SLIDING & readers.get(value.name, set()) else ("tokens", "features")
        layer = Input(tuple(shape) or (1,), named)
        at = walk.builder.add(walk.builder.free_name(value.name or "input"), layer)
        walk.values[value.name] = Flow(at, shape, axis)


def _to_front(op: Operator) -> bool:
    """True for an operator that puts the channels of images before their places."""
    return op.wholes("perm") == (0, 3, 1, 2) and bool(op.inputs)


def _run(walk: Walk, graph: Read, depth: int) -> None:
    """Walk over a graph, or over one inside another."""
    arrays = {array.name: array for array in graph.arrays}
    ends = {value.name for value in graph.outputs}
    operators = written_out(_needed(graph.operators, ends))
    walk.read |= ends | _captured(operators) | {name for op in operators for name in op.inputs}
    for op in fused(operators, arrays, ends | _captured(operators), walk.looks):
        made = _branch(walk, op, depth) if op.kind == "If" and op.domain == "" else _made(walk, op)
        for name, value in zip(op.outputs, made, strict=False):
            if name:
                walk.values[name] = walk.kept(op, value)
                _check(walk, op, name, value)


def _made(walk: Walk, op: Operator) -> Made:
    handler = attending.RUNTIME.get(op.kind) if op.domain == "com.microsoft" else None
    if handler is not None:
        return handler(walk, op)
    handler = walk.handlers.get(op.kind)
    if handler is None or (op.domain != "" and not (op.domain in _OURS and op.kind in _SHARED)):
        return walk.unknown(op)
    return handler(walk, op)


def _branch(walk: Walk, op: Operator, depth: int) -> Made:
    """The branch that is taken, if numbers of the file decide."""
    condition = walk.known(op, 0)
    part = None
    if condition is not None and condition.only is not None:
        part = op.part("then_branch" if condition.only else "else_branch")
    if part is None or depth > _DEEPEST:
        return walk.unknown(op)
    try:
        graph = graph_of(part)
    except Malformed as error:
        raise walk.error(op, f"its branch is no graph: {error}") from None
    for array in graph.arrays:
        walk.values[array.name] = array_value(array, trained=array.floating)
    _run(walk, graph, depth + 1)
    return [walk.values[value.name] for value in graph.outputs if value.name in walk.values]


def _needed(operators: tuple[Operator, ...], ends: set[str]) -> list[Operator]:
    """The operators that outputs depend on."""
    wanted, found = set(ends), []
    for op in reversed(operators):
        if wanted & set(op.outputs):
            found.append(op)
            wanted.update(op.inputs, _captured([op]))
    return found[::-1]


def _captured(operators: list[Operator]) -> set[str]:
    """The values that graphs inside operators read."""
    found: set[str] = set()
    layer = _graphs_in(operators)
    for _ in range(_DEEPEST if layer else 0):
        inner = [op for graph in layer for op in graph.operators]
        found.update(name for op in inner for name in op.inputs)
        found.update(value.name for graph in layer for value in graph.outputs)
        layer = _graphs_in(inner)
    return found


def _graphs_in(operators: Iterable[Operator]) -> list[Read]:
    """The graphs that operators hold."""
    parts = [part for op in operators for part in op.attributes.values() if isinstance(part, Message)]
    try:
        return [graph_of(part) for part in parts]
    except Malformed:
        return []


def _check(walk: Walk, op: Operator, name: str, value: Operand) -> None:
    """Raise SpecError where the file states another shape for a value."""
    stated = walk.stated.get(name)
    if stated is None:
        return
    shape = walk.whole(value)
    wrong = len(stated) != len(shape) or any(
        isinstance(n, int) and equal(n, m) is False for n, m in zip(stated, shape, strict=True)
    )
    if wrong:
        said = "×".join(map(str, stated)) or "one value"
        raise walk.error(op, f"it puts out {format_shape(shape)}, and the file states {said}")
