r"""A chain of layers as papers print it: each stage of slabs that touch, with its sizes along their edges, in rows of a width."""

from __future__ import annotations

import os.path
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import groupby, starmap

import msgspec

from archcalc.document.escapes import escape_tex
from archcalc.drawing.diagrams.layout import nodes_of
from archcalc.drawing.diagrams.outline import Box, Frame, Outline
from archcalc.drawing.diagrams.overview import family_of
from archcalc.drawing.diagrams.sheet import Point
from archcalc.drawing.diagrams.text_width import text_width
from archcalc.drawing.diagrams.volumes import SHEAR, Volumes, joins
from archcalc.drawing.palette import FAMILIES
from archcalc.symbols.dims import Dim, Shape
from archcalc.symbols.notation import LATEX, TEXT
from archcalc.symbols.shape import place_sizes, places_of, without

# The space between two stages, and the lines that a label may be wider than its text by.
_APART, _ROOM = 5.0, 1.1
# The longest end of a name that stands for all of it in conv3–5.
_REST = 3
_POOL = 3.0
# Between a first size and a last, and the sine of 45 degrees.
_DOTS, _SLANT = r"\ldots ", 0.71
# The space at both sides for the line from one row to the next, and between rows.
_MARGIN, _BETWEEN = 12.0, 10.0
# The part of a width that the fronts of one stage take at most.
_WIDEST = 0.4
# The scales of slabs that are tried; text keeps its size.
SCALES = (1.0, 0.9, 0.8, 0.7, 0.6)


class Slab(msgspec.Struct, frozen=True):
    """A drawn feature map: its node, its thickness, and the label below it and those that have the same."""

    node: Box
    thick: float
    label: str


class Stage(msgspec.Struct, frozen=True):
    """Slabs of one size that touch, with the length of their edges, the name below them, and the room of all of it."""

    slabs: tuple[Slab, ...]
    high: float
    deep: float
    name: str
    # The sizes of its places as LaTeX, from the first slab to the last.
    sides: tuple[str, ...]
    before: float
    after: float

    @property
    def front(self) -> float:
        """The extent of the fronts."""
        return sum(slab.thick for slab in self.slabs)

    @property
    def width(self) -> float:
        """The extent with the labels."""
        return self.before + self.front + self.after


def chain(outline: Outline, *, blocks: bool) -> tuple[Box, ...]:
    """The layers of a network that each read only the one before, on request with blocks as one; empty if it is no chain."""
    outline = _weightless(outline) if blocks else outline
    items = [part for part in outline.parts if not all(node.auxiliary for node in nodes_of(part))]
    place = {node.id: at for at, part in enumerate(items) for node in nodes_of(part)}
    between = [(edge.start, place[edge.start], place[edge.end]) for edge in outline.edges if edge.end in place]
    links = {(start, at, to) for start, at, to in between if at != to}
    if sorted((at, to) for _, at, to in links) != [(at, at + 1) for at in range(len(items) - 1)]:
        return ()
    if any(node.unread for part in items for node in nodes_of(part)) or (
        not blocks and any(isinstance(part, Frame) for part in items)
    ):
        return ()
    exits = {at: start for start, at, _ in links}
    found = [part if isinstance(part, Box) else _as_one(part, exits.get(at, "")) for at, part in enumerate(items)]
    return () if any(map(joins, found)) else tuple(found)


def _weightless(outline: Outline) -> Outline:
    """The outline without learned values that join a branch, and without the sums that only add them."""
    learned = {part.id for part in outline.parts if isinstance(part, Box) and not part.inputs and not part.given}
    edges = [edge for edge in outline.edges if edge.start not in learned]
    read = Counter(edge.end for edge in edges)
    sums = {part.id for part in outline.parts if isinstance(part, Box) and joins(part) and read[part.id] == 1}
    source = {edge.end: edge.start for edge in edges if edge.end in sums}
    kept = [
        msgspec.structs.replace(edge, start=source.get(edge.start, edge.start))
        for edge in edges
        if edge.end not in sums
    ]
    parts = tuple(part for part in outline.parts if part.id not in learned | sums)
    return msgspec.structs.replace(outline, parts=parts, edges=tuple(kept))


