"""A Pareto front: two columns against each other, or any number of them in parallel."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from archcalc.drawing.charts.canvas import BLUE, GREY, ORANGE, tick

# The columns that parallel coordinates have room for, and the points from which marks are drawn small.
_MAX_AXES, _MANY = 12, 2_000


def draw(
    axes: Any,
    points: Sequence[tuple[float, ...]],
    names: Sequence[str],
    rows: Sequence[Sequence[Any]],
    aims: Sequence[tuple[str, bool]],
) -> None:
    """Draw rows as points, and those of the front joined by steps, behind which no row lies."""
    (x, more_x), (y, more_y) = aims
    axes.scatter(
        *zip(*points, strict=True), s=4 if len(points) > _MANY else 14, color=GREY, alpha=0.5, lw=0, label="rows"
    )
    front = sorted((float(row[names.index(x)]), float(row[names.index(y)])) for row in rows)
    where = "post" if more_x != more_y else "pre"
    axes.step(*zip(*front, strict=True), where=where, color=BLUE, lw=1.2, label="front")
    axes.scatter(*zip(*front, strict=True), s=22, color=BLUE, lw=0, zorder=3)
    axes.set_xlabel(f"{x}, {'more' if more_x else 'less'} is better")
    axes.set_ylabel(f"{y}, {'more' if more_y else 'less'} is better")
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(tick)
    axes.legend(frameon=False)


def parallel(axes: Any, names: Sequence[str], rows: Sequence[Sequence[Any]], aims: Mapping[str, bool]) -> None:
    """Draw each row as a line through an axis for every column, on which it lies between the least and the greatest."""
    shown = [name for name in names if not isinstance(rows[0][names.index(name)], str)][:_MAX_AXES]
    columns = {name: [float(row[names.index(name)]) for row in rows] for name in shown}
    places = list(range(len(shown)))
    for at in range(len(rows)):
        heights = [_share(columns[name][at], columns[name]) for name in shown]
        axes.plot(places, heights, color=BLUE, alpha=0.6, lw=1.0)
    for place, name in zip(places, shown, strict=True):
        axes.axvline(place, color=ORANGE if name in aims else GREY, lw=0.8)
        for height, value in ((-0.04, min(columns[name])), (1.04, max(columns[name]))):
            axes.text(place, height, tick(value, 0), ha="center", va="center", size=8)
    axes.set_xticks(places, shown)
    axes.set_yticks([])
    axes.set_ylim(-0.1, 1.1)
    for side in ("left", "bottom"):
        axes.spines[side].set_visible(False)


def _share(value: float, values: Sequence[float]) -> float:
    low, high = min(values), max(values)
    return 0.5 if low == high else (value - low) / (high - low)
