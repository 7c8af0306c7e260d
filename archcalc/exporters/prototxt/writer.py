"""The writer of Caffe's prototxt files."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from archcalc.errors import SpecError
from archcalc.exporters.plain import beyond_plain
from archcalc.exporters.prototxt.layers import MAKERS, Words, refused
from archcalc.network.graph import Graph
from archcalc.network.parts import needed, require_depths
from archcalc.symbols.dims import format_shape


def write(graph: Graph) -> str:
    """A network as layers of Caffe, with the batch at 1; auxiliary heads are left out with what only they read."""
    require_depths(graph)
    kept = needed(graph, *graph.outputs)
    read = {i for position in kept for i in graph.nodes[position].inputs}
    for node in (graph.nodes[i] for i in graph.outputs if i not in read):
        if node.layer.comes_from_outside:
            raise refused(node, "an input that no layer reads is no output in Caffe")
    blocks = [f"name: {_quoted(graph.name)}", *(block for i in kept for block in _layers(graph, i))]
    return "\n".join(blocks)


def _layers(graph: Graph, position: int) -> Iterator[str]:
    node = graph.nodes[position]
    if not all(isinstance(n, int) for n in node.shape):
        fact = f"{node.name} puts out {format_shape(tuple(node.shape))}, and Caffe needs numbers"
        raise SpecError(fact, node.place, "give the letters with --set")
    if node.layer.comes_from_outside:
        sizes = "".join(f" dim: {n}" for n in (1, *node.shape))
        yield _layer(node.name, "Input", [], f"input_param {{ shape {{{sizes} }} }}")
        return
    if node.share is not None:
        raise refused(node, "layers that share weights are not written")
    if node.layer.kind not in MAKERS:
        raise refused(node, "Caffe has no layer of this kind")
    if said := beyond_plain(node.layer):
        raise refused(node, f"Caffe has no layer with {said}")
    shapes = [tuple(graph.nodes[i].shape) for i in node.inputs]
    bottoms = [graph.nodes[i].name for i in node.inputs]
    names = {other.name for other in graph.nodes}
    made = MAKERS[node.layer.kind](node, shapes)
    for which, (kind, settings) in enumerate(made):
        last = which == len(made) - 1
        name = node.name if last else _free(f"{node.name}/{kind.lower()}", names)
        yield _layer(name, kind, bottoms, _message(settings))
        bottoms = [name]


def _free(name: str, names: set[str]) -> str:
    return name if name not in names else _free(f"{name}_", names)


def _layer(name: str, kind: str, bottoms: list[str], settings: str) -> str:
    lines = [f"name: {_quoted(name)}", f"type: {_quoted(kind)}", *(f"bottom: {_quoted(one)}" for one in bottoms)]
    lines += [f"top: {_quoted(name)}", *([settings] if settings else [])]
    return "layer {\n" + "".join(f"  {line}\n" for line in lines) + "}"


def _message(settings: Words) -> str:
    """Settings as text: words and numbers as they are, lists as fields that repeat, mappings as messages."""
    each = ((key, one) for key, value in settings.items() for one in (value if isinstance(value, list) else [value]))
    return " ".join(
        f"{key} {{ {_message(one)} }}" if isinstance(one, dict) else f"{key}: {_word(one)}" for key, one in each
    )


def _word(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _quoted(text: str) -> str:
    return msgspec.json.encode(text).decode()
