"""A network as the text of a Python module with PyTorch modules."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import chain

from archcalc.characters import one_line
from archcalc.exporters.source.blocks import Block, module_text, value_texts
from archcalc.exporters.source.module import arguments, blocks_of, opening, output_part, part_lines
from archcalc.exporters.source.sites import attribute
from archcalc.exporters.torch.classes import Classes, camel
from archcalc.exporters.torch.forward import Forward
from archcalc.exporters.torch.registry import PARTS
from archcalc.network.graph import Graph

_WIDTH = 110


def write(graph: Graph) -> str:
    """The Python module of a graph; raises SpecError for a layer that torch has no like of."""
    return written(graph)[0]


def written(graph: Graph) -> tuple[str, dict[str, str]]:
    """The Python module of a graph, and for each layer where its module is in that of the network."""
    network = camel(attribute(graph.name, "network", set()))
    classes = blocks_of(graph, lambda whole: Classes(graph, whole, network))
    parts = list(dict.fromkeys(part for one in classes.found for line in one.lines for part in line.code.parts))
    code = [classes.resolved(text) for one in classes.found for text in ("", "", *_class(graph, one))]
    modules = [module_text(line) for one in classes.found for line in one.lines if line.code.module is not None]
    above = [text for part in parts for text in ("", "", *part_lines(PARTS[part], modules))]
    body = "\n".join([*above, *code])
    imports = ["import torch"] if "torch." in body else []
    imports += ["from torch import nn"]
    imports += ["from torch.nn import functional as F"] if re.search(r"\bF\.", body) else []
    standard = ["import math", ""] if "math." in body else []
    return "\n".join([*opening(graph), *standard, *imports, body]), classes.paths


def _class(graph: Graph, one: Block) -> Iterator[str]:
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
        outputs = [output_part(graph, one, position) for position in graph.outputs]
    yield f"    def forward({', '.join(['self', *inputs])}):"
    for text in Forward(one.lines, inputs, outputs).text():
        yield from _wrapped(text, 8)


def _attributes(graph: Graph, one: Block) -> Iterator[str]:
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


def _wrapped(text: str, indent: int) -> Iterator[str]:
    """A line, its outermost arguments on one of their own where it is too long."""
    whole = f"{' ' * indent}{text}"
    found = re.fullmatch(r"([^(]*\()(.*)(\):?)", text)
    if len(whole) <= _WIDTH or found is None or _closes_early(found[2]):
        yield whole
        return
    yield f"{' ' * indent}{found[1]}"
    yield from (f"{' ' * (indent + 4)}{argument}," for argument in arguments(found[2]))
    yield f"{' ' * indent}{found[3]}"


def _closes_early(text: str) -> bool:
    depth = 0
    for character in text:
        depth += {"(": 1, ")": -1}.get(character, 0)
        if depth < 0:
            return True
    return False
