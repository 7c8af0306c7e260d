"""The places at which blocks are called, as a tree: each with its own layers, which are alike for one block."""

from __future__ import annotations

import keyword
import re
from collections.abc import Collection, Sequence
from itertools import pairwise

import msgspec

from archcalc.language.folding import Folding
from archcalc.language.items import Item
from archcalc.network.graph import Graph

# What a module has of its own, or what the code calls something else by.
_TAKEN = {
    *("add_module", "apply", "bfloat16", "buffers", "children", "compile", "cpu", "cuda", "double", "dump_patches"),
    *(
        "eval",
        "extra_repr",
        "float",
        "forward",
        "get_buffer",
        "get_parameter",
        "get_submodule",
        "half",
        "ipu",
        "modules",
    ),
    *("mtia", "parameters", "requires_grad_", "share_memory", "state_dict", "to", "to_empty", "train", "training"),
    *("type", "xpu", "zero_grad", "load_state_dict", "named_buffers", "named_children", "named_modules"),
    *("named_parameters", "register_buffer", "register_module", "register_parameter", "set_submodule"),
    *("self", "torch", "nn", "F", "x", "y", "i", "math", "range", "len", "super"),
}


class Unfoldable(ValueError):  # noqa: N818 - the layers are then written one by one
    """A network that calls of blocks do not say."""


class Part(msgspec.Struct, frozen=True):
    """A layer by its position, or one or more calls of a block, with what it is called by in the class around it."""

    name: str
    position: int
    sites: tuple[Site, ...] = ()
    many: bool = False

    @property
    def last(self) -> int:
        """The position whose output is that of the part."""
        return self.sites[-1].last - 1 if self.sites else self.position


class Site(msgspec.Struct, frozen=True):
    """A call of a block: its nodes from `first` up to `last` (exclusive), and the positions outside that it reads."""

    word: str
    first: int
    last: int
    entries: tuple[int, ...]
    parts: tuple[Part, ...]


def flat(graph: Graph) -> Site:
    """The whole of a network, layer by layer."""
    positions = [i for i, node in enumerate(graph.nodes) if not node.layer.comes_from_outside and not node.auxiliary]
    return Site("", 0, len(graph.nodes), (), tuple(Part(graph.nodes[i].name, i) for i in positions))


def folded(graph: Graph, folding: Folding) -> Site:
    """The whole of a network, with the blocks of its folding; raises Unfoldable if they do not fit."""
    parts, _ = _Expansion(graph, folding).parts(folding.items, "", {}, 0)
    return Site("", 0, len(graph.nodes), (), tuple(parts))


def attribute(name: str, otherwise: str, taken: set[str]) -> str:
    """An attribute as near to a name as is free, or to another if nothing is left of it; it is then taken."""
    base = _identifier(re.sub(r"\{[^{}]*\}", "", name)) or _identifier(otherwise)
    base = f"{base}_" if keyword.iskeyword(base) or base in _TAKEN else base
    return free(base, taken)


def free(base: str, taken: set[str], joint: str = "_") -> str:
    """A name as near to another as is free, taken from now on; the joint stands before its number."""
    count = 1
    while (found := base if count == 1 else f"{base}{joint}{count}") in taken:
        count += 1
    taken.add(found)
    return found


def _identifier(text: str) -> str:
    plain = re.sub(r"[^0-9A-Za-z]+", "_", text).strip("_")
    return f"layer_{plain}" if plain[:1].isdecimal() else plain


class _Expansion:
    """The blocks of a folding at each of the places where they are called."""

    def __init__(self, graph: Graph, folding: Folding) -> None:
        self._graph = graph
        self._names = folding.names
        self._blocks = {block.name: block for block in folding.blocks}

    def parts(self, items: Sequence[Item], word: str, values: dict[str, int], at: int) -> tuple[list[Part], int]:
        """The parts of a list of items from a position on, and the position behind them."""
        found: list[Part] = []
        for item in items:
            at = self._skipped(at)
            own = item.node.name if item.node is not None and not word else ""
            name = item.name or item.label or own
            if item.node is not None:
                if at >= len(self._graph.nodes) or self._graph.nodes[at].layer.kind != item.word:
                    raise Unfoldable
                if not self._graph.nodes[at].auxiliary:
                    found.append(Part(name, at))
                at += 1
                continue
            block = self._blocks[item.word]
            given = {key: _number(value, values) for key, value in item.values.items()}
            sites = []
            for _ in range(given.get("repeat", item.repeat)):
                inner, last = self.parts(block.items, block.name, given, at)
                sites.append(self._site(self._names[block.name], at, last, inner))
                at = last
            self._check_chain(sites)
            found.append(Part(name, sites[0].first, tuple(sites), item.repeat > 1 or "repeat" in item.values))
        return found, at

    def _skipped(self, at: int) -> int:
        while at < len(self._graph.nodes) and self._graph.nodes[at].layer.comes_from_outside:
            at += 1
        return at

    def _site(self, word: str, first: int, last: int, parts: list[Part]) -> Site:
        entries = outside(self._graph, first, last)
        if len(entries) != 1:
            raise Unfoldable
        return Site(word, first, last, entries, tuple(parts))

    def _check_chain(self, sites: Sequence[Site]) -> None:
        """Raise Unfoldable unless each of several calls reads the one before."""
        if any(later.entries != (before.last - 1,) for before, later in pairwise(sites)):
            raise Unfoldable


def _number(value: object, values: dict[str, int]) -> int:
    """A value of a call: a number, or a multiple of a parameter of the block around it."""
    if isinstance(value, int):
        return value
    factor, _, name = str(value).rpartition("*")
    if name not in values:
        raise Unfoldable
    return int(factor or 1) * values[name]


def outside(graph: Graph, first: int, last: int) -> tuple[int, ...]:
    """The positions before some nodes that these read, in the order in which they do."""
    return tuple(dict.fromkeys(i for node in graph.nodes[first:last] for i in node.inputs if i < first))


def everywhere(site: Site) -> Collection[Site]:
    """A site and those inside it."""
    return [site, *(inner for part in site.parts for one in part.sites for inner in everywhere(one))]
