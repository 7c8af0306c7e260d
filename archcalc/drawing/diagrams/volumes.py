"""The outline of a network as volumes: the nodes that change the size of a feature map, and their dimensions."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence

import msgspec

from archcalc.drawing.diagrams.outline import UNREAD, Box, Edge, Frame, Item, Outline
from archcalc.drawing.diagrams.sheet import Piece
from archcalc.drawing.diagrams.text_width import text_width
from archcalc.symbols.dims import Dim, Shape
from archcalc.symbols.shape import place_sizes, places_of, without

# One unit is about a point; text is in the size that LaTeX calls tiny.
TINY = 5.0
LINE = 6.5
SHEAR = 0.35
CIRCLE = 9.0
# The longest row where no width is given.
LONGEST = 700.0
_TALLEST, _LOWEST = 84.0, 7.0
_APART, _BRACE = 4.0, 18.0
# The number drawn for a size that a letter leaves open.
_LETTER = 256
# The signs of joins that are no letters of the font.
_SIGNS = {"−": "$-$", "×": "$\\times$", "÷": "$\\div$"}


def _sides(shape: Shape) -> Shape:
    """The sizes that boxes are drawn to a common scale of: the places of an image, the features of a sequence."""
    places = place_sizes(shape)
    return (without(shape, places_of(shape)),) if len(places) == 1 else places


def volumes(outline: Outline) -> Outline:
    """The outline without nodes that keep a feature map's size, and without boxes that do not repeat.

    >>> from archcalc.drawing.diagrams.outline import outline
    >>> from archcalc.profiling.engine import profile
    >>> from archcalc.language import load
    >>> [node.kind for node in volumes(outline(profile(load("lenet5")))).nodes][-3:]
    ['conv2d', 'linear', 'linear']
    """
    sources: dict[str, list[Edge]] = {}
    for edge in outline.edges:
        sources.setdefault(edge.end, []).append(edge)
    passed = {
        node.id for node in outline.nodes if _passes(node) and not node.unread and len(sources.get(node.id, [])) == 1
    }

    def origin(name: str) -> str:
        while name in passed:
            name = sources[name][0].start
        return name

    kept = tuple(
        msgspec.structs.replace(edge, start=origin(edge.start)) for edge in outline.edges if edge.end not in passed
    )
    return msgspec.structs.replace(outline, parts=tuple(_without(outline.parts, passed, kept)), edges=kept)


def _passes(node: Box) -> bool:
    if node.keeps_order or (node.family in {"activation", "norm"} and node.inputs == (node.output,)):
        return True
    # The sizes stay, but in another order.
    return node.family == "other" and [Counter(x) for x in node.inputs] == [Counter(node.output)]


def _without(parts: Sequence[Item], passed: set[str], edges: Sequence[Edge]) -> Iterator[Item]:
    """The parts without the passed nodes; a box that does not repeat stays if it holds branches together."""
    for part in parts:
        if isinstance(part, Box):
            if part.id not in passed:
                yield part
            continue
        inner = tuple(_without(part.parts, passed, edges))
        if inner and (part.times != 1 or _forks(inner, edges)):
            yield msgspec.structs.replace(part, parts=inner)
        else:
            yield from inner


def _forks(parts: Sequence[Item], edges: Sequence[Edge]) -> bool:
    """True if the parts read a single output from outside, and branches of it meet among them."""
    inside = {node.id for part in parts for node in (part.nodes if isinstance(part, Frame) else (part,))}
    lone = {part.id for part in parts if isinstance(part, Box)}
    meets = any(often > 1 for name, often in Counter(edge.end for edge in edges).items() if name in lone)
    return meets and len({edge.start for edge in edges if edge.end in inside} - inside) == 1


class Volume(msgspec.Struct, frozen=True):
    """The dimensions of a drawn feature map: thickness along the network, height, and depth into the page."""

    thick: float
    high: float
    deep: float

    @property
    def long(self) -> float:
        """The total extent along the network."""
        return self.thick + SHEAR * self.deep

    @property
    def tall(self) -> float:
        """The total extent across."""
        return self.high + SHEAR * self.deep


def joins(node: Box) -> str:
    """The sign of a node that is drawn as a circle, such as +; empty for one drawn as a volume."""
    return _SIGNS.get(node.sign, node.sign)


class Volumes:
    """The metrics of volumes from left to right, drawn from top to bottom and turned."""

    page = 2.2
    onward = -1

    def __init__(self, outline: Outline, width: float = LONGEST, size: float = TINY) -> None:
        self.longest = self.longest_box = width
        self.size, self.line = size, LINE * size / TINY
        self.largest = max([_number(n) for node in outline.nodes for n in _sides(node.output)], default=1)

    def volume(self, node: Box) -> Volume:
        """The volume of a node's output."""
        return self._volume(node.output)

    def _volume(self, shape: Shape) -> Volume:
        values, places = without(shape, places_of(shape)), place_sizes(shape)
        match places:
            case ():
                return Volume(4, min(_TALLEST, 5 * math.log2(1 + _number(values))), 4)
            case (n,):
                # A sequence of vectors, or channels of a signal.
                return Volume(2.2 * math.log2(1 + _number(values)) / 2, self._side(n), 4)
            case _:
                *_, high, wide = places
                return Volume(1.6 * math.log2(1 + _number(values)), self._side(high), self._side(wide))

    def _side(self, n: Dim) -> float:
        return max(_LOWEST, min(_TALLEST, _TALLEST * math.sqrt(_number(n) / self.largest)))

    def captions(self, node: Box) -> tuple[str, ...]:
        """The lines under a node, apart from the shape."""
        if joins(node):
            return ()
        # The shape already says how many values come out.
        first = node.kind if node.family == "linear" else node.lines[0].split(",")[0]
        return tuple(dict.fromkeys([*filter(None, [node.title]), first, *([UNREAD] * node.unread)]))

    def node(self, node: Box, *, last: bool) -> Piece:
        """A volume with its captions below it, which after turning is left of it."""
        if joins(node):
            half = CIRCLE / 2
            return _sheet(node, half, CIRCLE, 0 if last else _APART, half)
        volume = self.volume(node)
        lines = [*self.captions(node), node.shape]
        widest = max(text_width(line, self.size) for line in lines) * 1.12
        after = max(0.0 if last else _APART, widest + _APART - volume.long)
        sheet = _sheet(node, volume.tall / 2, volume.long, after, volume.tall / 2 + self.line * len(lines) + 3)
        if last:
            sheet.wires.clear()
        return sheet

    def top(self, group: Frame) -> float:  # noqa: ARG002 - as a look has it
        """No height: boxes have no title before them."""
        return 0

    def frame(self, group: Frame, sheet: Piece) -> None:
        """Draw a brace below a repeated box."""
        if group.times != 1:
            sheet.groups = {group.id: (sheet.left - _BRACE, 0.0, sheet.left, sheet.height), **sheet.groups}
            sheet.left -= _BRACE


def _sheet(node: Box, half: float, long: float, after: float, below: float) -> Piece:
    box = (-half, 0.0, half, long)
    sheet = Piece(-below, half, long + after, nodes={node.id: box}, box=box, outs={node.id: 0})
    sheet.wire(node.id, (0, long), (0, long + after))
    return sheet


def _number(n: Dim) -> float:
    """A size as a number, with a fixed value for each letter."""
    if isinstance(n, int):
        return n
    return max(1.0, float(n.subs(dict.fromkeys(n.free_symbols, _LETTER))))
