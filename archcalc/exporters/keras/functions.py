"""Functions for the blocks of a network."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from string import digits
from typing import Any, ClassVar

import msgspec

from archcalc.exporters.keras.registry import EITHER, PARTS, Placed
from archcalc.exporters.source.blocks import Blocks, growing
from archcalc.exporters.source.code import Call, Code, Many, Run, Supply, Word, text
from archcalc.exporters.source.nesting import ENDS, start_of
from archcalc.exporters.source.records import with_weights_of
from archcalc.exporters.source.sites import Part, Site, free
from archcalc.language.structure import common_start
from archcalc.network.graph import Graph

# What no parameter and no function can be called.
TAKEN = {
    "x",
    "y",
    "z",
    "i",
    "part",
    "enumerate",
    "name",
    "keras",
    "layers",
    "ops",
    "inputs",
    "build",
    "model",
    "range",
    "len",
}
_WORD = re.compile(r"[A-Za-z]+")


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

    `bare` leaves calls without a part of a name of their own, where the layers in them have the names of those around, and
    `behind` tells calls by what their names have behind the first word, where they do not begin alike.
    """

    joint: ClassVar[str] = "_"

    def __init__(self, graph: Graph, whole: Site, layers: Mapping[int, Placed], *, bare: bool, behind: bool) -> None:
        self._layers = layers
        self._bare, self._behind = bare, behind
        # True if a word would stand right before another in a name.
        self.clumsy = False
        self.shared = {node.share for i, node in enumerate(graph.nodes) if i in layers and node.share is not None}
        # The embeddings whose weights a dense layer has.
        self._reversed = {
            node.share
            for i, node in enumerate(graph.nodes)
            if i in layers
            and node.share is not None
            and node.layer.kind == "linear"
            and graph.nodes[node.share].layer.kind == "embedding"
        }
        super().__init__(graph, whole, "build", {*TAKEN, *PARTS})

    def named(self, word: str) -> str:
        found = plain_name(re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", word)).lower()
        return found if found[:1].isalpha() else f"block_{found}"

    def path(self, around: str, name: str, at: int | None = None) -> str:
        own = name if at is None else numbered(name, at)
        if "{name}" in own:
            self.clumsy = self.clumsy or not around[:1].isdecimal()
            return own.replace("{name}", around)
        return f"{around}_{own}" if around and own else around or own

    def many(self, calls: Sequence[Call], mode: str) -> Run:
        if mode == "each":
            return Listed(tuple(calls))
        if mode == "steps":
            return Repeated(None, growing(calls), len(calls), steps=True)
        return Repeated(calls[0] if mode == "first" else None, calls[-1], len(calls))

    def code(self, position: int) -> Code:
        node, code = self.graph.nodes[position], self._layers[position].code
        if position in self._reversed:
            return Code(code.expression, Call("layers.ReversibleEmbedding", code.module.arguments))
        return with_weights_of(self.graph, node, code, "$own($0, reverse=True)")

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
        names = [[self._own_names(site, part) for part in site.parts] for site in sites]
        # A single part may have the name of the block around it, and the layers in it those of the graph.
        nameless = [at for at, own in enumerate(names[0]) if own == ("",)]
        bare = nameless if self._bare and sites[0].word and len(nameless) == 1 else []
        for at, (part, *owns) in enumerate(zip(sites[0].parts, *names, strict=True)):
            own = {*owns}
            name = (part.many and _series(own)) or _common(own)
            if not name and not (at in bare and own == {("",)}):
                name = plain_name(part.sites[0].word if part.sites else self.graph.nodes[part.position].layer.kind)
            if name in following:
                name = f"{name}_{following[name]}"
            if part.many:
                name = name if _series(own) else f"{name}_1"
                stem, number = counted(name.partition(",")[0])
                following[stem.rstrip("_")] = number + len(part.sites)
            found.append(free(name, taken) if name else name)
        return tuple(found)

    def _own_names(self, site: Site, part: Part) -> tuple[str, ...]:
        """The names of a part without what the block around it is called, one for each call."""
        around = _label(self.graph, site, behind=self._behind)
        if not part.sites:
            return (around.less(self.graph.nodes[part.position].name),)
        return tuple(around.less_of(_label(self.graph, one, behind=self._behind)) for one in part.sites)


class _Label(msgspec.Struct, frozen=True):
    """The text by which a call of a block is told from others: the beginning of its names, or what their words have behind them."""

    text: str
    behind: bool = False

    def less(self, name: str) -> str:
        """A name without the label, or with `{name}` in its place if it does not begin with it."""
        word = _WORD.match(name)
        if not self.behind or word is None or not name.startswith(self.text, word.end()):
            return plain_name(name if self.behind else name.removeprefix(self.text))
        rest = re.sub(r"[^0-9A-Za-z]+", "_", name[word.end() + len(self.text) :]).rstrip("_")
        return f"{word[0]}{{name}}{rest}"

    def less_of(self, inner: _Label) -> str:
        """The label of a call inside, without this one."""
        if self.behind and inner.behind:
            return plain_name(inner.text.removeprefix(self.text))
        return self.less(inner.text) if inner.text else ""


def _label(graph: Graph, site: Site, *, behind: bool) -> _Label:
    if not site.word:
        return _Label("")
    if start := start_of(graph, site.first, site.last):
        return _Label(start)
    names = [node.name for node in graph.nodes[site.first : site.last]]
    if all(name == names[0] or (name.startswith(names[0]) and name[len(names[0])] in ENDS) for name in names):
        return _Label(names[0])
    if not behind:
        return _Label("")
    rests = [name[word.end() :] for name in names if (word := _WORD.match(name))]
    common = common_start(rests) if len(rests) == len(names) else ""
    while common and any(rest[len(common) :][:1].isdecimal() for rest in rests):
        common = common[:-1].rstrip(digits)
    common = common.rstrip(ENDS)
    return _Label(common, behind=bool(common))


def _series(own: set[tuple[str, ...]]) -> str:
    """The names of several calls, of which blocks have more or fewer: the first, if it counts them, or all; empty if neither."""
    longest = max(own, key=len)
    if not all(longest) or len({*longest}) < len(longest) or any(names != longest[: len(names)] for names in own):
        return ""
    if all(numbered(longest[0], at) == name for at, name in enumerate(longest)):
        return longest[0]
    return ",".join(longest) if len(own) == 1 else ""


def _common(own: set[tuple[str, ...]]) -> str:
    """The text that the names of a part have in common: all of it, or that before numbers."""
    if len({*(name for names in own for name in names)}) == 1:
        return next(iter(own))[0]
    stems = {names[0].rstrip(digits).removesuffix("_") for names in own}
    return stems.pop() if len(stems) == 1 and max(map(len, own)) == 1 else ""


def plain_name(name: str) -> str:
    """A name of the letters, digits and lines that Keras takes in one."""
    return re.sub(r"[^0-9A-Za-z]+", "_", name).strip("_")


def numbered(name: str, at: int) -> str:
    """The name of a call after so many others: the first has a number behind its name, or all stand between commas."""
    if "," in name:
        return name.split(",")[at]
    stem, number = counted(name)
    return f"{stem}{number + at}"


def counted(name: str) -> tuple[str, int]:
    """A name without the number behind it, and the number, 1 where it has none."""
    stem = name.rstrip(digits)
    return stem, int(name[len(stem) :] or 1)
