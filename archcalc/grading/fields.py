"""Receptive fields as people work them out: the field before, and (kernel − 1) · jump more."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from archcalc.dims import Shape
from archcalc.grading.miscounts import swapped_digits
from archcalc.grading.written import Written
from archcalc.layers.base import each_axis
from archcalc.rows import Profile, Row


def exact_field(profile: Profile, row: Row) -> Shape | None:
    """The receptive field of a row, an entry for each axis; None where it has none that is a number."""
    size = profile.fields[row.name].size
    return size if size and all(isinstance(n, int) for n in size) else None


def is_field(cell: Written, field: Shape) -> bool:
    """Whether a field was written: for each axis, or once where all are the same."""
    return field in cell.shapes or (len(set(field)) == 1 and field[:1] in cell.shapes)


def field_of(cell: Written, axes: int) -> Shape | None:
    """The field that was written, an entry for each axis."""
    for shape in cell.shapes:
        if len(shape) in {1, axes}:
            return shape * axes if len(shape) == 1 else shape
    return None


def grown(profile: Profile, row: Row, source: str, before: Shape) -> Shape | None:
    """The field of a row that adds to that of a layer before it as much as it should, wherever that stands."""
    exact, base = exact_field(profile, row), profile.fields[source].size
    if exact is None or len(base) != len(exact) or any(b > n for b, n in zip(base, exact, strict=True)):
        return None
    return tuple(n - b + own for n, b, own in zip(exact, base, before, strict=True))


def field_slips(profile: Profile, row: Row, source: str, before: Shape, cell: Written) -> tuple[str, ...]:
    """The slips that give a field, where the layer before has the field `before`."""
    return tuple(dict.fromkeys(said for said, field in _fields(profile, row, source, before) if is_field(cell, field)))


def _fields(profile: Profile, row: Row, source: str, before: Shape) -> Iterator[tuple[str, Shape]]:
    layer: Any = row.definition
    jumps = profile.fields[source].jump
    if hasattr(layer, "geometry") and len(jumps) == layer.rank == len(before):
        kernel, stride, _, dilation, _ = layer.geometry()
        fields = (before, jumps, *(each_axis(field, layer.rank) for field in (kernel, stride, dilation)))
        axes = list(zip(*fields, strict=True))
        yield "kernel in place of kernel − 1", tuple(n + k * d * j for n, j, k, _, d in axes)
        yield "the jump forgotten: kernel − 1 added once", tuple(n + (k - 1) * d for n, _, k, _, d in axes)
        yield "the layer's own stride counted in the jump", tuple(n + (k - 1) * d * j * s for n, j, k, s, d in axes)
        yield "only the layer's own stride taken for the jump", tuple(n + (k - 1) * d * s for n, _, k, s, d in axes)
        yield "dilation ignored", tuple(n + (k - 1) * j for n, j, k, _, d in axes)
        yield "the kernel alone", tuple(k for _, _, k, _, _ in axes)
    yield "the field of the layer before kept", before
    exact = exact_field(profile, row)
    if exact is not None:
        for said, value in swapped_digits(exact[0]) if len(set(exact)) == 1 else ():
            yield said, (value,) * len(exact)
