"""The input seen by a single position of a layer: its box, and the distribution of influence over it."""

from __future__ import annotations

import math
from fractions import Fraction
from functools import cached_property
from itertools import accumulate
from typing import Any, cast

import msgspec

from archcalc.errors import SpecError
from archcalc.network.graph import Graph
from archcalc.network.parts import require_depths
from archcalc.receptive_field.dependence import backward_counts
from archcalc.receptive_field.field import Field
from archcalc.receptive_field.fields import axes_of, receptive_fields
from archcalc.symbols.dims import Ratio, Shape, format_shape
from archcalc.symbols.shape import places_of

# The share of the largest influence that still counts, after Luo et al.: that of a Gaussian at two deviations.
_STILL_SEEN = 1 - Fraction(9545, 10000)
# A mark takes a byte, a count of paths takes tens of them.
_MAX_MARKS = 2**29
_MAX_COUNTS = 2**24


class Box(msgspec.Struct, frozen=True):
    """The input box that one position of a layer sees, over all channels: first and last along each axis, inclusive."""

    place: tuple[int, ...]
    # The box of the windows, however far the input reaches; None if only a bound is known.
    unclipped: tuple[tuple[int, int], ...] | None
    # The part of the box within the input; None if there is none.
    clipped: tuple[tuple[int, int], ...] | None
    # The number of input positions seen, fewer than the box holds if windows leave gaps.
    seen: int
    # The number of positions of the unclipped box beyond the input.
    padding: int | None


class Effective(msgspec.Struct, frozen=True, dict=True):
    """The effective receptive field of one position: the paths from every input position, counted (Luo et al. 2016).

    Every tap of every window counts as one step, as if all weights were equal, so that a position's share of all the
    paths is its share of the gradient (section 2.1 there). Channels are summed. Paths that leave the input do not
    count.
    """

    place: tuple[int, ...]
    # The first seen position along each axis, and the counts from there on as an array of whole numbers.
    corner: tuple[int, ...]
    counts: Any
    # The centre of the windows' box, and the largest distance from there within it.
    centre: tuple[Ratio, ...]
    radius: Fraction

    @property
    def total(self) -> int:
        """The number of all paths."""
        return int(self.counts.sum())

    @property
    def size(self) -> float:
        """The side of a square of all positions with at least 4.55 % of the largest influence (section 4 there)."""
        peak = max(self.counts.flat)
        seen = sum(count >= _STILL_SEEN * peak for count in self.counts.flat)
        return float(seen ** (1 / self.counts.ndim))

    @cached_property
    def counts_by_distance(self) -> dict[Fraction, int]:
        """The number of paths from each distance to the centre, which is the largest of those along the axes."""
        import numpy as np  # noqa: PLC0415 - fields need none of it

        # Twice the distance is a whole number, since a centre lies on a position or between two.
        offsets = [
            abs(2 * (np.arange(n) + start) - int(2 * c))
            for start, c, n in zip(self.corner, self.centre, self.counts.shape, strict=True)
        ]
        distance = np.max(np.stack(np.broadcast_arrays(*np.ix_(*offsets))), axis=0)
        found: dict[int, int] = {}
        for d, count in zip(distance.flat, self.counts.flat, strict=True):
            found[int(d)] = found.get(int(d), 0) + count
        return {Fraction(d, 2): found[d] for d in sorted(found)}

    def within(self, distance: Ratio) -> Fraction:
        """The share of the influence within a distance from the centre along every axis.

        >>> from archcalc.language import load
        >>> effective(load("vgg16"), "conv1_2").within(1)
        Fraction(49, 81)
        """
        return Fraction(sum(count for d, count in self.counts_by_distance.items() if d <= distance), self.total)

    def radius_holding(self, share: Fraction) -> Fraction:
        """The least distance from the centre that contains at least this share of the influence."""
        sums = accumulate(self.counts_by_distance.values())
        least: Fraction = next(
            d for d, count in zip(self.counts_by_distance, sums, strict=True) if count >= share * self.total
        )
        return least


def box(graph: Graph, name: str, place: tuple[int, ...]) -> Box:
    """The box of input that a layer sees from one position.

    >>> from archcalc.language import load
    >>> box(load("vgg16"), "pool1", (0, 0))
    Box(place=(0, 0), unclipped=((-2, 3), (-2, 3)), clipped=((0, 3), (0, 3)), seen=16, padding=20)
    """
    import numpy as np  # noqa: PLC0415 - fields need none of it

    field, position = numbered(graph, name)
    check_size([node.shape for node in graph.nodes], _MAX_MARKS)
    marks = np.zeros(graph.nodes[position].shape, bool)
    axes = named_axes(field)
    _check(field, axes, place)
    marks[tuple(place[axes.index(axis)] if axis in axes else slice(None) for axis in range(marks.ndim))] = True
    seen = backward_counts(graph, position, marks, [node.shape for node in graph.nodes])
    seen = seen.any(tuple(axis for axis in range(seen.ndim) if axis not in axes_of(graph)))
    unclipped = _unclipped(field, axes, place)
    padding = None
    if unclipped is not None:
        inside = [max(0, min(hi, n - 1) - max(lo, 0) + 1) for (lo, hi), n in zip(unclipped, field.whole, strict=True)]
        padding = math.prod(hi - lo + 1 for lo, hi in unclipped) - math.prod(inside)
    clipped = tuple((int(hits.min()), int(hits.max())) for hits in seen.nonzero()) if seen.any() else None
    return Box(place, unclipped, clipped, int(seen.sum()), padding)