def _as_one(frame: Frame, leaves: str) -> Box:
    """A block as a layer: the output of the node that leaves it, in the colour that most layers have which join nothing."""
    out = next((node for node in frame.nodes if node.id == leaves), frame.nodes[-1])
    return msgspec.structs.replace(out, title=frame.name, kind=frame.block, family=family_of(frame.nodes), sign="")


def slabs(nodes: Sequence[Box], width: float, size: float) -> list[str]:
    """The commands of TikZ for a chain, in rows of a width, with text of a size."""
    tried = [_rows(_stages(nodes, size, scale, width), width) for scale in SCALES]
    fewest = min(map(len, tried))
    rows = next(rows for rows in tried if len(rows) == fewest)
    lines: list[str] = []
    y, last = 0.0, None
    for row in rows:
        up = max(stage.high / 2 + stage.deep for stage in row)
        down = max(stage.high / 2 for stage in row) + 2.6 * size
        axis = y - up
        x = _MARGIN if last else 0.0
        if last:
            lines.append(_onward(last, (x, axis), y + _BETWEEN / 2, width))
        for stage in row:
            lines += stage_drawn(stage, x, axis, size)
            x += stage.width + _APART
        last = (x - _APART, axis)
        y = axis - down - _BETWEEN
    return [*lines, *legend(nodes, y, size)]


def _rows(stages: Sequence[Stage], width: float) -> list[list[Stage]]:
    """The stages in rows, each as full as a width allows."""
    rows: list[list[Stage]] = []
    x = width
    for stage in stages:
        if x + stage.width > width - (_MARGIN if rows else 0):
            x = _MARGIN if rows else 0.0
            rows.append([])
        rows[-1].append(stage)
        x += stage.width + _APART
    return rows


def _stages(nodes: Sequence[Box], size: float, scale: float, width: float) -> list[Stage]:
    look = Volumes(Outline("", "", tuple(nodes), ()))
    # Layers of vectors have nothing in common that a slab could show.
    grouped = groupby(nodes, key=lambda node: place_sizes(node.output) or node.id)
    return [staged([*alike], look, size, scale, _WIDEST * width) for _, alike in grouped]


def staged(nodes: Sequence[Box], look: Volumes, size: float, scale: float, most: float) -> Stage:
    """The stage of nodes whose feature maps are of about one size, with fronts no wider than `most`."""
    volume = look.volume(nodes[0])
    sides = tuple(starmap(_span, zip(place_sizes(nodes[0].output), place_sizes(nodes[-1].output), strict=True)))
    found: list[Slab] = []
    for number, same in groupby(nodes, key=lambda node: _channels(node.output)):
        run = [*same]
        # Pooling leaves the channels to the layers after it.
        label = TEXT.dim(number).replace(",", "")
        thin = [node.family == "pool" and len(nodes) > 1 for node in run]
        least = 0.0 if all(thin) or not sides else _width(label, size) / (len(run) - sum(thin)) + 1
        found += [
            Slab(node, _POOL if lean else max(scale * look.volume(node).thick, least), "" if lean else label)
            for node, lean in zip(run, thin, strict=True)
        ]
    if (whole := sum(slab.thick for slab in found)) > most:
        found = [msgspec.structs.replace(slab, thick=slab.thick * most / whole) for slab in found]
    high, deep = max(scale * volume.high, size), scale * SHEAR * volume.deep
    front, name = sum(slab.thick for slab in found), _name(nodes)
    wide = max(_width(name, size), 0.0 if sides else _width(found[0].label, size))
    beside = max(0.0, (wide - front) / 2)
    before = max(beside, 1.2 * size if sides else 0.0)
    # The last number runs along the edge into the page, which may be shorter.
    along = (
        0.5 * deep + _SLANT * (_width(sides[-1].replace(_DOTS, "…"), size) / 2 + 1.2 * size + 1.5) if sides[1:] else 0.0
    )
    after = max(beside, deep + (0.7 * size if len(sides) > 1 else 0.0), along)
    return Stage(tuple(found), high, deep, name, sides, before, after)


def _channels(shape: Shape) -> Dim:
    return without(shape, places_of(shape))


def _width(text: str, size: float) -> float:
    return text_width(text, size) * _ROOM


