"""Mistakes in working out a layer: each is the layer recomputed with the mistake in it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from typing import TypeAlias

from archcalc.grading.case import Case, gathering
from archcalc.layers.axes import both_sides, each_axis
from archcalc.layers.geometry import Geometry
from archcalc.layers.sliding import span
from archcalc.symbols.dims import Dim, ceil_div, floor_div
from archcalc.symbols.shape import axes_of, axis_names, place_sizes, places_of, with_sizes, without

# The mistake in words, and the layer recomputed with it.
Mistake: TypeAlias = tuple[str, Case]
_Found: TypeAlias = Iterator[tuple[str, Case | None]]


def mistakes(case: Case) -> Iterator[Mistake]:
    """The layer with one mistake each, the likeliest first, without those that change nothing."""
    for found in (_padding, _rounding, _steps, _formula, _kept, _joined, _parts, _counted):
        for said, other in found(case):
            if other is not None and (other.layer, other.inputs, other.output) != (
                case.layer,
                case.inputs,
                case.output,
            ):
                yield said, other


def _sliding(case: Case) -> Geometry | None:
    """The geometry of a window over an image of the right rank; None if the layer has none that gathers."""
    fits = case.inputs and len(places_of(case.inputs[0])) == case.layer.rank
    return gathering(case.layer) if fits else None


def _sized(case: Case, sizes: Iterable[Dim]) -> Case | None:
    """The case with other sizes of its output's places."""
    return case.yielding(with_sizes(case.output, dict(zip(places_of(case.output), sizes, strict=True))))


def _padding(case: Case) -> _Found:
    """Padding left out, on one side only, or too much of it."""
    geometry = case.layer.geometry()
    if geometry is None or geometry.padding == 0:
        return
    padding = geometry.padding
    yield "no padding", case.redone(padding=0)
    if padding != "same":
        sides = [side if isinstance(side, tuple) else (side, side) for side in each_axis(padding, case.layer.rank)]
        yield "padding on one side only", case.redone(padding=tuple((before, 0) for before, _ in sides))
        yield "padding counted twice", case.redone(padding=tuple((2 * a, 2 * b) for a, b in sides))
    yield "output padding left out", case.redone(output_padding=0)


def _rounding(case: Case) -> _Found:
    """Sizes rounded up instead of down, or down instead of up."""
    geometry = _sliding(case)
    if geometry is None:
        return
    kernel, stride, padding, dilation, up = geometry
    words = "rounded down where the layer rounds up" if up else "rounded up where the layer rounds down"
    yield words, case.redone(ceil_mode=not up)
    rank = case.layer.rank
    axes = [place_sizes(case.inputs[0]), *(each_axis(field, rank) for field in (kernel, stride, dilation))]
    if padding == "same":
        down = tuple(floor_div(n, s) for n, _, s, _ in zip(*axes, strict=True))
        yield "rounded down where padding 'same' rounds up", _sized(case, down)
    elif not up:
        # Without the rule that the last window must start inside, which few know and a convolution does not need.
        sides = zip(*axes, both_sides(padding, rank), strict=True)
        rooms = ((n + before + after - span(k, d), s) for n, k, s, d, (before, after) in sides)
        yield words, _sized(case, (ceil_div(room, s) + 1 for room, s in rooms))


def _steps(case: Case) -> _Found:
    """Dilation or stride taken as 1."""
    geometry = case.layer.geometry()
    if geometry and geometry.dilation not in {1, (1,) * case.layer.rank}:
        yield "dilation ignored", case.redone(dilation=1)
    yield "stride ignored", case.redone(stride=1)


def _formula(case: Case) -> _Found:
    """The output formula with a part forgotten."""
    geometry = _sliding(case)
    if geometry is None:
        return
    yield "the + 1 of the output formula forgotten", _sized(case, (n - 1 for n in place_sizes(case.output)))
    windows = (each_axis(field, case.layer.rank) for field in (geometry.kernel, geometry.stride))
    axes = list(zip(place_sizes(case.inputs[0]), *windows, strict=True))
    if any(k != 1 for _, k, _ in axes):
        said = "kernel and padding left out: input / stride"
        yield said, _sized(case, (floor_div(n, s) for n, _, s in axes))
        yield f"{said}, rounded up", _sized(case, (ceil_div(n, s) for n, _, s in axes))
    if any(s != 1 for *_, s in axes):
        yield "divided by the kernel, not by the stride", case.redone(stride=geometry.kernel)


def _kept(case: Case) -> _Found:
    """The input's size, or its channels, taken as the output's."""
    if len(case.inputs) != 1:
        return
    [x] = case.inputs
    if len(x) == len(case.output):
        values, places = case.values, [axis for axis in range(len(x)) if axis != case.values]
        yield f"the input's {case.values_name} kept", case.yielding(with_sizes(case.output, {values: x[values]}))
        names = " and ".join(axis_names(case.axes)[axis] for axis in places) or "size"
        yield f"the input's {names} kept", case.yielding(with_sizes(case.output, {axis: x[axis] for axis in places}))
        yield "the input's shape kept", case.yielding(x)
    elif not places_of(case.output) and places_of(x):
        [values] = {*range(len(x))} - {*places_of(x)}
        name = axes_of(x)[values] or "channels"
        yield f"{name} forgotten: places alone", case.yielding((without(x, (values,)),))
        yield f"places forgotten: {name} alone", case.yielding((x[values],))


def _joined(case: Case) -> _Found:
    """Branches added where they are concatenated, or concatenated where they are added."""
    first, *others = case.inputs or ((),)
    if not others or any(len(x) != len(first) for x in others):
        return
    if case.layer.joined_axis is not None:
        for place, x in enumerate(case.inputs, start=1):
            yield f"the branches not joined: branch {place} alone", case.yielding(x)
    else:
        joined = sum(n for x in case.inputs if isinstance(n := x[case.values], int))
        yield f"the branches' {case.values_name} added up", case.yielding(with_sizes(first, {case.values: joined}))


def _parts(case: Case) -> _Found:
    """Weights counted with a part of their shape left out; the output stays."""
    if case.layer.filters is None:
        return
    geometry = case.layer.geometry()
    rank = case.layer.rank
    if geometry and math.prod(sizes := each_axis(geometry.kernel, rank)) > max(sizes):
        for axis, k in enumerate(sizes):
            alone = tuple(k if at == axis else 1 for at in range(rank))
            yield "kernel counted along one axis only", case.redone(keep=True, kernel=alone)
    groups = case.layer.filter_groups
    if groups != 1:
        yield "groups ignored", case.redone(keep=True, groups=1)
        yield "divided by the groups twice", case.redone(keep=True, groups=groups**2)
    if len(case.inputs) == 1:
        yield from _channels(case, groups)


def _channels(case: Case, groups: Dim) -> _Found:
    """One input channel, or one filter, taken for all of them."""
    [x] = case.inputs
    if case.layer.geometry():
        yield "input channels forgotten", case.redone(keep=True, inputs=(with_sizes(x, {case.values: groups}),))
    elif case.layer.entries is None:
        said = f"input {case.values_name} forgotten"
        yield said, case.redone(keep=True, inputs=(with_sizes(x, {case.values: 1}),))
    yield "one filter counted, not all", case.redone(keep=True, out=groups)


def _counted(case: Case) -> _Found:
    """The bias left out; the output stays."""
    yield "the bias forgotten", case.redone(keep=True, bias=False)
