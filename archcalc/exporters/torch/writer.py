"""A network as the text of a Python module with PyTorch modules."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import chain

from archcalc.characters import one_line
from archcalc.exporters.torch.classes import Class, Classes, camel, module_text, value_texts
from archcalc.exporters.torch.forward import Forward
from archcalc.exporters.torch.nesting import nested
from archcalc.exporters.torch.registry import PARTS
from archcalc.exporters.torch.sites import Unfoldable, attribute, flat, folded
from archcalc.language.folding import Folding
from archcalc.network.graph import Graph

_WIDTH = 110


def write(graph: Graph) -> str:
    """The Python module of a graph; raises SpecError for a layer that torch has no like of."""
    return written(graph)[0]


def written(graph: Graph) -> tuple[str, dict[str, str]]:
    """The Python module of a graph, and for each layer where its module is in that of the network."""
    network = camel(attribute(graph.name, "network", set()))
    classes = _classes(graph, network)
    parts = list(dict.fromkeys(part for one in classes.found for line in one.lines for part in line.code.parts))
    code = [classes.resolved(text) for one in classes.found for text in ("", "", *_class(graph, one))]
    modules = [module_text(line) for one in classes.found for line in one.lines if line.code.module is not None]
    above = [text for part in parts for text in ("", "", *_part(part, modules))]
    body = "\n".join([*above, *code])
    imports = ["import torch"] if "torch." in body else []
    imports += ["from torch import nn"]
    imports += ["from torch.nn import functional as F"] if re.search(r"\bF\.", body) else []
    standard = ["import math", ""] if "math." in body else []
    return "\n".join([*_opening(graph), *standard, *imports, body]), classes.paths


def _classes(graph: Graph, network: str) -> Classes:
    """The classes of a graph: by the blocks that its layers name, else by those that repeat."""
    if any(node.blocks for node in graph.nodes):
        return Classes(graph, nested(graph), network)
    try:
        return Classes(graph, folded(graph, Folding(graph)), network)
    except Unfoldable:
        return Classes(graph, flat(graph), network)


def _opening(graph: Graph) -> Iterator[str]:
    """The docstring of the module."""
    said = [graph.title or graph.name, *([graph.source] if graph.source else [])]
    heads = [node.name for node in graph.nodes if node.auxiliary]
    if heads:
        said.append(f"Without the auxiliary heads of training, {heads[0]} to {heads[-1]}.")
    text = one_line(". ".join(one.strip().rstrip(".") for one in said)).replace("\\", "\\\\").replace('"', "'")
    yield f'"""{text}."""'
    yield ""


def _class(graph: Graph, one: Class) -> Iterator[str]:
    """The lines of a class."""
    yield f"class {one.name}(nn.Module):"
    if one.parameters or any(line.code.module is not None for line in one.lines):
        yield from _wrapped(f"def __init__({', '.join(['self', *one.parameters])}):", 4)
        yield "        super().__init__()"
        yield from _attributes(graph, one)
        yield ""
    inputs = ["x", "y", "z"][: len(one.sites[0].entries)]
    outputs = [len(one.lines) - 1]
    if not one.sites[0].word:
        names = set[str]()
        several = [attribute(graph.nodes[i].name, "input", names) for i in graph.inputs]
        inputs = several if len(several) > 1 else ["x"]
        outputs = [_output(graph, one, position) for position in graph.outputs]
    yield f"    def forward({', '.join(['self', *inputs])}):"
    for text in Forward(one.lines, inputs, outputs).text():
        yield from _wrapped(text, 8)


def _attributes(graph: Graph, one: Class) -> Iterator[str]:
    """The lines that set the attributes of a class: what forward needs of its parameters, and its modules."""
    said = " ".join(chain.from_iterable(value_texts(line).values() for line in one.lines))
    for name in one.parameters:
        if re.search(rf"\b{name}\b", said):
            yield f"        self.{name} = {name}"
    for line in one.lines:
        if not one.sites[0].word and (note := graph.nodes[line.position].note):
            yield f"        # {one_line(note)}"
        if line.code.module is not None:
            yield from _wrapped(f"self.{line.attribute} = {module_text(line)}", 8)


def _output(graph: Graph, one: Class, position: int) -> int:
    """The number of the part that puts out what a position of the network does."""
    if position in graph.inputs:
        return -1 - graph.inputs.index(position)
    found = [at for at, part in enumerate(one.sites[0].parts) if part.last == position]
    if not found:
        raise Unfoldable
    return found[0]


def _wrapped(text: str, indent: int) -> Iterator[str]:
    """A line, its outermost arguments on one of their own where it is too long."""
    whole = f"{' ' * indent}{text}"
    found = re.fullmatch(r"([^(]*\()(.*)(\):?)", text)
    if len(whole) <= _WIDTH or found is None or _closes_early(found[2]):
        yield whole
        return
    yield f"{' ' * indent}{found[1]}"
    yield from (f"{' ' * (indent + 4)}{argument}," for argument in _arguments(found[2]))
    yield f"{' ' * indent}{found[3]}"


def _closes_early(text: str) -> bool:
    depth = 0
    for character in text:
        depth += {"(": 1, ")": -1}.get(character, 0)
        if depth < 0:
            return True
    return False


def _arguments(text: str) -> Iterator[str]:
    """The arguments of a call as texts."""
    depth, start = 0, 0
    for at, character in enumerate(text):
        depth += {"(": 1, "[": 1, ")": -1, "]": -1}.get(character, 0)
        if character == "," and depth == 0:
            yield text[start:at].strip()
            start = at + 1
    yield text[start:].strip()


def _part(name: str, modules: Iterable[str]) -> Iterator[str]:
    """The lines of a class that several networks need, without what this one's calls do not ask for."""
    text = PARTS[name].read_text(encoding="utf-8").rstrip("\n")
    calls = [module for module in modules if f"{name}(" in module]
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
