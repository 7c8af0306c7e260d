"""The layout of the main path of a piece of a network in one or more columns, with side branches on its right."""

from __future__ import annotations

import math
from collections.abc import Sequence

import msgspec

from archcalc.drawing.diagrams.series_parallel import Arc, Path
from archcalc.drawing.diagrams.sheet import OpenEnd, Piece
from archcalc.drawing.diagrams.stacking import APART, GAP, TRACK, Column, Vertex, branch, side_by_side, wire_in

_MAX_COLUMNS, _MAX_TORN = 12, 0.35


class Level:
    """The pieces for the vertices at one level of a network, with the outputs of its entries and exits by vertex."""

    def __init__(self, sheets: Sequence[Piece], entries: dict[int, str], exits: dict[int, str], top: float) -> None:
        self.sheets = sheets
        self.entries = entries
        self.exits = exits
        # Room for a title above a first vertex that is not an entry.
        self.top = top


class Page(msgspec.Struct, frozen=True):
    """The wanted format of a picture: one column up to `highest`, else columns with a height-to-width `ratio`.

    Columns go on to the right where `onward` is 1, and to the left where it is -1.
    """

    highest: float
    ratio: float
    onward: int

    def misfit(self, sheet: Piece) -> float:
        """The distance of a piece's height-to-width ratio from the wanted one."""
        return abs(math.log(max(sheet.height, 1) / max(sheet.right - sheet.left, 1) / self.ratio))


def flowing(steps: Sequence[Vertex], level: Level, page: Page) -> Piece:
    """The main path in the number of columns that fits the page best."""
    whole, ends = column(steps, level)
    best, misfit = whole, page.misfit(whole)
    if whole.height <= page.highest:
        return whole
    cuts = [place for place in range(1, len(steps)) if _can_cut(steps, place, level)]
    for wanted in range(2, _MAX_COLUMNS + 1):
        if len(cuts) < wanted - 1:
            break
        chosen = _evenly(ends, cuts, wanted)
        parts = [steps[start:end] for start, end in zip((0, *chosen), (*chosen, len(steps)), strict=True)]
        columns = [column(part, level)[0] for part in parts]
        sheet = _beside(columns, parts, page.onward)
        # Columns of very different heights look torn.
        torn = 1 - sum(one.height for one in columns) / sheet.height / len(columns)
        if torn < _MAX_TORN and page.misfit(sheet) + torn < misfit:
            best, misfit = sheet, page.misfit(sheet) + torn
    return best


def stackable(steps: Sequence[Vertex], level: Level) -> bool:
    """True if entries and exits beside the main path are only at the very ends of branches, as in most networks."""
    ports = level.entries.keys() | level.exits.keys()
    for step in steps:
        for path in step.feeders:
            lone = path.steps[0] in level.entries and path.bundles[0].arc is not None
            if ports & {*(path.vertices if not lone else Path(path.steps[1:], path.bundles[1:]).vertices)}:
                return False
        for path in step.sides:
            lone = path.steps[-1] in level.exits and path.bundles[-1].arc is not None
            if ports & {*(path.vertices if not lone else Path(path.steps[:-1], path.bundles[:-1]).vertices)}:
                return False
    return True


def _can_cut(steps: Sequence[Vertex], place: int, level: Level) -> bool:
    """True if a single line is all that crosses a place in the path."""
    arc = steps[place].bundle.arc
    running = any(not _inner(side, level.exits) for step in steps[:place] for side in step.sides)
    coming = any(not _inner(feeder, level.entries) for step in steps[place:] for feeder in step.feeders)
    lone = arc is not None and arc.start not in level.entries and arc.end not in level.exits
    return lone and not running and not coming


def _inner(path: Path, ports: dict[int, str]) -> bool:
    return not ports.keys() & {*path.vertices}


def _evenly(ends: Sequence[float], cuts: Sequence[int], wanted: int) -> list[int]:
    """The cuts into at most this many columns that make the tallest as short as possible."""
    low, high = ends[-1] / wanted, ends[-1]
    while high - low > 1:
        middle = (low + high) / 2
        if len(_filled(ends, cuts, middle)) < wanted:
            high = middle
        else:
            low = middle
    return _filled(ends, cuts, high)


def _filled(ends: Sequence[float], cuts: Sequence[int], height: float) -> list[int]:
    """The cuts if each column takes as much as fits into a height."""
    chosen, top = [], 0.0
    for cut, after in zip(cuts, (*cuts[1:], len(ends)), strict=True):
        if ends[after - 1] - top > height:
            chosen.append(cut)
            top = ends[cut - 1]
    return chosen


