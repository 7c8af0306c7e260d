"""The rows of a network with what reads each, and the ways between them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple, TypeVar

from archcalc.importers.attention.layout import Layout, whole
from archcalc.layers.activation import Dropout, Identity
from archcalc.layers.arithmetic import Times
from archcalc.layers.base import Layer
from archcalc.layers.linear import Constant
from archcalc.layers.rearrange import Flatten, Input, Permute, Reshape, Slice, Split
from archcalc.layers.unknown import Unknown
from archcalc.network.graph import Graph, Node, weights_of
from archcalc.symbols.dims import Shape

# No program has as many rows between a projection and a product.
MOST = 60
_Kind = TypeVar("_Kind", bound=Layer)
_MOVES = (Reshape, Flatten, Permute, Slice, Split)


class Way(NamedTuple):
    """The rows between a layer and a tensor made of its output alone, by moves and factors."""

    base: int
    layout: Layout
    factor: float
    rows: tuple[int, ...]

    def turned(self, turns: bool) -> Way:
        """The same with the last two axes swapped, if a product reads it so."""
        axes = self.layout.axes
        return self._replace(layout=self.layout._replace(axes=(*axes[:-2], axes[-1], axes[-2]))) if turns else self


class Net:
    """The rows of a graph, with the rows that read each."""

    def __init__(self, graph: Graph) -> None:
        self.nodes = graph.nodes
        self.ends = {*graph.outputs}
        self.readers: list[list[int]] = [[] for _ in graph.nodes]
        self.shared: set[int] = set()
        self._ways: dict[int, Way | None] = {}
        for at, node in enumerate(graph.nodes):
            for i in dict.fromkeys(node.inputs):
                self.readers[i].append(at)
            if node.share is not None:
                self.shared |= {at, node.share}
        self.dead = self._dead()
        self.readers = [[at for at in found if at not in self.dead] for found in self.readers]

    def _dead(self) -> set[int]:
        """The rows without arrays that lead to no output."""
        found: set[int] = set()
        for at in range(len(self.nodes) - 1, -1, -1):
            node = self.nodes[at]
            led = {*self.readers[at]} - found or at in self.ends or node.auxiliary or node.layer.comes_from_outside
            if not led and not weights_of(node, self.nodes):
                found.add(at)
        return found

    def layer(self, at: int) -> Layer:
        """The layer of a row."""
        return self.nodes[at].layer

    def of(self, at: int, kind: type[_Kind]) -> _Kind | None:
        """The layer of a row if it is of a kind."""
        layer = self.nodes[at].layer
        return layer if isinstance(layer, kind) else None

    def shape(self, at: int) -> Shape:
        """The output shape of a row."""
        return self.nodes[at].shape

    def shapes(self, node: Node) -> tuple[Shape, ...]:
        """The shapes of what a row reads."""
        return tuple(self.nodes[i].shape for i in node.inputs)

    def renames(self, at: int) -> bool:
        """True for a row that gives the axes of its input other names and does nothing else."""
        return isinstance(self.layer(at), Reshape) and self.shape(at) == self.shape(self.nodes[at].inputs[0])

    def reader(self, at: int) -> int | None:
        """The only row that reads one that is no output of the network."""
        found = self.readers[at]
        return found[0] if len(found) == 1 and at not in self.ends else None

    def behind(self, at: int) -> Way | None:
        """The way to a row from the nearest before it that does more than move values; None if it is not followed."""
        if at not in self._ways:
            self._ways[at] = self._climbed(at)
        return self._ways[at]

    def _climbed(self, at: int) -> Way | None:
        rows: list[int] = []
        while (
            len(rows) < MOST
            and len(self.nodes[at].inputs) == 1
            and (isinstance(self.layer(at), (*_MOVES, Times)) or repeats(self.layer(at)))
        ):
            rows.append(at)
            [at] = self.nodes[at].inputs
        return self.along(at, rows[::-1])

    def along(self, base: int, rows: Iterable[int], layout: Layout | None = None) -> Way | None:
        """The way from a row through others that follow each other."""
        layout = layout or whole(self.shape(base))
        rows, given, factor = tuple(rows), self.shape(base), 1.0
        for at in rows:
            layer, output = self.layer(at), self.shape(at)
            if isinstance(layer, Times):
                factor *= layer.factor
            if isinstance(layer, (Times, Dropout)):
                found: Layout | None = layout
            else:
                found = layout.repeated(given, output) if repeats(layer) else layout.after(layer, given, output)
            if found is None:
                return None
            layout, given = found, output
        return Way(base, layout, factor, rows)

    def mask(self, at: int) -> set[int] | None:
        """The rows of what hides scores: an array that is not trained, or one that is given; None for anything else."""
        rows, shape = {at}, self.shape(at)
        while (isinstance(layer := self.layer(at), (*_MOVES, Times, Identity)) or repeats(layer)) and len(rows) < MOST:
            [at] = self.nodes[at].inputs
            rows.add(at)
        if isinstance(layer, Input):
            # A row as all inputs are, whatever reads it; what differs from head to head is no mask.
            return rows - {at} if all(n == 1 for n in shape[:-2]) else None
        return rows if isinstance(layer, Constant) else None

    def moves_after(self, at: int) -> list[int]:
        """The rows after one that at most move its values, each the only reader of the one before."""
        rows: list[int] = []
        while (
            len(rows) < MOST
            and (found := self.reader(at)) is not None
            and isinstance(self.layer(found), (*_MOVES, Dropout))
        ):
            rows.append(found)
            at = found
        return rows

    def stands(self, gone: set[int], last: int) -> bool:
        """True if nothing but some rows themselves reads them, apart from the last, and no other has their arrays."""
        return not gone & self.shared and all(
            at == last or (at not in self.ends and set(self.readers[at]) <= gone) for at in gone
        )


def repeats(layer: Layer) -> bool:
    """True for a row that repeats values along axes of 1."""
    return isinstance(layer, Unknown) and layer.operator.lower() == "expand" and not layer.parameters
