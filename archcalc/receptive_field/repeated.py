"""Fields through what a letter repeats: those of two repetitions that follow each other, continued as they grow.

A repetition that keeps its shape adds the same to the ends of every window each time, so that an end is a line in the
number of repetitions. That it is one is not taken for granted: a third repetition must lie on it.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from archcalc.layers.window import Window
from archcalc.receptive_field.field import ChannelRun, Field, Reaches
from archcalc.receptive_field.reach import AxisField, Route, Strands
from archcalc.receptive_field.strand import Strand
from archcalc.symbols.dims import Dim, Ratio


def continued(one: Field, two: Field, three: Field, further: Dim, before: Field | None = None) -> Field:
    """The field of a layer so many repetitions after `one`, from those of three that follow each other.

    It is a bound on the whole input where they, and the field `before` them if it is given, do not lie on a line.
    """
    found, ahead, behind = (_further(one, two, n) for n in (further, 2, -1))
    straight = ahead is not None and _windows(ahead) == _windows(three)
    if before is not None:
        straight &= behind is not None and _windows(behind) == _windows(before)
    if not straight or found is None or ahead is None:
        return _bound(one)
    if _paths(ahead) == _paths(three) and (before is None or (behind is not None and _paths(behind) == _paths(before))):
        return found
    unsure = tuple(reach and replace(reach, followed=False) for reach in found.reaches)
    return replace(found, reaches=unsure)


def _paths(field: Field) -> list[list[Strands]]:
    """The windows of the single paths that are kept."""
    return [[route.strands for route in (*reach.short, *reach.long)] for reach in field.reaches if reach is not None]


def _windows(field: Field) -> list[list[Strands | None]]:
    """The windows of a field along each axis, of all channels and of each run of them."""
    every = (field.reaches, *(part.reaches for part in field.parts))
    return [[None if reach is None else reach.strands for reach in reaches] for reaches in every]


def _further(one: Field, two: Field, further: Dim) -> Field | None:
    """The field on the line through two that follow each other, None if they are not alike."""
    reaches = _reaches(one.reaches, two.reaches, further)
    if reaches is None or len(one.parts) != len(two.parts):
        return None
    parts = []
    for a, b in zip(one.parts, two.parts, strict=True):
        own = _reaches(a.reaches, b.reaches, further)
        if own is None or a.channels != b.channels:
            return None
        parts.append(ChannelRun(a.channels, own))
    return replace(one, reaches=reaches, parts=tuple(parts))


def _reaches(one: Reaches, two: Reaches, further: Dim) -> Reaches | None:
    found: list[AxisField | None] = []
    for a, b in zip(one, two, strict=True):
        if a is None or b is None:
            if a is not b:
                return None
            found.append(None)
            continue
        strands = _strands(a.strands, b.strands, further)
        if strands is None:
            return None
        sides = [_routes(x, y, further) for x, y in ((a.short, b.short), (a.long, b.long))]
        short, long = (side or (Route(strands),) for side in sides)
        found.append(AxisField(a.output, strands, short, long, a.followed and all(sides), a.misalignment))
    return tuple(found)


def _routes(one: Sequence[Route], two: Sequence[Route], further: Dim) -> tuple[Route, ...]:
    """The single paths, none if they are not alike."""
    if len(one) != len(two):
        return ()
    found = [(a, _strands(a.strands, b.strands, further)) for a, b in zip(one, two, strict=True)]
    if any(strands is None for _, strands in found):
        return ()
    return tuple(Route(strands) for _, strands in found if strands is not None)


def _strands(one: Strands, two: Strands, further: Dim) -> Strands | None:
    if len(one) != len(two):
        return None
    found = []
    for a, b in zip(one, two, strict=True):
        x, y = a.window, b.window
        alike = (a.digits, a.limits, a.gaps, a.padded) == (b.digits, b.limits, b.gaps, b.padded)
        moves = (x.advance, x.step, x.stretch, x.loose, len(x.phases))
        if not alike or moves != (y.advance, y.step, y.stretch, y.loose, len(y.phases)):
            return None
        ends = zip(x.phases, y.phases, strict=True)
        phases = tuple(tuple(_on(p, q, further) for p, q in zip(lo, hi, strict=True)) for lo, hi in ends)
        found.append(replace(a, window=replace(x, phases=phases)))
    return tuple(found)


def _on(one: Ratio, two: Ratio, further: Dim) -> Ratio:
    return one if one == two else one + (two - one) * further


def _bound(field: Field) -> Field:
    """A field that says only that all that is seen lies within the input."""

    def of(reach: AxisField | None, whole: Dim) -> AxisField | None:
        if reach is None:
            return None
        strands = (Strand(Window(0, ((0, whole - 1),), loose=True), ()),)
        return AxisField(reach.output, strands, (Route(strands),), (Route(strands),), followed=False)

    reaches = tuple(of(reach, whole) for reach, whole in zip(field.reaches, field.whole, strict=True))
    return replace(field, reaches=reaches, parts=(), picked=True)