def _beside(sheets: Sequence[Piece], parts: Sequence[Sequence[Vertex]], onward: int) -> Piece:
    """Columns next to each other, the end of each wired to the beginning of the next."""
    page = Piece()
    page.put(sheets[0], 0, 0)
    page.ins = sheets[0].ins
    at = 0.0
    for before, after, part in zip(sheets, sheets[1:], parts[1:], strict=False):
        gutter = page.right + APART / 2 if onward > 0 else page.left - APART / 2
        place = round(gutter + (APART / 2 - after.left if onward > 0 else -APART / 2 - after.right), 2)
        page.put(after, place, 0)
        arc = part[0].bundle.arc
        arc = part[0].bundle.arc
        if arc is not None:
            start, foot = next((tail.x + at, tail.y) for tail in before.tails if tail.net == arc.net)
            (head,) = after.heads
            turn, top, end = before.height + TRACK, head.y - GAP, head.x + place
            points = ((start, foot), (start, turn), (gutter, turn), (gutter, top), (end, top), (end, head.y))
            page.wire(arc.net, *points, arrow=head.arrow)
            page.height = max(page.height, turn + TRACK)
        at = place
    page.outs = {net: x + at for net, x in sheets[-1].outs.items()}
    return page


def column(steps: Sequence[Vertex], level: Level) -> tuple[Piece, list[float]]:
    """One column, and the bottom of each of its steps."""
    stack, beside, ends = Column(level.sheets), SideBranches(level), []
    sheet = stack.sheet
    for step in steps:
        one = level.sheets[step.vertex]
        feeders = [beside.feeder(path) for path in step.feeders]
        stack.below(step.bundle, one, _least(step, level, beside, feeders, first=stack.above is None))
        ends.append(stack.y)
        beside.join(feeders, one, stack.y - one.height)
        beside.leave([beside.side(path) for path in step.sides], one, stack.y)
        if step.sides:
            # Below the line on which the branches leave.
            for net, x in one.outs.items():
                sheet.wire(net, (x, stack.y), (x, stack.y + TRACK))
            stack.y += TRACK
        if step.vertex in level.exits:
            sheet.outs[level.exits[step.vertex]] = 0
        if step.vertex in level.entries:
            sheet.ins[level.entries[step.vertex]] = 0
    sheet.tails = [OpenEnd(net, x, stack.y) for net, x in stack.above.outs.items()] if stack.above else []
    beside.draw(sheet)
    return sheet, ends


def _least(step: Vertex, level: Level, beside: SideBranches, feeders: Sequence[Piece], *, first: bool) -> float:
    """The least y of a step's vertex that leaves room for what is beside it."""
    if step.vertex in level.exits:
        return beside.bottom
    least = level.top if first and step.vertex not in level.entries else 0.0
    if first and step.bundle.arc is not None and step.bundle.arc.net:
        least = max(least, GAP + TRACK)
    if feeders:
        least = max(least, beside.bottom + max(one.height for one in feeders) + GAP + TRACK * len(feeders))
    if step.sides:
        least = max(least, beside.bottom + GAP - level.sheets[step.vertex].height)
    return least


class SideBranch(msgspec.Struct):
    """A branch right of the main path with its top at `y`, `through` if it runs to the top or bottom."""

    sheet: Piece
    through: bool
    y: float = 0
    vertex: Piece | None = None
    # The y where the vertex that it joins begins, or the one that it leaves ends.
    at: float = 0


