"""A U-shaped layout of an encoder and a decoder with skips between them: down on the left, up on the right."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from archcalc.drawing.diagrams.columns import Level
from archcalc.drawing.diagrams.series_parallel import Arc, Bundle, Path
from archcalc.drawing.diagrams.sheet import OpenEnd, Piece, arrives
from archcalc.drawing.diagrams.stacking import APART, GAP, TRACK, Column, Vertex

# Fewer nested skips do not make a U.
LEAST = 3


class Floor(msgspec.Struct, frozen=True):
    """One floor of a U: its vertices on the way down, on the way up, and the output that skips the floors below."""

    down: tuple[tuple[Bundle, int], ...]
    up: tuple[tuple[Bundle, int], ...] = ()
    skip: Arc = Arc(0, 0)


def floors(steps: Sequence[Vertex]) -> list[Floor]:
    """The floors of a main path, the lowest last; none if it is not a U."""
    if any(step.feeders or step.sides for step in steps):
        return []
    path = [(step.bundle, step.vertex) for step in steps]
    found: list[Floor] = []
    while True:
        skips = {at: skipped for at, (bundle, _) in enumerate(path) if (skipped := _skipped(bundle))}
        if not skips:
            break
        place = max(skips, key=lambda at: _depth(skips[at][1]))
        arc, inner = skips[place]
        found.append(Floor(tuple(path[:place]), tuple(path[place:]), arc))
        path = [*zip(inner.bundles, inner.steps, strict=False)]
    return [*found, Floor(tuple(path))] if len(found) >= LEAST and all(one.down for one in found) and path else []


def _skipped(bundle: Bundle) -> tuple[Arc, Path] | None:
    """The output that skips the only branch of a bundle, and that branch; None if its ends are not single lines."""
    if len(bundle.paths) != 2 or bundle.paths[1].arc is None:
        return None
    inner = bundle.paths[0]
    simple = inner.bundles and inner.bundles[0].arc is not None and inner.bundles[-1].arc is not None
    return (bundle.paths[1].arc, inner) if simple else None


def _depth(path: Path) -> int:
    """The depth of nested skips on a path."""
    inside = [skipped[1] for bundle in path.bundles if (skipped := _skipped(bundle))]
    return 1 + max(map(_depth, inside), default=0)


def u_shape(found: Sequence[Floor], level: Level) -> Piece:
    """The floors below each other, with skips running level from left to right."""
    return _Shape(found, level).drawn()


class _Shape:
    def __init__(self, found: Sequence[Floor], level: Level) -> None:
        self.level = level
        self.upper, self.lowest = found[:-1], found[-1]
        self.left = Column(level.sheets)
        self.sheet = self.left.sheet
        self.ups = [self._up(floor) for floor in self.upper]
        # The first vertex of each way up, and the y where each skip runs and each way up begins.
        self.firsts = [level.sheets[floor.up[0][1]] for floor in self.upper]
        self.tracks: list[float] = []
        self.feet: list[float] = []
        # The axis of the ways up.
        self.at = 0.0

    def drawn(self) -> Piece:
        y, bottom = self.level.top, 0.0
        skips = []
        for floor, up, first in zip(self.upper, self.ups, self.firsts, strict=True):
            self._descend(floor, y)
            # A node takes the skip at its side, a box from below.
            below = first.box[3] / 2 if first.box else -TRACK
            track = max(self.left.y + TRACK, bottom + up.height - below)
            skips.append(_end(self.left, floor.skip))
            self.tracks.append(track)
            self.feet.append(track + below)
            bottom, y = max(track, track + below) + 2 * GAP, track + GAP
        self._descend(self.lowest, y)
        end = _end(self.left, _main(self.upper[-1]))
        self.at = round(self.sheet.right + APART - min(up.left for up in self.ups), 2)
        self.sheet.height = max(self.left.y + TRACK, bottom)
        track = self.sheet.height
        for place in range(len(self.upper) - 1, -1, -1):
            self._connect(end, place, track)
            self._skip(skips[place], place)
            top = round(self.feet[place] - self.ups[place].height, 2)
            self.sheet.put(self.ups[place], self.at, top)
            if place:
                end, track = self._top(place, top), top - TRACK
        self.sheet.height = max(self.sheet.height, self.left.y + 2 * TRACK)
        return self.sheet

    def _descend(self, floor: Floor, least: float) -> None:
        for place, (bundle, v) in enumerate(floor.down):
            self.left.below(bundle, self.level.sheets[v], 0 if place or v in self.level.entries else least)
            if v in self.level.entries:
                self.sheet.ins[self.level.entries[v]] = 0

    def _up(self, floor: Floor) -> Piece:
        """The vertices on the way up, from the bottom to the top."""
        stack = Column(self.level.sheets)
        lead = Bundle((Path((), (), Arc(0, 0)),))
        for place, (bundle, v) in enumerate(floor.up):
            stack.below(bundle if place else lead, self.level.sheets[v])
        stack.sheet.outs = dict(stack.above.outs) if stack.above else {}
        stack.sheet.height = stack.y
        return stack.sheet.turned()

    def _top(self, place: int, top: float) -> OpenEnd:
        """The open end of a way up that leads to the one above it."""
        arc = _main(self.upper[place - 1])
        return OpenEnd(arc.net, self.at + self.ups[place].outs.get(arc.net, 0), top)

    def _connect(self, start: OpenEnd, place: int, track: float) -> None:
        """Wire the output from below to a way up."""
        first, foot = self.firsts[place], self.feet[place]
        end = self.at - arrives(first, start.net)
        points = ((start.x, start.y), (start.x, track), (end, track), (end, foot))
        self.sheet.wire(start.net, *points, arrow=first.box is not None)

    def _skip(self, start: OpenEnd, place: int) -> None:
        """Wire a skip to a way up."""
        first, track = self.firsts[place], self.tracks[place]
        points = ((start.x, start.y), (start.x, track))
        if first.box is not None:
            self.sheet.wire(start.net, *points, (self.at - first.box[2], track), arrow=True)
        else:
            port = self.at - arrives(first, start.net)
            self.sheet.wire(start.net, *points, (port, track), (port, self.feet[place]))


def _main(floor: Floor) -> Arc:
    """The output that comes up from the floors below."""
    return floor.up[0][0].paths[0].bundles[-1].arc or floor.skip


def _end(stack: Column, arc: Arc) -> OpenEnd:
    """The open end of an arc at the last vertex of a column."""
    return OpenEnd(arc.net, stack.above.outs.get(arc.net, 0) if stack.above else 0, stack.y)
