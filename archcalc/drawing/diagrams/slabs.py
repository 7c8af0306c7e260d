r"""A chain of layers as papers print it: each stage of slabs that touch, with its sizes along their edges, in rows of a width."""

from __future__ import annotations

import os.path
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import groupby

import msgspec

from archcalc.document.escapes import escape_tex
from archcalc.drawing.diagrams.layout import nodes_of
from archcalc.drawing.diagrams.outline import Box, Frame, Outline
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
# The space at both sides for the line from one row to the next, and between rows.
_MARGIN, _BETWEEN = 12.0, 10.0
# The scales of slabs that are tried; text keeps its size.
# The part of a width that the fronts of one stage take at most.
_WIDEST = 0.4
_SCALES = (1.0, 0.9, 0.8, 0.7, 0.6)


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
    sides: Shape
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


def _as_one(frame: Frame, leaves: str) -> Box:
    """A block as a layer: the output of the node that leaves it, in the colour that most of its layers have."""
    out = next((node for node in frame.nodes if node.id == leaves), frame.nodes[-1])
    [(family, _)] = Counter(node.family for node in frame.nodes).most_common(1)
    return msgspec.structs.replace(out, title=frame.name, kind=frame.block, family=family, sign="")


def slabs(nodes: Sequence[Box], width: float, size: float) -> list[str]:
    """The commands of TikZ for a chain, in rows of a width, with text of a size."""
    tried = [_rows(_stages(nodes, size, scale, width), width) for scale in _SCALES]
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
            lines += _stage(stage, x, axis, size)
            x += stage.width + _APART
        last = (x - _APART, axis)
        y = axis - down - _BETWEEN
    return [*lines, *_legend(nodes, y, size)]


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
    return [_staged([*alike], look, size, scale, _WIDEST * width) for _, alike in grouped]


def _staged(nodes: Sequence[Box], look: Volumes, size: float, scale: float, most: float) -> Stage:
    volume = look.volume(nodes[0])
    sides = place_sizes(nodes[0].output)
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
    after = max(beside, deep + (0.7 * size if len(sides) > 1 else 0.0))
    return Stage(tuple(found), high, deep, name, sides, before, after)


def _channels(shape: Shape) -> Dim:
    return without(shape, places_of(shape))


def _width(text: str, size: float) -> float:
    return text_width(text, size) * _ROOM


def _name(nodes: Sequence[Box]) -> str:
    """The common beginning of the names of a stage's layers, or the first and the last, without its pooling and the input."""
    own = [node for node in nodes if node.family != "pool" and not node.given] or nodes
    names = list(dict.fromkeys(node.title or node.rows[0].partition("/")[0] for node in own))
    common = os.path.commonprefix(names)  # noqa: RUF071 - of names, not of paths
    stem = common.rstrip("_-./ ")
    if stem and all(name[len(stem) :][:1] in {"", *"_-./ "} for name in names):
        return stem
    rest = names[-1][len(common) :]
    return f"{names[0]}–{rest if len(rest) <= _REST else names[-1]}"


def _at(x: float, y: float) -> str:
    return f"({x:.1f},{y:.1f})"


def _stage(stage: Stage, left: float, axis: float, size: float) -> Iterator[str]:
    x, bottom = left + stage.before, axis - stage.high / 2
    for slab in stage.slabs:
        sizes = "".join(f"{{{n:.1f}}}" for n in (x, bottom, slab.thick, stage.high, stage.deep))
        yield rf"\volume{sizes}{{{slab.node.family}}}"
        x += slab.thick
    for at, label in _labels(stage, left + stage.before, size):
        yield rf"\node[below] at {_at(at, bottom)} {{{_number(label)}}};"
    yield rf"\node[below] at {_at(left + stage.before + stage.front / 2, bottom - 1.2 * size)} {{{escape_tex(stage.name)}}};"
    if stage.sides:
        *_, first = stage.sides[:-1] or stage.sides
        yield rf"\node[above, rotate=90] at {_at(left + stage.before, axis)} {{{_size(first)}}};"
    if len(stage.sides) > 1:
        yield rf"\node[below, rotate=45] at {_at(x + stage.deep / 2, bottom + stage.deep / 2)} {{{_size(stage.sides[-1])}}};"


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


def _size(n: Dim) -> str:
    return str(n) if isinstance(n, int) else LATEX.dim(n)


def _onward(end: tuple[float, float], start: tuple[float, float], between: float, width: float) -> str:
    """The line from the end of a row to the start of the next."""
    right = width - 2
    corners = [(end[0] + 1, end[1]), (right, end[1]), (right, between), (2, between), (2, start[1])]
    return rf"\draw[-latex, wire] {' -- '.join(_at(*corner) for corner in (*corners, start))};"


def _legend(nodes: Sequence[Box], y: float, size: float) -> Iterator[str]:
    """A square of each family's colour with its word, in a line."""
    x = 0.0
    for family, colour in FAMILIES.items():
        if any(node.family == family and not node.given for node in nodes):
            word = colour.words.partition(",")[0]
            yield rf"\filldraw[fill={family}fill, draw={family}line] {_at(x, y - 0.7 * size)} rectangle {_at(x + 0.7 * size, y)};"
            yield rf"\node[anchor=west, inner sep=0pt] at {_at(x + size, y - 0.35 * size)} {{{word}}};"
            x += 2 * size + _width(word, size)
