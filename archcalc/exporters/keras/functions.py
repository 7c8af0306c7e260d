"""Functions for the blocks of a network."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from archcalc.errors import SpecError
from archcalc.exporters.keras.registry import EITHER, PARTS, Placed
from archcalc.exporters.source.blocks import Blocks, growing
from archcalc.exporters.source.code import Call, Code, Many, Run, Supply, Word, text
from archcalc.exporters.source.nesting import ENDS, start_of
from archcalc.exporters.source.sites import Part, Site, free
from archcalc.network.graph import Graph

# What no parameter and no function can be called.
TAKEN = {"x", "y", "z", "i", "name", "keras", "layers", "ops", "inputs", "build", "model", "range", "len"}


class Repeated(Many, frozen=True):
    """Several calls that are alike as a loop, over numbers that are in them where they grow in `steps`."""

    steps: bool = False

    def text(self, supply: Supply) -> str:
        first = "" if self.first is None else text(self.first, supply)
        return f"{first}; {text(self.rest, supply)} * {supply('times', self.count)}"


class Listed(Run, frozen=True):
    """Several calls that are unlike, a line each."""

    calls: tuple[Call, ...]

    def text(self, supply: Supply) -> str:
        return "; ".join(text(call, supply) for call in self.calls)


class Functions(Blocks):
    """The functions of a network, inner ones first, the network itself last.

    `bare` leaves calls without a part of a name of their own, where the layers in them have the names of those around.
    """

    joint: ClassVar[str] = "_"

    def __init__(self, graph: Graph, whole: Site, layers: Mapping[int, Placed], *, bare: bool) -> None:
        self._layers = layers
        self._bare = bare
        self.shared = {node.share for i, node in enumerate(graph.nodes) if i in layers} - {None}
        super().__init__(graph, whole, "build", {*TAKEN, *PARTS})

    def named(self, word: str) -> str:
        found = plain_name(re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", word)).lower()
        return found if found[:1].isalpha() else f"block_{found}"

    def path(self, around: str, name: str, at: int | None = None) -> str:
        own = name if at is None else numbered(name, at)
        return f"{around}_{own}" if around and own else around or own

    def many(self, calls: Sequence[Call], mode: str) -> Run:
        if mode == "each":
            return Listed(tuple(calls))
        if mode == "steps":
            return Repeated(None, growing(calls), len(calls), steps=True)
        return Repeated(calls[0] if mode == "first" else None, calls[-1], len(calls))

    def code(self, position: int) -> Code:
        node, code = self.graph.nodes[position], self._layers[position].code
        if node.share is None or code.module is None:
            return code
        owner = self.graph.nodes[node.share]
        own = f"<{node.share}>"
        if owner.layer.kind == node.layer.kind:
            return Code(code.expression.replace("$self", own), values=code.values, parts=code.parts)
        if (owner.layer.kind, node.layer.kind) == ("embedding", "linear") and code.expression == "$self($0)":
            return Code(f"{own}($0, reverse=True)")
        raise SpecError(
            f"'{node.name}' is a {node.layer.kind} with the weights of a {owner.layer.kind}, for which there is no code",
            node.place,
        )

    def settled(self, column: tuple[Any, ...]) -> tuple[Any, ...]:
        if EITHER not in column:
            return column
        chosen = "same" if "same" in column else "valid"
        return tuple(Word(chosen) if value == EITHER else value for value in column)

    def attributes(self, sites: Sequence[Site]) -> tuple[str, ...]:
        taken: set[str] = set()
        # The numbers behind names that several calls have begun to count.
        following: dict[str, int] = {}
        found = []
        for column in zip(*(site.parts for site in sites), strict=True):
            own = [self._own_name(site, part) for site, part in zip(sites, column, strict=True)]
            name = own[0] if len({*own}) == 1 else ""
            if len({*own}) > 1 and len(stems := {re.sub(r"_?\d+$", "", one) for one in own}) == 1:
                name = stems.pop()
            part = column[0]
            within = bool(part.sites) and not part.many and bool(sites[0].word) and self._bare and {*own} == {""}
            if not name and not within:
                name = plain_name(part.sites[0].word if part.sites else self.graph.nodes[part.position].layer.kind)
            if name in following and not within:
                name = f"{name}_{following[name]}"
            if part.many and not name[-1:].isdecimal():
                name = f"{name}_1"
            name = name if within else free(name, taken)
            if name[-1:].isdecimal():
                stem, number = counted(name)
                following[stem.rstrip("_")] = number + max(len(part.sites), 1)
            found.append(name)
        return tuple(found)

    def _own_name(self, site: Site, part: Part) -> str:
        """The name of a part without that of the block around it."""
        around = start_of(self.graph, site.first, site.last) if site.word else ""
        if not part.sites:
            return plain_name(self.graph.nodes[part.position].name.removeprefix(around))
        own = start_of(self.graph, part.sites[0].first, part.sites[0].last)
        return plain_name(own.removeprefix(around).rstrip(ENDS))


def plain_name(name: str) -> str:
    """A name of the letters, digits and lines that Keras takes in one."""
    return re.sub(r"[^0-9A-Za-z]+", "_", name).strip("_")


def numbered(name: str, at: int) -> str:
    """The name of a call after so many others, of which the first has a number behind its name."""
    stem, number = counted(name)
    return f"{stem}{number + at}"


def counted(name: str) -> tuple[str, int]:
    """A name without the number behind it, and the number."""
    stem = name.rstrip("0123456789")
    return stem, int(name[len(stem) :])
