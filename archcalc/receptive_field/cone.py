"""The cone below one output: the places of every layer that it depends on, along one axis of the input."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import chain
from typing import NamedTuple

import msgspec

from archcalc.errors import SpecError
from archcalc.layers.window import IDENTITY, Window
from archcalc.network.graph import Graph
from archcalc.receptive_field.dependence import backward
from archcalc.receptive_field.effective import check_size, marked_shape, numbered
from archcalc.receptive_field.field import Field
from archcalc.symbols.dims import Ratio
from archcalc.symbols.shape import axes_of, places_of

# A mark takes a byte.
_MAX_MARKS = 2**29


class Level(msgspec.Struct, frozen=True):
    """A layer in the cone: its places along the axis, those the output depends on, and the padding among its taps."""

    name: str
    places: int
    seen: tuple[int, ...]
    # Places before 0 or behind the last, which windows of the layers above reach and which hold zeroes.
    padding: tuple[int, ...]
    size: Ratio
    jump: Ratio | None
    # The centre of the field of place 0 on the input, and the distance from there to the next.
    origin: float
    step: float
    # The first and the last input that the middle one of the seen places sees, wherever the input ends.
    field: tuple[Ratio, Ratio] | None

    def centre(self, place: float) -> float:
        """The position on the input's axis at which a place is drawn, also one of padding."""
        return self.origin + self.step * place


class Link(NamedTuple):
    """The windows of one layer on another below it: of each place above the taps, in padding too."""

    above: int
    below: int
    windows: tuple[tuple[int, tuple[int, ...]], ...]


class Cone(msgspec.Struct, frozen=True):
    """The layers below one place of a layer, the input first, without those that keep every value in its place."""

    axis: str
    # The input's places along the axis, and the place of the last layer.
    whole: int
    place: int
    levels: tuple[Level, ...]
    links: tuple[Link, ...]


def topmost(graph: Graph, fields: dict[str, Field], along: str | None = None) -> str:
    """The last layer with two places or more that see different parts of the input; raises SpecError if none has."""
    known = list(fields.values())
    axis = chosen(known, along)
    for field in reversed(known[1:]):
        own = _axis_of(field, axis)
        if own is not None and field.output[own] != 1:
            return field.name
    raise SpecError(f"the places of no layer of {graph.name} see different parts of the input")


def widest(fields: Sequence[Field]) -> int:
    """The input axis, among those with places, along which fields become the largest."""
    graph_axes = range(len(fields[0].axes))
    known = [[field.size[i] for field in fields if isinstance(field.size[i], int)] for i in graph_axes]
    return max(graph_axes, key=lambda i: (max(known[i], default=0), -i))


def chosen(fields: Sequence[Field], along: str | None) -> int:
    """The input axis of a name, or without one the widest; raises SpecError for a name that no axis with places has."""
    axes = fields[0].axes
    if along is None:
        return widest(fields)
    if along not in axes:
        raise SpecError(f"the input has no places along '{along[:100]}'", None, f"it has some along {', '.join(axes)}")
    return axes.index(along)


