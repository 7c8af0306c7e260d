"""Classes for the blocks of a network."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence

import msgspec

from archcalc.exporters.source.blocks import Blocks, growing
from archcalc.exporters.source.code import Call, Code, Many, Run, Supply, text
from archcalc.exporters.source.records import with_weights_of
from archcalc.exporters.source.sites import Site
from archcalc.exporters.torch.layer import code_of
from archcalc.exporters.torch.registry import PARTS
from archcalc.network.graph import Graph

_JOINS = {"add", "subtract", "multiply", "divide"}
# What no parameter and no class can be called.
_TAKEN = {"x", "y", "z", "i", "self", "torch", "nn", "F", "math", "range", "super", "len"}


class Sequential(Many, frozen=True):
    """Several calls that are alike as one module."""

    def text(self, supply: Supply) -> str:
        first = "" if self.first is None else f"{text(self.first, supply)}, "
        rest, count = text(self.rest, supply), supply("times", self.count)
        if first:
            if count == "2":
                return f"nn.Sequential({first}{rest})"
            count = str(int(count) - 1) if count.isdecimal() else f"{count} - 1"
        index = "i" if re.search(r"\bi\b", rest) else "_"
        return f"nn.Sequential({first}*({rest} for {index} in range({count})))"


class Listed(Run, frozen=True):
    """Several calls that are unlike as one module."""

    calls: tuple[Call, ...]

    def text(self, supply: Supply) -> str:
        return f"nn.Sequential({', '.join(text(call, supply) for call in self.calls)})"


class Classes(Blocks):
    """The classes of a network, inner ones first, the network itself last."""

    def __init__(self, graph: Graph, whole: Site, network: str) -> None:
        self._codes: dict[int, Code] = {}
        self._readers = defaultdict[int, list[str]](list)
        for node in graph.nodes:
            for i in node.inputs:
                self._readers[i].append(node.layer.kind)
        super().__init__(graph, whole, network, {*_TAKEN, *PARTS})

    def named(self, word: str) -> str:
        return camel(word)

    def path(self, around: str, name: str, at: int | None = None) -> str:
        own = f"{around}.{name}" if around else name
        return own if at is None else f"{own}.{at}"

    def many(self, calls: Sequence[Call], mode: str) -> Run:
        if mode == "each":
            return Listed(tuple(calls))
        if mode == "steps":
            return Sequential(None, growing(calls), len(calls))
        return Sequential(calls[0] if mode == "first" else None, calls[-1], len(calls))

    def code(self, position: int) -> Code:
        if position not in self._codes:
            self._codes[position] = self._shared(position, code_of(self.graph, position))
        return self._codes[position]

    def _shared(self, position: int, code: Code) -> Code:
        """The code of a layer, of the module of another if it has its weights; a trained array that is only added needs no batch."""
        node = self.graph.nodes[position]
        if node.layer.kind == "learned" and {*self._readers[position]} <= _JOINS and position not in self.graph.outputs:
            code = msgspec.structs.replace(code, expression="$self")
        # Where the other module is comes out once all classes are known.
        return with_weights_of(self.graph, node, code, "F.linear($0, $own.weight)")

    def resolved(self, text: str) -> str:
        """A line with the modules whose weights others have in place of the signs for them."""

        def module(found: re.Match[str]) -> str:
            steps = self.paths[self.graph.nodes[int(found[1])].name].split(".")
            return "self" + "".join(f"[{step}]" if step.isdecimal() else f".{step}" for step in steps)

        return re.sub(r"<(\d+)>", module, text)


def camel(name: str) -> str:
    """The name of a class."""
    found = "".join(word[:1].upper() + word[1:] for word in re.findall(r"[A-Za-z0-9]+", name))
    return found if found[:1].isalpha() else f"Block{found}"
