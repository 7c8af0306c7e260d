"""A series-parallel network laid out: what follows below what it follows, branches side by side, skips down the side."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec

from archcalc.diagrams.series import Bundle, Path
from archcalc.diagrams.sheet import Loose, Rect, Sheet

# From one box to the next, between lines that run beside each other, and between branches.
GAP, TRACK, APART = 14, 8, 26
_LANE = 12


class Step(msgspec.Struct):
    """A vertex of the main path with the bundle before it and what joins or leaves the path there without coming from it."""

    vertex: int
    bundle: Bundle
    feeders: tuple[Path, ...] = ()
    sides: tuple[Path, ...] = ()


def spine(path: Path, proper: Callable[[int], bool]) -> list[Step]:
    """The main path: from the first of the beginnings to the last end that is `proper`."""
    steps = [Step(v, bundle) for v, bundle in zip(path.steps, path.bundles, strict=False)]
    first, last = path.bundles[0], path.bundles[-1]
    if len(first.paths) > 1:
        main, *others = first.paths
        steps[0].bundle, steps[0].feeders = main.bundles[-1], tuple(others)
        steps = spine(Path(main.steps, (*main.bundles[:-1], Bundle(()))), proper) + steps
    if len(last.paths) > 1:
        main = max(last.paths, key=lambda one: max([v for v in one.vertices if proper(v)], default=-1))
        steps[-1].sides = tuple(one for one in last.paths if one is not main)
        steps += spine(main, proper)
    return steps


def branch(path: Path, sheets: Sequence[Sheet]) -> Sheet:
    """A branch from top to bottom, its first and last lines loose."""
    sheet, y, above = Sheet(), 0.0, None
    for bundle, v in zip(path.bundles, path.steps, strict=False):
        y = below(sheet, y, above, bundle, sheets[v], sheets)
        above = sheets[v]
    close(sheet, y, above, path.bundles[-1], sheets)
    return sheet


def close(sheet: Sheet, y: float, above: Sheet | None, bundle: Bundle, sheets: Sequence[Sheet]) -> None:
    """Leave loose what a bundle brings from the last vertex of a branch."""
    if bundle.arc is not None and above is not None:
        if bundle.arc.net:
            sheet.tails.append(Loose(bundle.arc.net, above.outs[bundle.arc.net], y))
    elif bundle.paths and bundle.arc is None:
        block = side_by_side(bundle, above.right if above else 0, sheets)
        y = _fork(sheet, y, above, block)
        sheet.put(block, 0, y)
        sheet.tails += [tail.moved(0, y) for tail in block.tails]


def below(
    sheet: Sheet, y: float, above: Sheet | None, bundle: Bundle, one: Sheet, sheets: Sequence[Sheet], least: float = 0
) -> float:
    """Put a vertex below the one that ends at `y`, with what is between them; the place where it ends.

    It stands at `least` or lower.
    """
    if bundle.arc is not None:
        net = bundle.arc.net
        x = one.ins.get(net, 0.0)
        if above is None:
            y = max(y, least)
            sheet.heads.append(Loose(net, x, y, one.box is not None))
        else:
            start, end = above.outs[net], y
            straight = 0 if not one.height else GAP
            y = max(least, y + (straight if start == x else 2 * GAP))
            middle = y - GAP
            sheet.wire(net, (start, end), (start, middle), (x, middle), (x, y), arrow=one.box is not None)
        sheet.put(one, 0, y)
        return y + one.height
    block = side_by_side(bundle, max(one.right, above.right if above else 0), sheets)
    y = _fork(sheet, y, above, block)
    sheet.put(block, 0, y)
    tails = [tail.moved(0, y) for tail in block.tails]
    y += block.height
    ends = join(tails, one, y)
    top = max(least, y + (GAP if all(tail.x == x for tail, x in ends) else GAP + TRACK * len({x for _, x in ends})))
    sheet.put(one, 0, top)
    wire_in(sheet, tails, one, top)
    return top + one.height


def join(tails: Sequence[Loose], one: Sheet, _y: float = 0) -> list[tuple[Loose, float]]:
    """The tails that come into a vertex from above, and where; lanes come into a node from its side."""
    return [(tail, one.ins[tail.net]) for tail in tails if not (tail.lane and one.box)]


def wire_in(sheet: Sheet, tails: Sequence[Loose], one: Sheet, top: float) -> None:
    """Wire loose ends to a vertex that stands at `top`."""
    ends = join(tails, one)
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
    """How far down a box a lane comes in, the nearest first."""
    return box[1] + (box[3] - box[1]) * (place + 1) / (lanes + 1)


def _fork(sheet: Sheet, y: float, above: Sheet | None, block: Sheet) -> float:
    """Wire what leaves a vertex that ends at `y` to the branches of a block; the place where the block begins."""
    if above is None:
        sheet.heads += [head.moved(0, y) for head in block.heads]
        return y
    starts = sorted({above.outs[head.net] for head in block.heads})
    straight = all(head.x == above.outs[head.net] for head in block.heads if not head.lane) and len(starts) == 1
    fork = TRACK * len(starts) + (GAP if not straight or len(block.heads) > 1 else GAP - TRACK)
    for head in block.heads:
        start = above.outs[head.net]
        track = y + TRACK * (starts.index(start) + 1)
        sheet.wire(head.net, (start, y), (start, track), (head.x, track), (head.x, y + fork + head.y), arrow=head.arrow)
    return y + fork


def side_by_side(bundle: Bundle, clear: float, sheets: Sequence[Sheet]) -> Sheet:
    """The branches of a bundle next to each other, and right of all and of `clear` a lane for each output that skips them."""
    branches = [branch(path, sheets) for path in bundle.paths if path.steps]
    arcs = [path.arc for path in bundle.paths if path.arc is not None]
    block = Sheet(height=max([one.height for one in branches], default=TRACK))
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
        block.heads.append(Loose(arc.net, lane, 0, lane=True))
        block.tails.append(Loose(arc.net, lane, block.height, lane=True))
        block.wire(arc.net, (lane, 0), (lane, block.height))
    block.right += _LANE / 2 if arcs else 0
    return block


def _middle(branches: Sequence[Sheet], places: Sequence[float]) -> float:
    """Where the axis of branches side by side is: that of the middle one where it is about there, or between them."""
    if len(branches) < 2:
        return places[0] if places else 0
    middle = (places[0] + branches[0].left + places[-1] + branches[-1].right) / 2
    nearest = min(places, key=lambda place: abs(place - middle))
    return nearest if len(branches) % 2 and abs(nearest - middle) < APART else middle
