"""The layout of a picture: every box by itself, then as one piece of the box around it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from archcalc.drawing.diagrams.columns import Level, Page, flowing, stackable
from archcalc.drawing.diagrams.layered import layered
from archcalc.drawing.diagrams.outline import Box, Edge, Frame, Item, Outline
from archcalc.drawing.diagrams.series_parallel import Arc, series
from archcalc.drawing.diagrams.sheet import Piece
from archcalc.drawing.diagrams.stacking import spine
from archcalc.drawing.diagrams.ushape import floors, u_shape


class Metrics(Protocol):
    """The sizes of the things in a picture whose lines run down; the layout follows from them."""

    # A picture, or a box in it, that is longer than this is laid out in columns.
    longest: float
    longest_box: float
    # The wanted height-to-width ratio of columns, and their direction: to the right (1) or left (-1).
    page: float
    onward: int

    def node(self, node: Box, *, last: bool) -> Piece:
        """The piece of a node about its axis; `last` is true if no node reads its output."""

    def top(self, group: Frame) -> float:
        """The height of the title of a box."""

    def frame(self, group: Frame, sheet: Piece) -> None:
        """Draw the frame of a box around its contents."""


def layout(outline: Outline, look: Metrics) -> Piece:
    """The picture with all nodes, boxes and lines in place, about x = 0."""
    return _Layout(outline, look).level(outline.parts, outline.edges, 0, look.longest)


class _Layout:
    def __init__(self, outline: Outline, look: Metrics) -> None:
        self.look = look
        self.order = {node.id: place for place, node in enumerate(outline.nodes)}
        self.used = {edge.start for edge in outline.edges}

    def level(self, parts: Sequence[Item], edges: Sequence[Edge], top: float, longest: float) -> Piece:
        """The layout of the items in one box, with the lines between them and to the outside."""
        place = {node.id: at for at, part in enumerate(parts) for node in nodes_of(part)}
        # The nearest source before the box is the main entry, the output of its last node the main exit.
        entries = sorted({e.start for e in edges if e.start not in place}, key=self.order.__getitem__, reverse=True)
        exits = sorted({e.start for e in edges if e.end not in place}, key=self.order.__getitem__)
        entering, leaving = ({net: at for at, net in enumerate(nets)} for nets in (entries, exits))
        first, last = len(entries), len(entries) + len(parts)
        arcs = dict.fromkeys(
            Arc(
                first + place[edge.start] if edge.start in place else entering[edge.start],
                first + place[edge.end] if edge.end in place else last + leaving[edge.start],
                edge.start,
            )
            for edge in edges
            if edge.start not in place or place[edge.start] != place.get(edge.end)
        )
        sheets = [
            *(_entry(net, top) for net in entries),
            *(self._sheet(part, own) for part, own in zip(parts, _by_part(len(parts), edges, place), strict=True)),
            *(Piece(ins={net: 0}, outs={net: 0}) for net in exits),
        ]
        trained = {first + at for at, part in enumerate(parts) if all(node.auxiliary for node in nodes_of(part))}
        level = Level(sheets, dict(enumerate(entries)), {last + at: net for at, net in enumerate(exits)}, top)
        path = series(len(sheets), [*arcs])
        steps = [] if path is None else spine(path, lambda v: v not in trained)
        if not steps or not stackable(steps, level):
            return layered(level, [*arcs])
        stories = floors(steps) if self.look.onward > 0 and not level.exits else []
        return u_shape(stories, level) if stories else flowing(steps, level, self._page(longest))

    def _page(self, longest: float) -> Page:
        return Page(longest, self.look.page, self.look.onward)

    def _sheet(self, part: Item, edges: Sequence[Edge]) -> Piece:
        if isinstance(part, Box):
            return self.look.node(part, last=part.id not in self.used)
        sheet = self.level(part.parts, edges, self.look.top(part), self.look.longest_box)
        self.look.frame(part, sheet)
        return sheet


def nodes_of(part: Item) -> tuple[Box, ...]:
    """The nodes of a box, or the node itself."""
    return part.nodes if isinstance(part, Frame) else (part,)


def _by_part(count: int, edges: Sequence[Edge], place: dict[str, int]) -> list[list[Edge]]:
    """The lines that begin or end in each item; `place` has the item of each node."""
    found: list[list[Edge]] = [[] for _ in range(count)]
    for edge in edges:
        for at in {place.get(edge.start), place.get(edge.end)} - {None}:
            found[at or 0].append(edge)
    return found


def _entry(net: str, top: float) -> Piece:
    sheet = Piece(height=top, ins={net: 0}, outs={net: 0})
    sheet.wire(net, (0, 0), (0, top))
    return sheet
