"""A scatter chart of networks: params against MACs, each network a mark with its name."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from archcalc.drawing.charts.canvas import BLUE, GREEN, GREY, ORANGE, PINK, RED, SKY, tick
from archcalc.drawing.palette import INK
from archcalc.errors import SpecError
from archcalc.profiling.rows import Profile

_MARKS = [(color, mark) for mark in "os^Dv" for color in (BLUE, ORANGE, GREEN, PINK, RED, SKY)]
# The size in inches that the names of so many networks need; more of them take more.
_SIZE, _MANY = (11.0, 8.0), 60
# Names of networks whose marks are nearer to each other than this, in points, stand together.
_NEAR = 7
_FONT = 7
# The positions of names relative to their mark, nearest first: offsets to the right and up, in points.
_PLACES = [
    (x * reach, y * reach)
    for reach in (6, 9, 13, 18, 25, 34, 45, 58, 73, 90, 110, 135, 165)
    for x, y in ((1, 0), (0.8, 0.8), (0.8, -0.8), (-1, 0), (-0.8, 0.8), (-0.8, -0.8), (0, 1), (0, -1))
]


def size(profiles: Sequence[Profile]) -> tuple[float, float]:
    """The width and the height in inches that the names need, of which twice as many take twice the area."""
    grown = math.sqrt(max(1.0, len(profiles) / _MANY))
    return _SIZE[0] * grown, _SIZE[1] * grown


def draw(figure: Any, profiles: Sequence[Profile]) -> None:
    """Draw params on x and MACs on y, both logarithmic, for one sample of each network's own input.

    Networks of one family share a mark. Raises SpecError if a network has letters or no work.
    """
    points = [(profile, _number(profile, "params"), _number(profile, "macs")) for profile in profiles]
    families = list(dict.fromkeys(_family(profile) for profile in profiles))
    axes = figure.subplots()
    for family, (color, mark) in zip(families, _MARKS * (1 + len(families) // len(_MARKS)), strict=False):
        own = [(x, y) for profile, x, y in points if _family(profile) == family]
        axes.scatter(*zip(*own, strict=True), s=34, color=color, marker=mark, lw=0, zorder=3)
    axes.set(xscale="log", yscale="log", xlabel="params", ylabel="MACs for one sample")
    axes.margins(0.06)
    axes.grid(color=GREY, alpha=0.3, lw=0.6)
    axes.xaxis.set_major_formatter(tick)
    axes.yaxis.set_major_formatter(tick)
    # The room for a name is known only after the axes are laid out.
    figure.draw_without_rendering()
    _name(axes, points)


def _number(profile: Profile, measure: str) -> int:
    value = getattr(profile.totals, measure)
    if not isinstance(value, int) or value < 1:
        said = "has none" if isinstance(value, int) else "has letters in them"
        raise SpecError(f"{profile.graph.name} cannot be drawn by its {measure}: it {said}")
    return value


def _family(profile: Profile) -> str:
    return profile.graph.family or profile.graph.name


def _name(axes: Any, points: Sequence[tuple[Profile, int, int]]) -> None:
    """Write names where they overlap no mark and no other name, with a line to the mark if it is not near."""
    scale = axes.figure.dpi / 72
    marks = [axes.transData.transform((x, y)) for _, x, y in points]
    taken = [(x - 4 * scale, y - 4 * scale, x + 4 * scale, y + 4 * scale) for x, y in marks]
    frame = axes.get_window_extent().extents
    for group in sorted(_near(marks, _NEAR * scale), key=len, reverse=True):
        names = [points[i][0].graph.name for i in group]
        _, x, y = points[group[0]]
        written = axes.text(0, 0, "\n".join(names), fontsize=_FONT, linespacing=1.0)
        room = written.get_window_extent()
        written.remove()
        wide, high = room.width + scale, room.height + scale
        boxes = [_box(marks[group[0]], place, wide, high, scale) for place in _PLACES]
        best = min(range(len(boxes)), key=lambda i: (round(_covers(boxes[i], taken, frame)), i))
        taken.append(boxes[best])
        place = _PLACES[best]
        side = "left" if place[0] > 0 else "right" if place[0] < 0 else "center"
        line = {"arrowstyle": "-", "color": GREY, "lw": 0.6, "shrinkA": 0, "shrinkB": 3} if best >= 8 else None
        said = {"ha": side, "va": "center", "fontsize": _FONT, "linespacing": 1.0, "color": INK, "zorder": 4}
        axes.annotate("\n".join(names), (x, y), place, textcoords="offset points", arrowprops=line, **said)


def _near(marks: Sequence[Any], reach: float) -> list[list[int]]:
    """The marks in groups, each within reach of the first of its group."""
    groups: list[list[int]] = []
    for i, (x, y) in enumerate(marks):
        own = next((g for g in groups if math.dist(marks[g[0]], (x, y)) < reach), None)
        if own is None:
            groups.append([i])
        else:
            own.append(i)
    return groups


def _box(
    at: Any, place: tuple[float, float], wide: float, high: float, scale: float
) -> tuple[float, float, float, float]:
    x, y = at[0] + place[0] * scale, at[1] + place[1] * scale
    left = x if place[0] > 0 else x - wide if place[0] < 0 else x - wide / 2
    return left, y - high / 2, left + wide, y + high / 2


def _covers(box: tuple[float, ...], taken: Sequence[tuple[float, ...]], frame: Any) -> float:
    """The area of a box that overlaps others, plus a penalty for each point outside the frame."""
    left, low, right, high = box
    over = 0.0
    for other in taken:
        over += max(0.0, min(right, other[2]) - max(left, other[0])) * max(
            0.0, min(high, other[3]) - max(low, other[1])
        )
    outside: list[float] = [frame[0] - left, right - frame[2], frame[1] - low, high - frame[3]]
    return over + 100 * sum(max(0.0, n) for n in outside)


def says(profiles: Sequence[Profile]) -> str:
    """The alternative text of the chart."""
    least, most = (pick(profiles, key=lambda p: p.totals.params).graph.name for pick in (min, max))
    return f"{len(profiles)} networks by params and MACs, both on logarithmic scales, from {least} to {most} by params."