def effective(graph: Graph, name: str, place: tuple[int, ...] | None = None) -> Effective:
    """The effective receptive field of a layer at one position, or at the middle one."""
    import numpy as np  # noqa: PLC0415 - fields need none of it

    field, position = numbered(graph, name)
    axes = named_axes(field)
    place = tuple(field.output[axis] // 2 for axis in axes) if place is None else place
    _check(field, axes, place)
    shapes = [marked_shape(other) for other in receptive_fields(graph).values()]
    check_size(shapes, _MAX_COUNTS)
    marks = np.zeros(shapes[position], object)
    marks[tuple(place[axes.index(axis)] if axis in axes and n > 1 else 0 for axis, n in enumerate(marks.shape))] = 1
    counts = backward_counts(graph, position, marks, shapes)
    counts = counts.sum(tuple(axis for axis in range(counts.ndim) if axis not in axes_of(graph)))
    if not counts.any():
        raise SpecError(f"{name} sees nothing of the input from {_written(place)}")
    clipped = [(int(hits.min()), int(hits.max())) for hits in counts.nonzero()]
    sides = _unclipped(field, axes, place) or clipped
    return Effective(
        place,
        tuple(lo for lo, _ in clipped),
        counts[tuple(slice(lo, hi + 1) for lo, hi in clipped)],
        tuple(Fraction(lo + hi, 2) for lo, hi in sides),
        max(Fraction(hi - lo, 2) for lo, hi in sides),
    )


def named_axes(field: Field) -> list[int]:
    """The axes of a layer's output that a position names: all but its channels or features, or those of its field."""
    places = [*places_of(field.output)]
    moving = sorted({axis for reach in field.reaches if reach is not None for axis in reach.axes})
    # The only axis of a vector is one of units, of which a position is one.
    return places or [0] if set(moving) <= set(places) else moving


def numbered(graph: Graph, name: str) -> tuple[Field, int]:
    """The field of a layer and its position among the nodes; raises SpecError if letters leave sizes open."""
    require_depths(graph)
    sizes = [*graph.input, *(n for node in graph.nodes for n in node.shape)]
    if not all(isinstance(n, int) for n in sizes):
        raise SpecError(f"the input is {format_shape(graph.input)}", None, "a single place is found only in numbers")
    fields = receptive_fields(graph)
    return fields[name], list(fields).index(name)


def _check(field: Field, axes: list[int], place: tuple[int, ...]) -> None:
    sizes = [field.output[axis] for axis in axes]
    if len(place) != len(axes):
        wanted = "one number" if len(axes) == 1 else f"{len(axes)} numbers"
        raise SpecError(
            f"{field.name} puts out {format_shape(field.output)}; a place of it is {wanted}, not {len(place)}"
        )
    for i, n in zip(place, sizes, strict=True):
        if not 0 <= i < n:
            raise SpecError(f"{field.name} puts out {format_shape(field.output)}; {i} is not one of 0 to {n - 1}")


def check_size(shapes: list[Shape], most: int) -> None:
    """Raise SpecError if following every value would take more memory than machines have."""
    largest = max(math.prod(shape) for shape in shapes)
    if largest > most:
        raise SpecError(
            f"{largest:,} values are too many to follow one by one; {most:,} can be", None, "try a smaller --input"
        )


def _unclipped(field: Field, axes: list[int], place: tuple[int, ...]) -> tuple[tuple[int, int], ...] | None:
    index = dict.fromkeys(range(len(field.output)), 0) | dict(zip(axes, place, strict=True))
    ends: list[tuple[int, int]] = []
    for reach in field.reaches:
        if reach is None or not reach.span[1] or not reach.axes <= set(axes):
            return None
        seen = reach.at(tuple(index.values()))
        if seen is None:
            return None
        # Only a bound may have fractional ends.
        ends.append(cast("tuple[int, int]", seen))
    return tuple(ends)


def marked_shape(field: Field) -> Shape:
    """The shape of a layer's output with 1 for every axis along which all positions see the same."""
    axes = {axis for reach in field.reaches if reach is not None for axis in reach.axes}
    if not field.exact:
        return field.output
    # A position that sees nothing may lie beside others that see everything.
    places = places_of(field.output)
    axes |= set(places) if places[1:] else set()
    return tuple(n if axis in axes else 1 for axis, n in enumerate(field.output))


def _written(place: tuple[int, ...]) -> str:
    return f"[{','.join(map(str, place))}]"