class SideBranches:
    """The branches right of a main path that begin or end on their own; none of them overlap."""

    def __init__(self, level: Level) -> None:
        self.level = level
        self.joining: list[list[SideBranch]] = []
        self.leaving: list[list[SideBranch]] = []
        self.bottom = level.top
        # The top, bottom and right edge of everything right of the main path.
        self.taken: list[tuple[float, float, float]] = []

    def feeder(self, path: Path) -> Piece:
        """A branch that begins at an entry or by itself."""
        begins = path.steps[0] in self.level.entries
        return self._branch(Path(path.steps[1:], path.bundles[1:]) if begins else path)

    def side(self, path: Path) -> Piece:
        """A branch that ends at an exit or by itself."""
        ends = path.steps[-1] in self.level.exits
        return self._branch(Path(path.steps[:-1], path.bundles[:-1]) if ends else path)

    def _branch(self, path: Path) -> Piece:
        if path.steps:
            return branch(path, self.level.sheets)
        (bundle,) = path.bundles
        return side_by_side(bundle, 0, self.level.sheets) if bundle.arc is None else _lane(bundle.arc)

    def join(self, sheets: Sequence[Piece], one: Piece, top: float) -> None:
        """Add the branches that join a vertex which begins at `top`."""
        # A node is entered from its side, and a frame from above, as the track does that leads there.
        end = top - TRACK * len(sheets) - (0 if one.box else GAP)
        self.joining.append([SideBranch(s, _through(s.heads), end - s.height, one, top) for s in sheets])
        below = top + (one.box[3] if one.box else 0)
        self.bottom = max([self.bottom, *(below for s in sheets if s.nodes)])

    def leave(self, sheets: Sequence[Piece], one: Piece, end: float) -> None:
        """Add the branches that leave a vertex which ends at `end`."""
        top = end + TRACK + GAP
        self.leaving.append([SideBranch(s, _through(s.tails), top, one, end) for s in sheets])
        self.bottom = max([self.bottom, *(top + s.height for s in sheets if s.nodes)])

    def draw(self, sheet: Piece) -> None:
        """Draw all branches on the main path's piece and wire them."""
        clear = sheet.right
        sheet.height = max(sheet.height, self.bottom if sheet.nodes else 0)
        for slots in self.joining:
            tails = [tail for slot in slots if slot.sheet.nodes for tail in self._joined(sheet, slot, clear)]
            self._wire(sheet, tails, slots)
        for slots in self.leaving:
            self._left(sheet, [slot for slot in slots if slot.sheet.nodes], clear)
        # Lanes nest: among those from the top the one that goes down furthest is outermost, likewise among those to the
        # bottom.
        for slots in self.joining:
            tails = [tail for slot in slots if not slot.sheet.nodes for tail in self._joined(sheet, slot, sheet.right)]
            self._wire(sheet, tails, slots)
        for slots in self.leaving[::-1]:
            self._left(sheet, [slot for slot in slots if not slot.sheet.nodes], sheet.right)

    def _joined(self, sheet: Piece, slot: SideBranch, clear: float) -> list[OpenEnd]:
        x = self._free(slot, 0 if slot.through else slot.y, slot.at + GAP, clear)
        sheet.put(slot.sheet, x, slot.y)
        for head in filter(_is_real, slot.sheet.heads):
            start, end, track = sheet.ins.setdefault(head.net, head.x + x), head.x + x, slot.y - TRACK
            sheet.wire(head.net, (start, 0), (start, track), (end, track), (end, head.y + slot.y), arrow=head.arrow)
        return [OpenEnd(tail.net, tail.x + x, tail.y + slot.y, lane=True) for tail in slot.sheet.tails]

    def _free(self, slot: SideBranch, top: float, bottom: float, clear: float) -> float:
        """The x of a branch: right of `clear` and of everything between `top` and `bottom`."""
        edge = max([clear, *(right for y, end, right in self.taken if y < bottom and end > top)])
        x = round(edge + APART - slot.sheet.left, 2)
        self.taken.append((top, bottom, x + slot.sheet.right))
        return x

    @staticmethod
    def _wire(sheet: Piece, tails: Sequence[OpenEnd], slots: Sequence[SideBranch]) -> None:
        if tails and slots[0].vertex is not None:
            wire_in(sheet, tails, slots[0].vertex, slots[0].at)

    def _left(self, sheet: Piece, slots: Sequence[SideBranch], clear: float) -> None:
        for slot in slots:
            end = sheet.height if slot.through else slot.y + slot.sheet.height
            x = self._free(slot, slot.at, end, clear)
            sheet.put(slot.sheet, x, slot.y)
            for head in slot.sheet.heads:
                start = slot.vertex.outs[head.net] if slot.vertex else 0
                track = slot.at + TRACK
                points = ((start, slot.at), (start, track), (head.x + x, track), (head.x + x, head.y + slot.y))
                sheet.wire(head.net, *points, arrow=head.arrow)
            for tail in slot.sheet.tails:
                sheet.outs[tail.net] = tail.x + x
                sheet.wire(tail.net, (tail.x + x, tail.y + slot.y), (tail.x + x, sheet.height))


def _through(ends: Sequence[OpenEnd]) -> bool:
    return any(map(_is_real, ends))


def _is_real(end: OpenEnd) -> bool:
    """True if an output arrives or leaves there, which it does not at the beginning of a branch."""
    return end.net != ""


def _lane(arc: Arc) -> Piece:
    """A lane for an output that passes by without a layer."""
    return Piece(heads=[OpenEnd(arc.net, 0, 0)], tails=[OpenEnd(arc.net, 0, 0)])
