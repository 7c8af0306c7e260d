"""The blocks of a network: what repeats, by the names of its layers, is one block."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from archcalc.language.alike import Block, alike, named
from archcalc.language.groups import Child, Group, groups_of, last_readers
from archcalc.language.items import Item, repeated, unnamed
from archcalc.language.structure import structured
from archcalc.network.graph import Graph


class Folding:
    """The blocks of a graph and the items of its list of layers."""

    def __init__(self, graph: Graph) -> None:
        self._nodes = graph.nodes
        self._readers = last_readers(graph)
        self._whole = groups_of(graph, self._readers)
        # The block of each group that is called, by its first and last position.
        self._blocks: dict[tuple[int, int], tuple[Block, dict[str, Any]]] = {}
        # The name of a call by the position of its last layer, which it stands for.
        self._ends: dict[int, str] = {}
        self.blocks: list[Block] = []
        for level in _levels(self._whole):
            self._fold(level)
        start = graph.inputs[0] if len(graph.inputs) == 1 else -1
        self.items = self._items(self._whole.children, "", start, -1)
        self.names = named(self.blocks)

    def _fold(self, groups: list[Group]) -> None:
        """Give the groups that are alike, of which there are several, a block each."""
        bodies = defaultdict[Any, list[tuple[Group, list[Item]]]](list)
        for group in groups:
            if group.entry is not None:
                items = self._items(group.children, group.prefix, group.entry, group.entry)
                bodies[tuple(item.signature for item in items)].append((group, items))
        for members in bodies.values():
            if len(members) > 1:
                word = f"block {len(self.blocks)}"
                label = "" if members[0][0].prefix.endswith("/") else "label"
                block, arguments = alike(word, [(group.prefix, items) for group, items in members], label)
                self.blocks.append(block)
                for (group, _), given in zip(members, arguments, strict=True):
                    self._blocks[group.first, group.last] = (block, given)
                    if group.prefix.endswith("/"):
                        self._ends[group.last - 1] = group.prefix[:-1]

    def _items(self, children: tuple[Child, ...], prefix: str, trunk: int, entry: int) -> list[Item]:
        """The items of a list of layers under a prefix; `trunk` is the position before the first, `entry` the block's."""
        found: list[Item] = []
        for child in self._spliced(children):
            if isinstance(child, int):
                node = self._nodes[child]
                if node.layer.comes_from_outside:
                    continue
                found.append(self._layer(child, prefix, trunk, entry))
                trunk = trunk if node.auxiliary else child
            else:
                block, given = self._blocks[child.first, child.last]
                named, label = _called(child.prefix, prefix)
                output = self._nodes[child.last - 1].shape
                standing = (self._reference(child.entry or 0, prefix, entry),)
                source = () if child.entry == trunk else standing
                found.append(
                    Item(
                        *(block.name, named, label, source, given),
                        output=output,
                        first=child.first,
                        last=child.last,
                        reads=(child.entry or 0,),
                        standing=standing,
                    )
                )
                trunk = child.last - 1
        if not prefix:
            found, blocks = structured(found, self._readers, len(self.blocks))
            self.blocks += blocks
        return repeated(found if prefix and not prefix.endswith("/") else unnamed(found))

    def _spliced(self, children: tuple[Child, ...]) -> Iterator[Child]:
        """The children, and in place of a group that is no block its own."""
        for child in children:
            if isinstance(child, int) or (child.first, child.last) in self._blocks:
                yield child
            else:
                yield from self._spliced(child.children)

    def _layer(self, position: int, prefix: str, trunk: int, entry: int) -> Item:
        node = self._nodes[position]
        plain = len(node.inputs) == 0 or node.inputs == (trunk,)
        standing = tuple(self._reference(i, prefix, entry) for i in node.inputs)
        return Item(
            node.layer.kind,
            _inside(node.name, prefix),
            "",
            () if plain else standing,
            node.layer.settings(),
            node=node,
            share="" if node.share is None else self._nodes[node.share].name,
            output=node.shape,
            first=position,
            last=position + 1,
            reads=node.inputs,
            standing=standing,
        )

    def _reference(self, position: int, prefix: str, entry: int) -> str:
        if position == entry and prefix:
            return "entry"
        return _inside(self._ends.get(position, self._nodes[position].name), prefix)


def _levels(whole: Group) -> list[list[Group]]:
    """The groups inside, those without smaller ones first."""
    levels = defaultdict[int, list[Group]](list)

    def height(group: Group) -> int:
        inner = [height(child) for child in group.children if isinstance(child, Group)]
        own = 1 + max(inner, default=0)
        if group.prefix:
            levels[own].append(group)
        return own

    height(whole)
    return [levels[own] for own in sorted(levels)]


def _inside(name: str, prefix: str) -> str:
    """A full name as it is written under a prefix: behind the name of the block, or behind its label."""
    if not name.startswith(prefix) or not prefix:
        return name
    return name[len(prefix) :] if prefix.endswith("/") else f"{{label}}{name[len(prefix.rstrip('._-')) :]}"


def _called(prefix: str, around: str) -> tuple[str, str]:
    """The name and the label of a call of a block for the names under `prefix`, itself called under another."""
    if prefix.endswith("/"):
        return _inside(prefix[:-1], around), ""
    return "", _inside(prefix.rstrip("._-"), around)
