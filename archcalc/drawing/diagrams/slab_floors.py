"""An encoder and a decoder with skips between them as slabs: a row for each floor of the U, down on the left, up on the right."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

import msgspec

from archcalc.document.escapes import escape_tex
from archcalc.drawing.diagrams.outline import Box, Outline
from archcalc.drawing.diagrams.sheet import Point
from archcalc.drawing.diagrams.slabs import SCALES, Stage, at_point, legend, line_through, stage_drawn, staged
from archcalc.drawing.diagrams.ushape import LEAST
from archcalc.drawing.diagrams.volumes import Volumes
from archcalc.symbols.shape import place_sizes

# The part of a width that the fronts of one stage take at most, and the space between rows and around lines.
_WIDEST, _BETWEEN, _TURN, _GAP = 0.3, 14.0, 5.0, 12.0


class Floor(msgspec.Struct, frozen=True):
    """One floor of a U: its layers on the way down and on the way up, and the kinds of layers on the skip between them."""

    down: tuple[Box, ...]
    up: tuple[Box, ...] = ()
    on_skip: tuple[str, ...] = ()


def floors(outline: Outline) -> tuple[Floor, ...]:
    """The floors of a network of volumes, the lowest last; none if it is not a U."""
    into: dict[str, list[str]] = {}
    for edge in dict.fromkeys(outline.edges):
        into.setdefault(edge.end, []).append(edge.start)
    nodes = outline.nodes
    if not nodes or any(node.unread or node.auxiliary for node in nodes):
        return ()
    main = _longest(nodes, into)
    place = {name: at for at, name in enumerate(main)}
    found: list[tuple[int, int, tuple[str, ...]]] = []
    kinds = {node.id: node.kind for node in nodes}
    beside: set[str] = set()
    for at, name in enumerate(main):
        for source in [source for source in into.get(name, []) if at == 0 or source != main[at - 1]]:
            side = [source]
            while side[-1] not in place and len(into.get(side[-1], [])) == 1:
                side.append(into[side[-1]][0])
            if side[-1] not in place:
                return ()
            beside.update(side[:-1])
            found.append((place[side[-1]], at, tuple(kinds[one] for one in side[-2::-1])))
    found.sort()
    nested = all(one[0] < other[0] < other[1] < one[1] for one, other in pairwise(found))
    if len(found) < LEAST or not nested or len(beside) + len(main) != len(nodes):
        return ()
    by_id = {node.id: node for node in nodes}
    return tuple(_split([by_id[name] for name in main], found))


def _longest(nodes: Sequence[Box], into: dict[str, list[str]]) -> list[str]:
    """The path to the last node through the most nodes."""
    before: dict[str, str] = {}
    length: dict[str, int] = {}
    for node in nodes:
        sources = into.get(node.id, [])
        length[node.id] = 1 + max((length[source] for source in sources), default=0)
        if sources:
            before[node.id] = max(sources, key=length.__getitem__)
    path = [nodes[-1].id]
    while path[-1] in before:
        path.append(before[path[-1]])
    return path[::-1]


def _split(main: Sequence[Box], skips: Sequence[tuple[int, int, tuple[str, ...]]]) -> Iterator[Floor]:
    """The floors between the ends of skips; the layer that comes up to the size of a floor begins its way up."""
    first, after = 0, len(main)
    for start, end, on_skip in skips:
        foot = end
        while foot - 1 > start and place_sizes(main[foot - 1].output) == place_sizes(main[end].output):
            foot -= 1
        yield Floor(tuple(main[first : start + 1]), tuple(main[foot:after]), on_skip)
        first, after = start + 1, foot
    yield Floor(tuple(main[first:after]))


class _Row(msgspec.Struct, frozen=True):
    """The stages of one floor, with the kinds on its skip."""

    down: Stage
    up: Stage | None
    on_skip: tuple[str, ...]

    @property
    def stages(self) -> tuple[Stage, ...]:
        return (self.down,) if self.up is None else (self.down, self.up)


def floors_drawn(found: Sequence[Floor], width: float, size: float) -> list[str]:
    """The commands of TikZ for the floors, within a width where they fit, with text of a size."""
    nodes = [node for floor in found for node in (*floor.down, *floor.up)]
    look = Volumes(Outline("", "", tuple(nodes), ()))
    for scale in SCALES:
        rows = [
            _Row(
                staged(floor.down, look, size, scale, _WIDEST * width),
                staged(floor.up, look, size, scale, _WIDEST * width) if floor.up else None,
                floor.on_skip,
            )
            for floor in found
        ]
        needed = max(row.down.width for row in rows) + max(row.up.width for row in rows if row.up) + 4 * _GAP
        if needed <= width:
            break
    over = needed - width
    said = [f"% Wider than {width:.0f}pt by {over:.0f}pt: an encoder and a decoder stand side by side."]
    return [*(said if over > 0 else []), *_drawn(rows, max(width, needed), size, nodes)]


def _drawn(rows: Sequence[_Row], width: float, size: float, nodes: Sequence[Box]) -> Iterator[str]:
    right = width - max(row.up.width for row in rows if row.up)
    y = 0.0
    # Where the lines down and up leave the row above.
    leaves: tuple[Point, Point] | None = None
    for row in rows:
        axis = y - max(stage.high / 2 + stage.deep for stage in row.stages)
        left = _GAP if row.up else max(_GAP, (width - row.down.width) / 2)
        if leaves is not None:
            middle, (down, up) = y + _BETWEEN / 2, leaves
            yield line_through(down, (down[0], middle), (left - _TURN, middle), (left - _TURN, axis), (left, axis))
            x, top = _top(row.down, left, axis) if row.up is None else _top(row.up, right, axis)
            yield line_through((x, top), (x, middle), (up[0], middle), up)
        yield from stage_drawn(row.down, left, axis, size)
        if row.up is not None:
            end = left + row.down.width
            yield line_through((end, axis), (right, axis))
            yield from stage_drawn(row.up, right, axis, size)
            if row.on_skip:
                said = escape_tex(", ".join(row.on_skip))
                yield rf"\node[above] at {at_point((end + right) / 2, axis)} {{{said}}};"
            leaves = (end + _TURN, axis), (right - _TURN, axis)
        y = axis - max(stage.high / 2 for stage in row.stages) - 2.6 * size - _BETWEEN
    yield from legend(nodes, y, size)


def _top(stage: Stage, left: float, axis: float) -> Point:
    """The middle of the upper edge of a stage's last slab."""
    return left + stage.before + stage.front - stage.slabs[
        -1
    ].thick / 2 + stage.deep, axis + stage.high / 2 + stage.deep