def cone(graph: Graph, fields: dict[str, Field], name: str, along: str | None = None) -> Cone:
    """The cone below the middle place of a layer, along an axis of the input or the one on which fields are largest.

    >>> from archcalc.language import load
    >>> from archcalc.receptive_field.fields import receptive_fields
    >>> graph = load("vgg16")
    >>> found = cone(graph, receptive_fields(graph), "pool1")
    >>> [(level.name, len(level.seen), level.size, level.jump) for level in found.levels]
    [('input', 6, 1, 1), ('conv1_1', 4, 3, 1), ('conv1_2', 2, 5, 1), ('pool1', 1, 6, 2)]
    """
    import numpy as np  # noqa: PLC0415 - fields need none of it

    _, top = numbered(graph, name)
    known = list(fields.values())
    axis = chosen(known, along)
    axes = {number: _axis_of(field, axis) for number, field in enumerate(known[: top + 1])}
    if axes[top] is None:
        remedy = f"{topmost(graph, fields, along)} is the last whose do"
        raise SpecError(f"the places of {name} do not see different parts of the input", None, remedy)
    shapes = [marked_shape(field) for field in known]
    check_size(shapes, _MAX_MARKS)
    marks = np.zeros(shapes[top], bool)
    middle = tuple(n // 2 for n in marks.shape)
    # Of a place all channels.
    marks[tuple(middle[i] if i in places_of(known[top].output) else slice(None) for i in range(marks.ndim))] = True
    seen: dict[int, tuple[int, ...]] = {}
    for number, mark in backward(graph, top, marks, shapes):
        if (own := axes.get(number)) is not None:
            hits = mark.any(tuple(i for i in range(mark.ndim) if i != own)).nonzero()[0]
            seen[number] = tuple(map(int, hits)) if mark.shape[own] > 1 else tuple(range(known[number].output[own]))
    return _drawn(graph, known, axis, seen, {n: i for n, i in axes.items() if i is not None})


def _axis_of(field: Field, axis: int) -> int | None:
    """The axis of a layer's output that goes along an axis of the input; None without one."""
    # Of an input of tokens every axis has places, and no other values.
    places = tuple(range(len(field.axes))) if axes_of(field.output) == field.axes else places_of(field.output)
    reach = field.reaches[axis]
    if reach is None or len(places) != len(field.axes) or places[axis] not in reach.axes:
        return None
    return places[axis]


def _drawn(
    graph: Graph, fields: list[Field], axis: int, seen: dict[int, tuple[int, ...]], along: dict[int, int]
) -> Cone:
    """The cone without layers that keep places, whose windows are taken as those of the layers that they read."""
    top = max(seen)
    windows = {number: _windows(graph, number, along) for number in seen}
    kept = [number for number in sorted(seen) if number in {0, top} or any(w for _, w in windows[number])]
    roots: dict[int, set[int]] = {}
    for number in sorted(seen):
        roots[number] = {number} if number in kept else set().union(*(roots.get(i, set()) for i, _ in windows[number]))
    levels, padding, links = {number: i for i, number in enumerate(kept)}, {number: set[int]() for number in kept}, []
    for number in kept:
        for source, window in windows[number]:
            n = fields[source].output[along[source]]
            taps = [(i, _taps(window or IDENTITY, i)) for i in seen[number]]
            for root in sorted(roots.get(source, ())):
                padding[root] |= {tap for tap in chain.from_iterable(t for _, t in taps) if not 0 <= tap < n}
                links.append(Link(levels[number], levels[root], tuple(taps)))
    found = [_level(fields[n], axis, along[n], seen[n], tuple(sorted(padding[n]))) for n in kept]
    place = seen[top][0]
    return Cone(fields[0].axes[axis], int(fields[0].whole[axis]), place, tuple(found), tuple(dict.fromkeys(links)))


def _windows(graph: Graph, number: int, along: dict[int, int]) -> list[tuple[int, Window | None]]:
    """The inputs of a layer with its windows on them along the axis, None for one that keeps every place."""
    node, found = graph.nodes[number], []
    shapes = [graph.nodes[i].shape for i in node.inputs]
    for source, views in zip(node.inputs, node.layer.receptive_views(*shapes) if number else (), strict=True):
        for view in views:
            if source in along and view and view[along[source]].axis == along[number]:
                window = view[along[source]].window
                same = window == IDENTITY and graph.nodes[source].shape[along[source]] == node.shape[along[number]]
                found.append((source, None if same else window))
    return found


def _taps(window: Window, place: int) -> tuple[int, ...]:
    lo, hi = window.at(place)
    return tuple(range(int(lo), int(hi) + 1, int(window.step)))


def _level(field: Field, axis: int, own: int, seen: tuple[int, ...], padding: tuple[int, ...]) -> Level:
    n, whole = int(field.output[own]), int(field.whole[axis])
    jump, start, first = field.jump[axis], field.start[axis], field.first[axis]
    if isinstance(jump, (int, Fraction)) and jump and isinstance(start, (int, Fraction)) and isinstance(first, int):
        step = float(jump)
        origin = float(start) - step * first
    else:
        step = whole / n
        origin = step / 2 - 0.5
    index = [size // 2 for size in field.output]
    index[own] = seen[len(seen) // 2]
    reach = field.reaches[axis]
    ends = None if reach is None else reach.at(tuple(index))
    return Level(field.name, n, seen, padding, field.size[axis], jump, origin, step, ends)
