"""Receptive fields held against what every value of a network is found to see, over all outputs of all layers."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise, product
from typing import Any, NamedTuple

import numpy as np

from archcalc.network.graph import Graph
from archcalc.receptive_field.field import Field
from archcalc.receptive_field.fields import axes_of, receptive_fields
from archcalc.receptive_field.reach import AxisField, propagate
from archcalc.receptive_field.spans import seen_at, span
from archcalc.symbols.shape import NamedShape, values_axis
from tests.receptive_field.field_oracle import NONE, Seen, alone, followed

_MAX_PATHS = 40


def problems(graph: Graph, tally: Counter[str]) -> Iterator[str]:
    """What the fields of a network say that is not so, or do not say that is."""
    fields = list(receptive_fields(graph).values())
    axes = list(axes_of(graph))
    every = [followed(graph, axis) for axis in axes]
    for number, axis in enumerate(axes):
        local = followed(graph, axis, local=True)
        for position, field in enumerate(fields):
            reach, where = field.reaches[number], f"{field.name} ({field.kind}) axis {axis}"
            seen = every[number][position]
            if reach is None:
                if (seen.lo != NONE).any():
                    yield f"{where}: sees nothing by its field"
                continue
            tally["fields"] += 1
            tally["bounds"] += not field.exact
            look = Look(
                tally,
                field.exact and not shared(field),
                field.reaches,
                np.logical_or.reduce([s[position].left for s in every]),
            )
            yield from (f"{where}: {said}" for said in held(reach, seen, look))
            if reach.local and len(reach.local) < len(reach.strands):
                tally["local beside fixed" if not local[position].moot else "local in words alone"] += 1
                alone_local = AxisField(reach.output, reach.local, (), ())
                found = () if local[position].moot else held(alone_local, local[position], look)
                yield from (f"{where}: local: {said}" for said in found)
            yield from (f"{where}: {said}" for said in numbers(field, number, reach, seen))
            yield from (
                f"{where}: part: {said}" for said in parted(graph.nodes[position].shape, field, number, seen, look)
            )
            yield from (f"{where}: paths: {said}" for said in paths(graph, fields, position, number, axis, tally))


def shared(field: Field) -> bool:
    """Whether an index is that of a place and of some of its values: places lie among channels that see differently.

    So it is where several places share an axis with channels, and where an axis has places in one branch and channels in another.
    """
    if not field.mixed:
        return False
    for reach in field.reaches:
        strands = reach.strands if reach else ()
        axes = {frozenset(digit.axis for digit in strand.digits) for strand in strands if strand.digits}
        if len(axes) > 1 or not all(digit.plain for strand in strands for digit in strand.digits):
            return True
        if any(strand.axes - {digit.axis for digit in strand.digits} for strand in strands):
            return True
    return False


class Look(NamedTuple):
    """How closely a field is looked at: whether it is exact, what is seen of the other axes, and where any of them met an end."""

    tally: Counter[str]
    exact: bool
    others: Sequence[AxisField | None]
    left: Any


def held(reach: AxisField, seen: Seen, look: Look) -> Iterator[str]:
    """At every place, the window against what is seen: no less, and no more where no step on the way met an end."""
    rest = tuple(a for a in range(seen.lo.ndim) if a not in reach.axes)
    lo, hi = seen.lo.min(rest, keepdims=True), seen.hi.max(rest, keepdims=True)
    left, anywhere = seen.left.any(rest, keepdims=True), look.left.any(rest, keepdims=True)
    if sum(bool(reach.axes & other.axes) for other in look.others if other is not None) > 1:
        # Places of two axes in one line: one that lies beyond an end by either of them is not there.
        left = anywhere
    for index in np.ndindex(lo.shape):
        said = reach.at(index)
        if lo[index] != NONE and (said is None or said[0] > lo[index] or said[1] < hi[index]):
            yield f"at {index} sees {lo[index]} to {hi[index]}, {said} by its window"
        if not look.exact or left[index]:
            continue
        look.tally["places"] += 1
        if lo[index] == NONE:
            # What every place sees is said of those that see anything, and each axis by itself.
            ends = seen_at(reach.local, index)
            others = [other.local for other in look.others if other is not None]
            seeing = [strands for strands in others if (at := seen_at(strands, index))[1] >= at[0]]
            if ends[1] >= ends[0] and not anywhere[index] and len(seeing) == len(others):
                yield f"at {index} sees nothing, {said} by its window"
        elif said != (lo[index], hi[index]):
            yield f"at {index} sees {lo[index]} to {hi[index]} away from ends, {said} by its window"


def numbers(field: Field, number: int, reach: AxisField, seen: Seen) -> Iterator[str]:
    """The numbers of a row, from its windows at all places one by one."""
    places = [range(n) if a in reach.axes else range(1) for a, n in enumerate(reach.output)]
    claims = {index: reach.at(index) for index in product(*places)}
    lengths = [math.floor(ends[1]) - math.ceil(ends[0]) + 1 for ends in claims.values() if ends]
    there = seen.lo != NONE
    largest = int((seen.hi - seen.lo)[there].max()) + 1 if there.any() else 0
    size, least, most = (values[number] for values in (field.size, field.shortest, field.longest))
    if field.exact and size != max(lengths, default=0):
        yield f"size {size}, the largest of all places {max(lengths, default=0)}"
    if size < largest:
        yield f"size {size} where {largest} is seen"
    if not least <= most <= size:
        yield f"paths {least} to {most}, all of them {size}"
    fixed = reach.fixed
    if fixed is not None and any(ends and (ends[0] > fixed[0] or ends[1] < fixed[1]) for ends in claims.values()):
        yield f"what every place sees, {fixed}, is not in all of {claims}"
    jump = field.jump[number]
    (axis, *others) = sorted(reach.axes) or (0,)
    plain = all(d.plain and d.times == 1 for s in reach.local for d in s.digits) and not any(
        s.limits for s in reach.local
    )
    if jump and not others and plain and field.exact:
        period = math.lcm(*(len(strand.window.phases) for strand in reach.local))
        for i in range(reach.output[axis] - period):
            index = [0] * len(reach.output)
            index[axis] = i
            one = seen_at(reach.local, tuple(index))
            index[axis] = i + period
            other = seen_at(reach.local, tuple(index))
            if one[0] <= one[1] and other[0] - one[0] != jump * period:
                yield f"jump {jump}, from {one} to {other} in {period} places"
    first = field.first[number]
    if first is not None and not others and field.exact:
        seeing = [
            index[axis]
            for index, _ in claims.items()
            if seen_at(reach.local or reach.strands, index)[1] >= seen_at(reach.local or reach.strands, index)[0]
        ]
        if seeing and first != min(seeing):
            yield f"the first output that sees anything is {min(seeing)}, not {first}"


def parted(shape: NamedShape, field: Field, number: int, seen: Seen, look: Look) -> Iterator[str]:
    """Runs of channels each by themselves, wherever the channels lie."""
    start, before = 0, (slice(None),) * (values_axis(shape.axes) or 0)
    for part in field.parts:
        reach, run = part.reaches[number], (*before, slice(start, start + part.channels))
        start += part.channels
        own = Seen(*(values[run] for values in seen[:3]))
        look.tally["parts"] += 1
        if reach is None:
            if (own.lo != NONE).any():
                yield "sees nothing by its field"
        else:
            exact = field.exact and not field.mixed
            yield from held(reach, own, Look(look.tally, exact, part.reaches, look.left[run]))


def paths(  # noqa: PLR0913, PLR0917 - what a field is found from, and by
    graph: Graph, fields: list[Field], position: int, number: int, axis: int, tally: Counter[str]
) -> Iterator[str]:
    """The smallest and the largest of the paths one by one."""
    field, sizes, sure = fields[position], [], True
    if not field.followed or ways(graph, position) > _MAX_PATHS:
        return
    for path, seen in alone(graph, axis, position):
        reach: AxisField | None = fields[0].reaches[number]
        for before, after in pairwise(path):
            node = graph.nodes[after]
            shapes = [graph.nodes[i].shape for i in node.inputs]
            which = [w for w, i in enumerate(node.inputs) if i == before]
            views = node.layer.receptive_views(*shapes)[which[0]]
            if len(which) > 1 or len(views) > 1 or reach is None:
                return
            reach = propagate(reach, views[0], node.shape, field.whole[number], (0, -1))
        there = seen.lo != NONE
        sure = sure and reach is not None and bool(there.any())
        if reach is None:
            continue
        size, exact = span(reach.strands, reach.output)
        sure = sure and exact
        if there.any():
            sizes.append(size)
            if size < int((seen.hi - seen.lo)[there].max()) + 1:
                yield f"{path} has {size}"
    if sure and sizes:
        tally["paths"] += len(sizes)
        if (field.shortest[number], field.longest[number]) != (min(sizes), max(sizes)):
            yield f"{field.shortest[number]} to {field.longest[number]}, one by one {min(sizes)} to {max(sizes)}"


def ways(graph: Graph, position: int) -> int:
    counts = [1]
    for node in graph.nodes[1 : position + 1]:
        counts.append(sum(counts[i] for i in node.inputs))
    return counts[position]
