"""The places at which blocks are called, as the layers of a graph say it themselves."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from itertools import groupby

import msgspec

from archcalc.exporters.source.sites import Part, Site, outside
from archcalc.language.groups import last_readers
from archcalc.language.structure import common_start
from archcalc.network.graph import Graph

# A method with more inputs than these reads worse than the lines in its place.
_MOST_ENTRIES = 3
# The characters that end a part of a name.
ENDS = "/._-"


def nested(graph: Graph, apart: Collection[int] = ()) -> Site:
    """The whole of a network, with the blocks that its layers are in where they can be classes, none with a layer `apart`."""
    return Site("", 0, len(graph.nodes), (), tuple(_Nesting(graph, apart).parts(0, len(graph.nodes), 0)))


def start_of(graph: Graph, first: int, last: int) -> str:
    """The beginning that the names of some layers share, up to where a part of a name ends."""
    start = common_start([node.name for node in graph.nodes[first:last]])
    return start[: max(map(start.rfind, ENDS)) + 1]


class _Nesting:
    def __init__(self, graph: Graph, apart: Collection[int]) -> None:
        self._graph = graph
        self._apart = apart
        self._readers = last_readers(graph)

    def parts(self, first: int, last: int, depth: int) -> list[Part]:
        """The parts from a position up to another, whose first `depth` blocks are those around them."""
        found: list[Part] = []
        for _, run in groupby(range(first, last), lambda i: self._graph.nodes[i].blocks[depth : depth + 1] or i):
            positions = list(run)
            start, stop = positions[0], positions[-1] + 1
            node = self._graph.nodes[start]
            if len(node.blocks) > depth:
                found += self._called(start, stop, depth)
            elif not (node.layer.comes_from_outside or node.auxiliary):
                found.append(Part(node.name, start))
        return list(self._runs(found))

    def _called(self, first: int, last: int, depth: int) -> list[Part]:
        """A call of a block as one part, or as those in it where it cannot be a class or holds no more than one."""
        parts = self.parts(first, last, depth + 1)
        entries = outside(self._graph, first, last)
        if len(parts) < 2 or not 1 <= len(entries) <= _MOST_ENTRIES or not self._closed(first, last):
            return parts
        own = start_of(self._graph, first, last)
        word = re.split(r"[/.]", re.sub(r":\d+$", "", self._graph.nodes[first].blocks[depth]))[-1]
        inner = tuple(msgspec.structs.replace(part, name=part.name.removeprefix(own)) for part in parts)
        return [Part(own.rstrip(ENDS), first, (Site(word, first, last, entries, inner),))]

    def _closed(self, first: int, last: int) -> bool:
        """True if nothing inside is read from outside but the last, and all of it is of this network alone."""
        apart = all(reader < last for reader in self._readers[first : last - 1])
        apart = apart and not any(first <= i < last for i in self._apart)
        nodes = self._graph.nodes[first:last]
        return apart and not any(
            node.auxiliary or node.share is not None or node.times != 1 or node.layer.comes_from_outside
            for node in nodes
        )

    def _runs(self, parts: Sequence[Part]) -> Iterator[Part]:
        """The parts, with calls of one block that each read the one before as one part."""
        at = 0
        while at < len(parts):
            stop = at + 1
            while stop < len(parts) and self._follows(parts[stop - 1], parts[stop]):
                stop += 1
            run = parts[at:stop]
            if len(run) > 1:
                name = common_start([part.name for part in run]).rstrip("0123456789")
                yield Part(name.strip(ENDS), run[0].position, tuple(part.sites[0] for part in run), many=True)
            else:
                yield run[0]
            at = stop

    def _follows(self, before: Part, part: Part) -> bool:
        if not before.sites or not part.sites or before.many or part.many:
            return False
        one, other = before.sites[0], part.sites[0]
        end = one.last - 1
        only = self._readers[end] < other.last and len(one.entries) == 1
        return one.word == other.word and other.entries == (end,) and only
