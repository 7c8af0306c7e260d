"""Pieces of a picture with their positions, from which a layout is put together."""

from __future__ import annotations

from typing import TypeAlias

import msgspec

Point: TypeAlias = tuple[float, float]
# Left, top, right, bottom.
Rect: TypeAlias = tuple[float, float, float, float]


class Wire(msgspec.Struct, frozen=True):
    """A line that carries the output of the node `net`, at right angles, with an arrowhead where it ends in a node."""

    net: str
    points: tuple[Point, ...]
    arrow: bool = False

    def moved(self, x: float, y: float) -> Wire:
        """The wire moved by an offset."""
        return Wire(self.net, tuple([(a + x, b + y) for a, b in self.points]), self.arrow)


class OpenEnd(msgspec.Struct, frozen=True):
    """An unconnected wire end: its net and position, `arrow` if at a node, `lane` if from a bypass lane."""

    net: str
    x: float
    y: float
    arrow: bool = False
    lane: bool = False

    def moved(self, x: float, y: float) -> OpenEnd:
        """The end moved by an offset."""
        return OpenEnd(self.net, self.x + x, self.y + y, self.arrow, self.lane)


class Piece(msgspec.Struct):
    """A piece of a picture, drawn about the vertical axis x = 0 and from y = 0 down.

    `ins` and `outs` have the x where each net enters at the top and leaves at the bottom; `heads` and `tails` are ends
    inside, to be wired when the piece is placed.
    """

    left: float = 0
    right: float = 0
    height: float = 0
    nodes: dict[str, Rect] = {}
    groups: dict[str, Rect] = {}
    wires: list[Wire] = []
    ins: dict[str, float] = {}
    outs: dict[str, float] = {}
    heads: list[OpenEnd] = []
    tails: list[OpenEnd] = []
    # The ids of nodes and boxes that run upwards and have their titles at the lower right.
    upwards: set[str] = set()
    # The rectangle of a piece that is one node, so that lines end in an arrowhead and may come from its side.
    box: Rect | None = None

    def put(self, other: Piece, x: float, y: float) -> None:
        """Draw another piece on this one with its origin at a place; its loose ends stay with the other."""
        for mine, its in ((self.nodes, other.nodes), (self.groups, other.groups)):
            for name, (left, top, right, bottom) in its.items():
                mine[name] = (left + x, top + y, right + x, bottom + y)
        self.upwards |= other.upwards
        self.wires += [wire.moved(x, y) for wire in other.wires]
        self.left = min(self.left, other.left + x)
        self.right = max(self.right, other.right + x)
        self.height = max(self.height, other.height + y)

    def turned(self) -> Piece:
        """The piece upside down, from bottom to top."""
        height = self.height

        def flipped(rects: dict[str, Rect]) -> dict[str, Rect]:
            return {
                name: (-right, height - bottom, -left, height - top)
                for name, (left, top, right, bottom) in rects.items()
            }

        wires = [Wire(wire.net, tuple([(-x, height - y) for x, y in wire.points]), wire.arrow) for wire in self.wires]
        outs = {net: -x for net, x in self.outs.items()}
        ins = {net: -x for net, x in self.ins.items()}
        upwards = {*self.nodes, *self.groups}
        nodes, groups = flipped(self.nodes), flipped(self.groups)
        return Piece(-self.right, -self.left, height, nodes, groups, wires, ins, outs, upwards=upwards)

    def wire(self, net: str, *points: Point, arrow: bool = False) -> None:
        """Draw a line through points, without points that lie on a straight stretch of it."""
        kept: list[Point] = []
        for x, y in points:
            if kept and abs(kept[-1][0] - x) < 0.01 and abs(kept[-1][1] - y) < 0.01:
                continue
            if len(kept) > 1 and _straight(kept[-2], kept[-1], (x, y)):
                kept.pop()
            kept.append((x, y))
        if len(kept) > 1:
            self.wires.append(Wire(net, tuple(kept), arrow))
            self.left = min(self.left, *(x for x, _ in kept))
            self.right = max(self.right, *(x for x, _ in kept))


def arrives(sheet: Piece, net: str) -> float:
    """The x where the output of a node enters a piece, which for a node is always its middle."""
    return 0.0 if sheet.box is not None else sheet.ins.get(net, 0.0)


def _straight(a: Point, b: Point, c: Point) -> bool:
    return any(abs(a[axis] - b[axis]) < 0.01 and abs(b[axis] - c[axis]) < 0.01 for axis in (0, 1))
