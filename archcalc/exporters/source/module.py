"""The parts of code in any language: its first lines, its blocks, and classes that several networks need."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator
from pathlib import Path
from typing import TypeVar

from archcalc.characters import one_line
from archcalc.exporters.source.blocks import Block, Blocks
from archcalc.exporters.source.nesting import nested
from archcalc.exporters.source.sites import Site, Unfoldable, flat, folded
from archcalc.language.folding import Folding
from archcalc.network.graph import Graph

Made = TypeVar("Made", bound=Blocks)


def blocks_of(graph: Graph, made: Callable[[Site], Made], apart: Collection[int] = ()) -> Made:
    """The blocks of a graph: those that its layers name, else those that repeat, none with a layer `apart`."""
    if any(node.blocks for node in graph.nodes):
        return made(nested(graph, apart))
    if apart:
        return made(flat(graph))
    try:
        return made(folded(graph, Folding(graph)))
    except Unfoldable:
        return made(flat(graph))


def opening(graph: Graph) -> Iterator[str]:
    """The docstring of the module."""
    said = [graph.title or graph.name, *([graph.source] if graph.source else [])]
    heads = [node.name for node in graph.nodes if node.auxiliary]
    if heads:
        said.append(f"Without the auxiliary heads of training, {heads[0]} to {heads[-1]}.")
    text = one_line(". ".join(one.strip().rstrip(".") for one in said)).replace("\\", "\\\\").replace('"', "'")
    yield f'"""{text}."""'
    yield ""


def output_part(graph: Graph, one: Block, position: int) -> int:
    """The number of the part that puts out what a position of the network does."""
    if position in graph.inputs:
        return -1 - graph.inputs.index(position)
    found = [at for at, part in enumerate(one.sites[0].parts) if part.last == position]
    if not found:
        raise Unfoldable
    return found[0]


def arguments(text: str) -> Iterator[str]:
    """The arguments of a call as texts."""
    depth, start = 0, 0
    for at, character in enumerate(text):
        depth += {"(": 1, "[": 1, ")": -1, "]": -1}.get(character, 0)
        if character == "," and depth == 0:
            yield text[start:at].strip()
            start = at + 1
    yield text[start:].strip()


def part_lines(path: Path, modules: Iterable[str]) -> Iterator[str]:
    """The lines of a class that several networks need, without what this one's calls do not ask for."""
    text = path.read_text(encoding="utf-8").rstrip("\n")
    calls = [module for module in modules if f"{path.stem}(" in module]
    for line in text.split("\n"):
        found = re.match(r"\?([\w!&|]+)(?=[ \n]|$)", line)
        if found is None:
            yield line
        elif all(_asked(one, calls) for one in found[1].split("&")):
            yield line[found.end() :]


def _asked(condition: str, calls: Iterable[str]) -> bool:
    """True if one of several settings is in a call, or after a `!` in none."""
    words = condition.removeprefix("!").split("|")
    found = any(re.search(rf"\b{word}=", call) for call in calls for word in words)
    return found != condition.startswith("!")