def _name(nodes: Sequence[Box]) -> str:
    """The common beginning of the names of a stage's layers, or the first and the last, without pools, merges and the input."""
    own = [node for node in nodes if node.family not in {"pool", "merge"} and not node.given] or nodes
    names = list(dict.fromkeys(node.title or node.rows[0].partition("/")[0] for node in own))
    common = os.path.commonprefix(names)  # noqa: RUF071 - of names, not of paths
    stem = common.rstrip("_-./ ")
    if stem and all(name[len(stem) :][:1] in {"", *"_-./ "} for name in names):
        return stem
    rest = names[-1][len(common) :]
    return f"{names[0]}–{rest if len(rest) <= _REST else names[-1]}"


def at_point(x: float, y: float) -> str:
    """A point as TikZ writes it."""
    return f"({x:.1f},{y:.1f})"


def stage_drawn(stage: Stage, left: float, axis: float, size: float) -> Iterator[str]:
    """The commands of TikZ for a stage: its slabs in the middle of an axis, with their labels."""
    x, bottom = left + stage.before, axis - stage.high / 2
    for slab in stage.slabs:
        sizes = "".join(f"{{{n:.1f}}}" for n in (x, bottom, slab.thick, stage.high, stage.deep))
        yield rf"\volume{sizes}{{{slab.node.family}}}"
        x += slab.thick
    for at, label in _labels(stage, left + stage.before, size):
        yield rf"\node[below] at {at_point(at, bottom)} {{{_number(label)}}};"
    yield rf"\node[below] at {at_point(left + stage.before + stage.front / 2, bottom - 1.2 * size)} {{{escape_tex(stage.name)}}};"
    if stage.sides:
        *_, first = stage.sides[:-1] or stage.sides
        yield rf"\node[above, rotate=90] at {at_point(left + stage.before, axis)} {{{first}}};"
    if len(stage.sides) > 1:
        yield rf"\node[below, rotate=45] at {at_point(x + stage.deep / 2, bottom + stage.deep / 2)} {{{stage.sides[-1]}}};"


def _labels(stage: Stage, x: float, size: float) -> list[tuple[float, str]]:
    """The places of the numbers below slabs: the first, the last, and those between that touch no other."""
    found = []
    for label, same in groupby(stage.slabs, key=lambda slab: slab.label):
        thick = sum(slab.thick for slab in same)
        found += [(x + thick / 2, label)] * bool(label)
        x += thick

    def apart(one: tuple[float, str], other: tuple[float, str]) -> bool:
        return other[0] - one[0] > (_width(one[1], size) + _width(other[1], size)) / 2

    kept = found[:1]
    for one in found[1:-1]:
        if apart(kept[-1], one) and apart(one, found[-1]):
            kept.append(one)
    return [*kept, *found[1:][-1:]]


def _number(label: str) -> str:
    return label if label.isdecimal() else escape_tex(label)


def _span(first: Dim, last: Dim) -> str:
    return _DOTS.join(dict.fromkeys(str(n) if isinstance(n, int) else LATEX.dim(n) for n in (first, last)))


def _onward(end: tuple[float, float], start: tuple[float, float], between: float, width: float) -> str:
    """The line from the end of a row to the start of the next."""
    right = width - 2
    corners = [(end[0] + 1, end[1]), (right, end[1]), (right, between), (2, between), (2, start[1])]
    return line_through(*corners, start)


def line_through(*points: Point) -> str:
    """An arrow through some points."""
    return rf"\draw[-latex, wire] {' -- '.join(at_point(*point) for point in points)};"


def legend(nodes: Sequence[Box], y: float, size: float) -> Iterator[str]:
    """A square of each family's colour with its word, in a line."""
    x = 0.0
    for family, colour in FAMILIES.items():
        if any(node.family == family and not node.given for node in nodes):
            word = colour.words.partition(",")[0]
            yield rf"\filldraw[fill={family}fill, draw={family}line] {at_point(x, y - 0.7 * size)} rectangle {at_point(x + 0.7 * size, y)};"
            yield rf"\node[anchor=base west, inner sep=0pt] at {at_point(x + size, y - 0.65 * size)} {{{word}}};"
            x += 2 * size + _width(word, size)
