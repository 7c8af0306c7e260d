"""Where everything in a picture stands: every box laid out by itself, then as one thing in the box around it."""

from __future__ import annotations

from collections.abc import Sequence

from archcalc.diagrams.columns import Level, flowing, stackable
from archcalc.diagrams.layered import layered
from archcalc.diagrams.metrics import text_width
from archcalc.diagrams.outline import Edge, Group, Item, Node, Outline
from archcalc.diagrams.series import Arc, series
from archcalc.diagrams.sheet import Sheet
from archcalc.diagrams.stacking import spine

FONT, LINE, SMALL = 12, 15, 10.5
# Below a node, where the shape of its output stands beside the line.
STEM = 18
_PADDING, _FOOT = 14, 8
# Boxes come in widths of multiples of this, so that those in a column are mostly alike.
_STEP = 24
# A box that is higher than this is laid out in columns.
_HIGHEST = 1500
_SPARE = 1.1


def layout(outline: Outline) -> Sheet:
    """A picture with all its nodes, boxes and lines in place, about x = 0.

    >>> from archcalc.diagrams.outline import outline
    >>> from archcalc.engine import profile
    >>> from archcalc.spec import load
    >>> sorted(layout(outline(profile(load("conv7x7")))).nodes)
    ['n1', 'n2']
    """
    order = {node.id: place for place, node in enumerate(outline.nodes)}
    return _level(outline.parts, outline.edges, order, 0, 600)


def _level(parts: Sequence[Item], edges: Sequence[Edge], order: dict[str, int], top: float, highest: float) -> Sheet:
    """Things that stand beside each other in one box, and the lines between them and to the outside."""
    place = {node.id: at for at, part in enumerate(parts) for node in nodes_of(part)}
    # What comes in from just before is the main entry, what goes out from the last node the main exit.
    entries = sorted({e.start for e in edges if e.start not in place}, key=order.__getitem__, reverse=True)
    exits = sorted({e.start for e in edges if e.end not in place}, key=order.__getitem__)
    used = {edge.start for edge in edges}
    first, last = len(entries), len(entries) + len(parts)
    vertex = {name: first + at for name, at in place.items()}
    every = [
        Arc(
            vertex.get(edge.start, entries.index(edge.start) if edge.start not in place else 0),
            vertex.get(edge.end, last + exits.index(edge.start) if edge.end not in place else 0),
            edge.start,
        )
        for edge in edges
    ]
    arcs = [*dict.fromkeys(arc for arc in every if arc.start != arc.end)]
    sheets = [
        *(_entry(net, top) for net in entries),
        *(
            _sheet(part, [e for e in edges if _touches(e, part, place, at)], order, used)
            for at, part in enumerate(parts)
        ),
        *(_exit(net) for net in exits),
    ]
    proper = {
        v
        for v in range(len(sheets))
        if v < first or v >= last or not all(n.auxiliary for n in nodes_of(parts[v - first]))
    }
    ports = dict(enumerate(entries)), {last + at: net for at, net in enumerate(exits)}
    path = series(len(sheets), arcs)
    level = Level(sheets, *ports, top)
    steps = [] if path is None else spine(path, proper.__contains__)
    return flowing(steps, level, highest) if steps and stackable(steps, level) else layered(level, arcs)


def nodes_of(part: Item) -> tuple[Node, ...]:
    """The nodes of a box, or the node."""
    return part.nodes if isinstance(part, Group) else (part,)


def _touches(edge: Edge, part: Item, place: dict[str, int], at: int) -> bool:
    return isinstance(part, Group) and at in {place.get(edge.start), place.get(edge.end)}


def _entry(net: str, top: float) -> Sheet:
    sheet = Sheet(height=top, ins={net: 0}, outs={net: 0})
    sheet.wire(net, (0, 0), (0, top))
    return sheet


def _exit(net: str) -> Sheet:
    return Sheet(ins={net: 0}, outs={net: 0})


def _sheet(part: Item, edges: Sequence[Edge], order: dict[str, int], used: set[str]) -> Sheet:
    if isinstance(part, Group):
        return _framed(part, edges, order)
    lines = [_wide(line, FONT) for line in part.lines]
    widest = max(_wide(part.title, FONT, bold=True), *lines) + 2 * _PADDING
    half = max(3, -(-widest // _STEP)) * _STEP / 2
    height = LINE * (len(lines) + bool(part.title)) + 12
    box = (-half, 0.0, half, float(height))
    label = _wide(part.shape, SMALL) + 10
    sheet = Sheet(-half, max(half, label), height + STEM, nodes={part.id: box}, box=box, outs={part.id: 0})
    sheet.ins = _Anywhere()
    sheet.wire(part.id, (0, height), (0, height + STEM), arrow=part.id not in used)
    return sheet


class _Anywhere(dict[str, float]):
    """The places where a node takes what comes in: at its middle, whatever it is."""

    def __missing__(self, net: str) -> float:
        return 0.0


def _wide(text: str, size: float, *, bold: bool = False) -> float:
    """Room for a text, also where another font stands in for Helvetica."""
    return _SPARE * text_width(text, size, bold=bold)


def _framed(group: Group, edges: Sequence[Edge], order: dict[str, int]) -> Sheet:
    """A box with its title at the upper left, and × n at the upper right."""
    two = bool(group.block and group.name)
    sheet = _level(group.parts, edges, order, (34 if two else 20) + 4, _HIGHEST)
    title = max(_wide(group.block or group.name, FONT, bold=True), _wide(group.name, SMALL) if two else 0)
    left = min(sheet.left - _PADDING, -title - 20)
    times = _wide(f"× {group.times}", FONT, bold=True) + 24 if group.times > 1 else 0
    right = max(sheet.right + _PADDING, times)
    foot = sheet.height + _FOOT
    for net, x in sheet.outs.items():
        sheet.wire(net, (x, sheet.height), (x, foot))
    sheet.height = foot
    sheet.left, sheet.right = left, right
    sheet.groups = {group.id: (left, 0.0, right, sheet.height), **sheet.groups}
    return sheet
