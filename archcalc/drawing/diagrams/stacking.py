"""The layout of a series-parallel network: series below each other, branches side by side, skips down the side."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec

from archcalc.drawing.diagrams.series_parallel import Bundle, Path
from archcalc.drawing.diagrams.sheet import OpenEnd, Piece, Rect, arrives

# The distances between boxes, between lines that run beside each other, and between branches.
GAP, TRACK, APART = 14, 8, 26
_LANE = 12


class Vertex(msgspec.Struct):
    """A vertex of the main path with the bundle before it, and the branches that join or leave there by themselves."""

    vertex: int
    bundle: Bundle
    feeders: tuple[Path, ...] = ()
    sides: tuple[Path, ...] = ()


def spine(path: Path, proper: Callable[[int], bool], *, begins: bool = True, ends: bool = True) -> list[Vertex]:
    """The main path: from the first of the beginnings to the last end that is `proper`.

    `begins` and `ends` are true if the given path begins and ends where the network does.
    """
    steps = [Vertex(v, bundle) for v, bundle in zip(path.steps, path.bundles, strict=False)]
    first, last = path.bundles[0], path.bundles[-1]
    if begins and len(first.paths) > 1:
        main, *others = first.paths
        steps[0].bundle, steps[0].feeders = main.bundles[-1], tuple(others)
        steps = spine(main, proper, ends=False) + steps
    if ends and len(last.paths) > 1:
        main = max(last.paths, key=lambda one: max([v for v in one.vertices if proper(v)], default=-1))
        steps[-1].sides = tuple(one for one in last.paths if one is not main)
        steps += spine(main, proper, begins=False)
    return steps


def branch(path: Path, sheets: Sequence[Piece]) -> Piece:
    """A branch from top to bottom, its first and last lines loose."""
    stack = Column(sheets)
    for bundle, v in zip(path.bundles, path.steps, strict=False):
        stack.below(bundle, sheets[v])
    stack.close(path.bundles[-1])
    return stack.sheet


class Column:
    """A piece that grows downwards: `y` is its lower end, `above` the last vertex put there."""

    def __init__(self, sheets: Sequence[Piece]) -> None:
        self.sheets = sheets
        self.sheet = Piece()
        self.y = 0.0
        self.above: Piece | None = None

    def below(self, bundle: Bundle, one: Piece, least: float = 0) -> None:
        """Put a vertex below, at `least` or lower, with the bundle that leads to it between."""
        if bundle.arc is not None:
            top = self._directly(bundle.arc.net, one, least)
        else:
            block = self._branches(bundle, one.right)
            tails = [tail.moved(0, self.y) for tail in block.tails]
            self.y += block.height
            ends = _from_above(tails, one)
            straight = all(tail.x == x for tail, x in ends)
            top = max(least, self.y + GAP + (0 if straight else TRACK * len({x for _, x in ends})))
            wire_in(self.sheet, tails, one, top)
        self.sheet.put(one, 0, top)
        self.y, self.above = top + one.height, one

    def close(self, bundle: Bundle) -> None:
        """Leave the lines of a bundle from the last vertex as loose ends."""
        arc = bundle.arc
        if arc is None:
            block = self._branches(bundle, 0)
            self.sheet.tails += [tail.moved(0, self.y) for tail in block.tails]
        elif arc.net and self.above is not None:
            self.sheet.tails.append(OpenEnd(arc.net, self.above.outs[arc.net], self.y))

    def _directly(self, net: str, one: Piece, least: float) -> float:
        """Wire the last vertex to one right below it; returns the top of that."""
        x = arrives(one, net)
        if self.above is None:
            top = max(self.y, least)
            self.sheet.heads.append(OpenEnd(net, x, top, one.box is not None))
            return top
        start = self.above.outs[net]
        straight = GAP if one.height else 0
        top = max(least, self.y + (straight if start == x else 2 * GAP))
        points = ((start, self.y), (start, top - GAP), (x, top - GAP), (x, top))
        self.sheet.wire(net, *(points if start != x else (points[0], points[-1])), arrow=one.box is not None)
        return top

    def _branches(self, bundle: Bundle, clear: float) -> Piece:
        """Put the branches of a bundle below, wired to the last vertex; returns their piece."""
        block = side_by_side(bundle, max(clear, self.above.right if self.above else 0), self.sheets)
        if self.above is None:
            self.sheet.heads += [head.moved(0, self.y) for head in block.heads]
        else:
            self._fork(self.above, block)
        self.sheet.put(block, 0, self.y)
        return block

    def _fork(self, above: Piece, block: Piece) -> None:
        starts = sorted({above.outs[head.net] for head in block.heads})
        alone = len(block.heads) == 1 and block.heads[0].x == starts[0]
        fork = TRACK * len(starts) + (GAP - TRACK if alone else GAP)
        for head in block.heads:
            start = above.outs[head.net]
            track, end = self.y + TRACK * (starts.index(start) + 1), self.y + fork + head.y
            points = ((start, self.y), (start, track), (head.x, track), (head.x, end))
            self.sheet.wire(head.net, *points, arrow=head.arrow)
        self.y += fork


def _from_above(tails: Sequence[OpenEnd], one: Piece) -> list[tuple[OpenEnd, float]]:
    """The tails that enter a vertex from above, with their x; lanes enter a node from its side."""
    return [(tail, arrives(one, tail.net)) for tail in tails if not (tail.lane and one.box)]


def wire_in(sheet: Piece, tails: Sequence[OpenEnd], one: Piece, top: float) -> None:
    """Wire loose ends to a vertex that stands at `top`."""
    ends = _from_above(tails, one)
    ports = sorted({x for _, x in ends})
    for tail, x in ends:
        track = top - GAP - TRACK * ports.index(x)
        sheet.wire(tail.net, (tail.x, tail.y), (tail.x, track), (x, track), (x, top), arrow=one.box is not None)
    if one.box is not None:
        lanes = sorted((tail for tail in tails if tail.lane), key=lambda tail: tail.x)
        for place, tail in enumerate(lanes):
            middle = top + _entry(one.box, place, len(lanes))
            sheet.wire(tail.net, (tail.x, tail.y), (tail.x, middle), (one.box[2], middle), arrow=True)


def _entry(box: Rect, place: int, lanes: int) -> float:
    """The y within a box at which a lane enters, the nearest first."""
    return box[1] + (box[3] - box[1]) * (place + 1) / (lanes + 1)


def side_by_side(bundle: Bundle, clear: float, sheets: Sequence[Piece]) -> Piece:
    """The branches of a bundle side by side, and right of all and of `clear` a lane for each output that skips them."""
    branches = [branch(path, sheets) for path in bundle.paths if path.steps]
    arcs = [path.arc for path in bundle.paths if path.arc is not None]
    block = Piece(height=max([one.height for one in branches], default=TRACK))
    places, x = [], 0.0
    for one in branches:
        places.append(x - one.left)
        x = places[-1] + one.right + APART
    middle = _middle(branches, places)
    for one, place in zip(branches, places, strict=True):
        at, down = round(place - middle, 2), round((block.height - one.height) / 2, 2)
        block.put(one, at, down)
        block.heads += [head.moved(at, down) for head in one.heads]
        block.tails += [tail.moved(at, down) for tail in one.tails]
    lane = max(block.right, clear)
    for arc in arcs:
        lane += _LANE
        block.heads.append(OpenEnd(arc.net, lane, 0, lane=True))
        block.tails.append(OpenEnd(arc.net, lane, block.height, lane=True))
        block.wire(arc.net, (lane, 0), (lane, block.height))
    block.right += _LANE / 2 if arcs else 0
    return block


def _middle(branches: Sequence[Piece], places: Sequence[float]) -> float:
    """The axis of branches side by side: that of the middle one if it is near the centre, else the centre."""
    if len(branches) < 2:
        return places[0] if places else 0
    middle = (places[0] + branches[0].left + places[-1] + branches[-1].right) / 2
    nearest = min(places, key=lambda place: abs(place - middle))
    return nearest if len(branches) % 2 and abs(nearest - middle) < APART else middle
