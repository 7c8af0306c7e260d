"""The field of one position of a layer as parts of a page, with a picture in shades, and as plain values."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

from archcalc.document.content import Code, Head, Notes, Part, Table
from archcalc.formats.rf.fields import plain
from archcalc.formats.table.columns import percent
from archcalc.layers.intervals import number_text
from archcalc.receptive_field.effective import Box, Effective

_SHADES = " .:-=+*#%@"
_ROWS, _COLUMNS = 24, 64
_MAX_BANDS = 10


def seen(found: Box) -> Notes:
    """The box of input that one position sees, and its share of padding."""
    where = f"[{','.join(map(str, found.place))}]"
    if found.clipped is None:
        said = f"{where} sees nothing of the input"
    else:
        gaps = "" if found.seen == _places(found.clipped) else f", {found.seen:,} of them with gaps between"
        said = f"{where} sees input {_box(found.clipped)}, {_places(found.clipped):,} places{gaps}"
    if found.unclipped is None or found.padding is None:
        return Notes((said,))
    whole = _places(found.unclipped)
    share = percent(Fraction(found.padding, whole))
    around = f"unclipped {_box(found.unclipped)}, {whole:,} places, {found.padding:,} of them padding ({share} %)"
    return Notes((said, around))


def box_dict(found: Box) -> dict[str, Any]:
    """The box as plain values: the first and last position along each axis."""
    return {
        "place": list(found.place),
        "unclipped": None if found.unclipped is None else [list(side) for side in found.unclipped],
        "clipped": None if found.clipped is None else [list(side) for side in found.clipped],
        "seen": found.seen,
        "padding": found.padding,
    }


def spread(found: Effective) -> tuple[Part, ...]:
    """The size of the effective field, its influence by distance, and in a plane a picture in shades."""
    step = _step(found.radius)
    distances = [step * i for i in range(1, math.ceil(found.radius / step) + 1)]
    rows = tuple((distance, f"{percent(found.within(distance))} %") for distance in distances)
    half, most = (number_text(found.radius_holding(Fraction(*share))) for share in ((1, 2), (95, 100)))
    where = f"[{','.join(map(str, found.place))}]"
    said = (
        f"effective from {where}: {found.size:.1f} along an axis, where influence is at least 4.55 % of the largest",
        f"half of the influence lies within {half} of the centre, 95 % within {most}, all within {number_text(found.radius)}",
    )
    table = Table((Head("distance", numeric=True), Head("influence within", numeric=True)), rows)
    picture = [Code("\n".join(_picture(found.counts)))] if found.counts.ndim == 2 else []
    return Notes(said), table, *picture


def effective_dict(found: Effective) -> dict[str, Any]:
    """The effective field as plain values; the count of paths is text, since it may exceed the numbers of JSON."""
    return {
        "place": list(found.place),
        "size": found.size,
        "centre": [plain(c) for c in found.centre],
        "radius": plain(found.radius),
        "paths": str(found.total),
        "within": [{"distance": plain(d), "share": float(found.within(d))} for d in found.counts_by_distance],
    }


def _step(radius: Fraction) -> int:
    """The least step of 1, 2, 5, 10, 20, … that divides a distance into at most ten bands."""
    least = 1
    while least * _MAX_BANDS < radius:
        least = least * 5 // 2 if str(least).startswith("2") else least * 2
    return least


def _picture(counts: Any) -> list[str]:
    """The lines of a picture: a shade for each patch of input by its mean influence, relative to the strongest."""
    height, width = counts.shape
    rows, columns = min(_ROWS, height), min(_COLUMNS, 2 * width)
    # A character is about twice as high as it is wide.
    columns = min(columns, max(1, round(2 * rows * width / height)))
    means = []
    for i in range(rows):
        top, bottom = i * height // rows, max(i * height // rows + 1, (i + 1) * height // rows)
        band = counts[top:bottom].sum(axis=0)
        line = []
        for j in range(columns):
            left, right = j * width // columns, max(j * width // columns + 1, (j + 1) * width // columns)
            line.append(Fraction(int(band[left:right].sum()), (right - left) * (bottom - top)))
        means.append(line)
    peak = max(max(line) for line in means)
    last = len(_SHADES) - 1
    return ["".join(_SHADES[math.ceil(last * mean / peak)] for mean in line).rstrip() for line in means]


def _places(sides: tuple[tuple[int, int], ...]) -> int:
    return math.prod(hi - lo + 1 for lo, hi in sides)


def _box(sides: tuple[tuple[int, int], ...]) -> str:
    return "[" + ", ".join(f"{lo}…{hi}" for lo, hi in sides) + "]"
