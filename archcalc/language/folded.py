"""A graph written back as a person would write it: what repeats is a block, and sizes are stated beside its calls."""

from __future__ import annotations

import re
from typing import Any

import msgspec

from archcalc.errors import Source, SpecError
from archcalc.language.alike import Block, Written
from archcalc.language.branches import branch_by_branch
from archcalc.language.flatten import closing, flat, letters_in, opening, whole
from archcalc.language.folding import Folding
from archcalc.language.items import Item
from archcalc.language.load import parse
from archcalc.language.written import braced, has_comma, indented, scalar, setting_text, spread
from archcalc.network.graph import Graph, Node
from archcalc.network.parts import require_depths
from archcalc.symbols.dims import format_shape, size

# Blocks that leave so much of a spec are worth another order of its layers.
_WORTH = 0.75


def folded(graph: Graph) -> str:
    """The spec of a graph with a block for what repeats, which loads to the same rows; raises SpecError if too long.

    >>> from archcalc.language import load
    >>> len(folded(load("resnet50")).splitlines()) < 100
    True
    """
    require_depths(graph)
    text = _text_of(graph)
    apart = branch_by_branch(graph)
    moved = text if apart is None else _text_of(apart)
    # For a few lines less the order of the file is not given up.
    return moved if moved.count("\n") < _WORTH * text.count("\n") else text


def _text_of(graph: Graph) -> str:
    """The spec of a graph with its layers in the order in which they stand."""
    letters = letters_in(graph)
    folding = Folding(graph)
    if not folding.blocks:
        return flat(graph)
    lines = opening(graph, letters)
    lines.append("blocks:")
    for block in folding.blocks:
        name = folding.names[block.name]
        head = f"{name}({', '.join(block.parameters)})" if block.parameters else name
        lines += [f"  {head}:", *indented([_item(folding.names, item, letters, block) for item in block.items], 4)]
    lines += ["layers:", *indented([_item(folding.names, item, letters) for item in folding.items], 2)]
    totals = _totals(graph)
    if totals:
        lines.append(f"totals: {{{', '.join(f'{key}: {n}' for key, n in totals.items())}}}")
    text = whole([*lines, *closing(graph)])
    # Names that a block cannot give, or numbers that come out otherwise, are written layer by layer.
    return text if _same(text, graph) else flat(graph)


def _same(text: str, graph: Graph) -> bool:
    """True if a spec loads to the layers of a graph."""
    try:
        found = parse(Source("imported.yaml", text))
    except SpecError:
        return False
    return [*map(_row, found.nodes)] == [*map(_row, graph.nodes)] and found.outputs == graph.outputs


def _row(node: Node) -> Node:
    """A node but for where it was written."""
    return msgspec.structs.replace(node, place=None, blocks=())


def _totals(graph: Graph) -> dict[str, int]:
    """The numbers of the whole network that a reader of the spec is to find again."""
    params: Any = 0
    macs: Any = 0
    for node in graph.nodes:
        shapes = [graph.nodes[i].shape for i in node.inputs]
        if not node.auxiliary:
            owned = {} if node.share is not None else node.layer.weights(*shapes)
            params += sum(map(size, owned.values()))
            macs += node.layer.work_for(1, node.shape, *shapes).macs
    return {key: n for key, n in (("params", params), ("macs", macs)) if isinstance(n, int)}


def _item(names: dict[str, str], item: Item, letters: list[str], block: Block | None = None) -> str:
    """An item of a list of layers as text, over several lines where a value has a comma; beside those of the network its shape."""
    word = names.get(item.word, item.word)
    said: dict[str, Any] = {}
    if item.name:
        said["name"] = _text(item.name)
    if item.label:
        said["label"] = f'"{item.label}"'
    if item.number:
        said["n"] = re.sub(r"[{}]", "", item.number)
    if item.source:
        said["from"] = _text(item.source[0]) if len(item.source) == 1 else [_text(one) for one in item.source]
    values = {key: value for key, value in item.values.items() if key != "repeat"}
    said |= {key: _value(key, value, item, letters) for key, value in values.items()}
    if item.repeat > 1:
        said["repeat"] = _value("repeat", item.values.get("repeat", item.repeat), item, letters)
    if item.share:
        said["share"] = _text(item.share)
    if item.node is not None and item.node.auxiliary:
        said["auxiliary"] = "true"
    if item.node is not None and item.node.note:
        said["note"] = scalar(item.node.note)
    if block is None and item.node is None and item.output and all(isinstance(n, int) for n in item.output):
        said["output"] = format_shape(item.output)
    shape = f"  # {format_shape(item.output)}" if block is None and item.node is not None else ""
    if any(map(has_comma, (said[key] for key in values))):
        lines = [line for key, value in said.items() for line in spread(key, value)]
        return "\n".join([f"{word}:{shape}", *(f"    {line}" for line in lines)])
    if not said:
        return f"{word}{shape}"
    return f"{word}: {{{', '.join(f'{key}: {braced(value)}' for key, value in said.items())}}}{shape}"


def _text(text: str) -> str:
    """A name in which braces hold a value, in quotes."""
    return f'"{text}"' if re.search(r"[{}]", text) else scalar(text)


def _value(key: str, value: Any, item: Item, letters: list[str]) -> str | list[Any]:
    # The values of a call are sizes, or expressions.
    return (
        str(value) if item.node is None or isinstance(value, Written) else setting_text(key, value, item.node, letters)
    )
