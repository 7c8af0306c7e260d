"""The possible origins of a printed size of a layer: another input, rounding, stride or padding."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from archcalc.diagnosis.network import Network, image_sides, measured, rebuilt, squared
from archcalc.errors import SpecError
from archcalc.layers.base import Layer
from archcalc.network.figures import Term
from archcalc.network.graph import Graph, Node
from archcalc.profiling.engine import profile
from archcalc.symbols.dims import Shape, format_shape
from archcalc.symbols.shape import place_sizes, places_of

_WIDEST = 2048
_STRIDES = range(1, 9)
_PADDINGS = range(5)


def agrees(printed: Shape, exact: Shape) -> bool:
    """True if a printed shape matches the exact one: channels first, channels last, or positions alone.

    >>> agrees((55, 55, 96), (96, 55, 55)), agrees((27, 27), (96, 27, 27)), agrees((9216,), (9216,))
    (True, True, True)
    """
    places = place_sizes(exact)
    values = tuple(n for axis, n in enumerate(exact) if axis not in places_of(exact))
    if not places:
        # A vector is often written as 1×1×n.
        return printed in {exact, (1, 1, *exact), (*exact, 1, 1)}
    return printed in {exact, values + places, places + values, places}


class Altered(msgspec.Struct, frozen=True):
    """Changes to a network that give a printed size, simplest first, and the number tried."""

    said: tuple[str, ...]
    tried: int


def altered(network: Network, term: Term, printed: Shape) -> Altered:
    """The changes after which the output of a layer prints so: its rounding, the input, its stride, its padding."""
    graph = network.named(term.network).graph
    sides, tried = _sides(graph, term, printed)
    name = _window(graph, term.layer)
    said: dict[str, list[int]] = {}
    for words, value, other in _changes(graph, name):
        tried += 1
        if other is not None and agrees(printed, _size(other, term)):
            said.setdefault(words, []).append(value)
    rounded = [words for words in said if words.endswith("mode")]
    others = [f"{words} {_range(values)} in {name}" for words, values in said.items() if words not in rounded]
    return Altered((*rounded, *([sides] if sides else []), *others), tried)


def _size(graph: Graph, term: Term) -> Shape:
    value = measured(profile(graph), Term("output", term.layer))
    assert isinstance(value, tuple)  # noqa: S101 - what `output` is
    return value


def _range(values: list[int]) -> str:
    return str(values[0]) if len(values) == 1 else f"{values[0]} to {values[-1]}"


def _window(graph: Graph, layer: str) -> str:
    """The last layer up to a given one whose window is larger than 1."""
    positions = {node.name: position for position, node in enumerate(graph.nodes)}
    rows = [name for name in positions if not layer or name == layer or name.startswith(f"{layer}/")]
    position = positions[rows[-1]]
    while position:
        geometry = graph.nodes[position].layer.geometry()
        if geometry and geometry.kernel not in (1, (1, 1)):
            break
        position = graph.nodes[position].inputs[0] if graph.nodes[position].inputs else 0
    return graph.nodes[position].name


def _changes(graph: Graph, layer: str) -> Iterator[tuple[str, int, Graph | None]]:
    """The graph with one change each, the likeliest first: the words, the new value and the graph."""
    for up in (True, False):

        def pool(node: Node, *, up: bool = up) -> Layer:
            return node.layer.changed(ceil_mode=up) if node.name == layer else node.layer

        def pools(node: Node, *, up: bool = up) -> Layer:
            return node.layer.changed(ceil_mode=up)

        mode = f"{'ceil' if up else 'floor'} mode"
        yield f"{layer} in {mode}", int(up), rebuilt(graph, pool)
        yield f"all pools in {mode}", int(up), rebuilt(graph, pools)
    for field, values in (("stride", _STRIDES), ("padding", _PADDINGS)):
        for value in values:

            def change(node: Node, *, field: str = field, value: int = value) -> Layer:
                return node.layer.changed(**{field: value}) if node.name == layer else node.layer

            yield field, value, rebuilt(graph, change)


def _sides(graph: Graph, term: Term, printed: Shape) -> tuple[str, int]:
    """The square inputs that give the size, found by bisection since a larger input never gives a smaller output."""
    if not image_sides(graph.input):
        return "", 0
    tried = 0
    places = printed[:2] if len(printed) < 3 or printed[0] == printed[1] else printed[1:]

    def reaches(side: int, wanted: int) -> bool:
        nonlocal tried
        tried += 1
        other = squared(graph, side)
        size = None if other is None else _size(other, term)
        sides = () if size is None else image_sides(size)
        return size is not None and bool(sides) and size[sides[0]] >= wanted

    def least(wanted: int) -> int:
        low, high = 1, _WIDEST
        while low < high:
            middle = (low + high) // 2
            low, high = (low, middle) if reaches(middle, wanted) else (middle + 1, high)
        return low

    try:
        first, last = least(places[0]), least(places[0] + 1) - 1
    except SpecError:
        return "", tried
    other = squared(graph, first) if first <= last < _WIDEST else None
    if other is None or not agrees(printed, _size(other, term)):
        return "", tried
    at_least = format_shape((first, first))
    return (f"input {at_least}" if first == last else f"input {at_least} (to {format_shape((last, last))})"), tried
