"""A graph written back as a spec without blocks, repeats or expressions."""

from __future__ import annotations

import json
import re
from typing import Any

from archcalc.dims import written_shape
from archcalc.graph import Graph, Node
from archcalc.published import Figure

# What YAML and the spec language read back as the same text without quotes.
_PLAIN = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_./-]*")


def flat(graph: Graph) -> str:
    """The spec of a graph, one line a layer, that loads to the same rows."""
    nodes = graph.nodes
    about = {"name": graph.name, "title": graph.title, "source": graph.source, "family": graph.family}
    lines = [f"{key}: {_scalar(text)}" for key, text in about.items() if text]
    if graph.notes:
        lines += ["note:", *(f"  - {_scalar(note)}" for note in graph.notes)]
    letters = sorted(
        {str(letter) for node in nodes[1:] for value in node.layer.settings().values() for letter in _letters(value)}
    )
    if letters:
        lines.append(f"params: {{{', '.join(f'{letter}: {letter}' for letter in letters)}}}")
    axes = zip(graph.input_axes, graph.input, strict=True)
    lines += [f"input: {{{', '.join(f'{axis}: {n}' for axis, n in axes)}}}", "layers:"]
    trunk = 0
    for position, node in enumerate(nodes):
        if position:
            lines.append(f"  - {_item(node, nodes, trunk)}  # {written_shape(node.shape)}")
            trunk = trunk if node.auxiliary else position
    if graph.weights:
        lines += ["weights:", *(f"  {_scalar(pattern)}: {_scalar(name)}" for pattern, name in graph.weights)]
    if graph.calls:
        lines += ["calls:", *(f"  {_scalar(pattern)}: {call}" for pattern, call in graph.calls)]
    if any(not figure.settings for figure in graph.figures):
        lines.append("figures:")
        # A flat spec has no params that a figure could set.
        lines += [f"  - {_figure(figure)}" for figure in graph.figures if not figure.settings]
    return "\n".join(lines)


def _figure(figure: Figure) -> str:
    several = len(figure.claims) > 1
    of = [_scalar(str(claim.quantity)) for claim in figure.claims]
    value = [_scalar(claim.printed.text) for claim in figure.claims]
    parts = (
        [f"of: [{', '.join(of)}]", f"value: [{', '.join(value)}]"]
        if several
        else [f"of: {of[0]}", f"value: {value[0]}"]
    )
    if figure.input:
        parts.append(f"input: {'x'.join(map(str, figure.input))}")
    said = {key: getattr(figure, key) for key in ("convention", "source", "note", "irreproducible")}
    parts += [f"{key}: {_scalar(text)}" for key, text in said.items() if text]
    return f"{{{', '.join(parts)}}}"


def _item(node: Node, nodes: tuple[Node, ...], trunk: int) -> str:
    parts = [f"name: {_scalar(node.name)}"]
    names = [_scalar(nodes[i].name) for i in node.inputs]
    if len(names) > 1:
        parts.append(f"from: [{', '.join(names)}]")
    elif names and node.inputs[0] != trunk:
        parts.append(f"from: {names[0]}")
    parts += [f"{key}: {_value(value)}" for key, value in node.layer.settings().items()]
    if node.share is not None:
        parts.append(f"share: {_scalar(nodes[node.share].name)}")
    if node.auxiliary:
        parts.append("auxiliary: true")
    if node.note:
        parts.append(f"note: {_scalar(node.note)}")
    return f"{node.layer.kind}: {{{', '.join(parts)}}}"


def _scalar(text: str) -> str:
    return text if _PLAIN.fullmatch(text) else json.dumps(text, ensure_ascii=False)


def _value(value: Any) -> str:
    if isinstance(value, tuple):
        return f"[{', '.join(map(_value, value))}]"
    if isinstance(value, bool):
        return str(value).lower()
    # A formula reads the same in sympy and in the expression language, but for names of functions.
    return str(value).replace("ceiling(", "ceil(").replace("Min(", "min(").replace("Max(", "max(")


def _letters(value: Any) -> set[Any]:
    """The symbols in a setting."""
    if isinstance(value, tuple):
        return {letter for entry in value for letter in _letters(entry)}
    letters: set[Any] = getattr(value, "free_symbols", set())
    return letters
