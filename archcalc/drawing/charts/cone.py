"""A chart of the cone below one output: what each layer sees, and the places in it that the output depends on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Any

from archcalc.drawing.charts.canvas import BLUE, GREY, ORANGE, SKY
from archcalc.drawing.palette import INK, SOFT
from archcalc.layers.intervals import number_text
from archcalc.network.graph import Graph
from archcalc.receptive_field.cone import Cone, Level

# More layers, dots in a row, or lines than these run into each other; layers are then drawn as bars.
_MAX_LEVELS, _MAX_DOTS, _MAX_LINES = 16, 260, 2000
# The width of the axes in points, about, and the widest dot.
_WIDE, _DOT = 590, 6.5
# The heights above a layer's dots or bar of the interval on the input that one of its places sees, and of half a bar.
_FIELD, _BAR = 0.27, 0.16


def height(cone: Cone) -> float:
    """The height in inches of the chart."""
    return 1.3 + max(0.26, min(0.5, 9 / len(cone.levels))) * len(cone.levels)


def draw(figure: Any, graph: Graph, cone: Cone) -> None:
    """Draw the layers from the input upwards, each place where the middle of its field lies on the input's axis.

    The artists have labels: `places`, `seen` and `padding` with the number of their layer, `field N` and `windows`.
    """
    axes = figure.subplots()
    low, high = _ends(cone)
    axes.axvspan(-0.5, cone.whole - 0.5, color=GREY, alpha=0.1, lw=0, label="input")
    dotted = _dotted(cone, low, high)
    _windows(axes, cone, dotted=dotted)
    for number, level in enumerate(cone.levels):
        (_dots if dotted else _bars)(axes, number, level, low, high)
        if level.field is not None and number:
            lo, hi = (float(end) for end in level.field)
            up = number + _FIELD
            axes.plot([lo - 0.5, hi + 0.5], [up, up], "|-", color=INK, lw=1.1, ms=5, label=f"field {number}", zorder=4)
    _told(axes, graph, cone, (low, high))


def _ends(cone: Cone) -> tuple[float, float]:
    """The stretch of the input's axis that is drawn: all that the output depends on, and a margin."""
    drawn = [level.centre(place) for level in cone.levels for place in (*level.seen, *level.padding)]
    drawn += [float(end) for level in cone.levels for end in level.field or ()]
    # Of a field far larger than the input the ends are beyond the picture, on which its size stands.
    low, high = max(min(drawn), -cone.whole), min(max(drawn), 2 * cone.whole)
    margin = max(2.5, 0.06 * (high - low))
    return low - margin, high + margin


def _dotted(cone: Cone, low: float, high: float) -> bool:
    dots = max(sum(1 for _ in _places(level, low, high)) for level in cone.levels)
    lines = sum(len(taps) for link in cone.links for _, taps in link.windows)
    return len(cone.levels) <= _MAX_LEVELS and dots <= _MAX_DOTS and lines <= _MAX_LINES


def _places(level: Level, low: float, high: float) -> Iterator[int]:
    return (place for place in range(level.places) if low <= level.centre(place) <= high)


def _dots(axes: Any, number: int, level: Level, low: float, high: float) -> None:
    size = min(_DOT, 0.75 * _WIDE * level.step / (high - low)) ** 2
    seen = set(level.seen)
    others = [place for place in _places(level, low, high) if place not in seen]
    for label, places, look in (
        ("places", others, {"color": "#c4cad1"}),
        ("seen", level.seen, {"color": BLUE}),
        ("padding", level.padding, {"facecolor": "white", "edgecolor": ORANGE, "lw": 1.0}),
    ):
        if places:
            at = [level.centre(place) for place in places]
            axes.scatter(at, [number] * len(at), s=size, label=f"{label} {number}", zorder=3, **{"lw": 0, **look})


def _bars(axes: Any, number: int, level: Level, _low: float, _high: float) -> None:
    half = level.step / 2
    for label, places, color in (
        ("places", range(level.places), "#dde1e6"),
        ("seen", level.seen, BLUE),
        ("padding", level.padding, ORANGE),
    ):
        for first, last in _runs(places):
            wide = level.step * (last - first + 1)
            left = level.centre(first) - half
            axes.barh(number, wide, 2 * _BAR, left=left, color=color, lw=0, label=f"{label} {number}", zorder=3)


def _runs(places: Sequence[int]) -> Iterator[tuple[int, int]]:
    """The first and last of each run of consecutive places."""
    starts = [place for i, place in enumerate(places) if not i or places[i - 1] != place - 1]
    stops = [place for i, place in enumerate(places) if i + 1 == len(places) or places[i + 1] != place + 1]
    return zip(starts, stops, strict=True)


def _windows(axes: Any, cone: Cone, *, dotted: bool) -> None:
    """Draw lines from each place to its taps, or of many the shape that they fill."""
    from matplotlib import collections  # noqa: PLC0415 - an extra, and slow to import

    for link in cone.links:
        above, below = cone.levels[link.above], cone.levels[link.below]
        if dotted:
            lines = [
                [(above.centre(place), link.above), (below.centre(tap), link.below)]
                for place, taps in link.windows
                for tap in taps
            ]
            drawn: Any = collections.LineCollection(lines, colors=SKY, linewidths=0.6, alpha=0.7, zorder=1)
        else:
            taps = [*chain.from_iterable(taps for _, taps in link.windows)]
            places = [place for place, _ in link.windows]
            if not taps:
                continue
            corners = [
                (above.centre(min(places)) - above.step / 2, link.above - _BAR),
                (above.centre(max(places)) + above.step / 2, link.above - _BAR),
                (below.centre(max(taps)) + below.step / 2, link.below + _BAR),
                (below.centre(min(taps)) - below.step / 2, link.below + _BAR),
            ]
            drawn = collections.PolyCollection([corners], facecolors=SKY, alpha=0.3, lw=0, zorder=1)
        drawn.set_label("windows")
        axes.add_collection(drawn, autolim=False)


def _told(axes: Any, graph: Graph, cone: Cone, ends: tuple[float, float]) -> None:
    """Name the layers on the left and their numbers on the right, and say what is what."""
    last = len(cone.levels) - 1
    axes.set_xlim(*ends)
    axes.set_ylim(-0.6, last + 0.6)
    axes.set_yticks(range(last + 1), [_short(level.name) for level in cone.levels])
    axes.tick_params(axis="y", length=0)
    axes.locator_params(axis="x", integer=True)
    axes.spines["left"].set_visible(False)
    axes.set_xlabel(f"place on the input along its {cone.axis}; it has 0 to {cone.whole - 1}")
    across = axes.get_yaxis_transform()
    for number, level in enumerate(cone.levels):
        jump = "–" if level.jump is None else number_text(level.jump)
        for x, text in ((1.06, number_text(level.size)), (1.12, jump)):
            axes.text(x, number, text, transform=across, ha="right", va="center_baseline")
    for x, text in ((1.06, "field"), (1.12, "jump")):
        axes.text(x, last + 0.75, text, transform=across, ha="right", va="bottom", color=SOFT)
    name = cone.levels[-1].name
    axes.figure.suptitle(
        f"{graph.title or graph.name}: what output {cone.place} of {name} depends on", x=0.01, ha="left"
    )
    _legend(axes, cone)


def _legend(axes: Any, cone: Cone) -> None:
    mark = {"marker": "o", "ls": "", "ms": 5}
    shown = [(axes.plot([], [], color=BLUE, **mark)[0], "depended on")]
    if any(level.padding for level in cone.levels):
        shown.append((axes.plot([], [], mfc="white", mec=ORANGE, **mark)[0], "padding"))
    shown.append((axes.plot([], [], color="#c4cad1", **mark)[0], "other places"))
    shown.append((axes.plot([], [], "|-", color=INK, lw=1.1)[0], "field of one place of the layer, on the input"))
    axes.legend(*zip(*shown, strict=True), loc="lower left", bbox_to_anchor=(0, 1), ncols=4, frameon=False)


def _short(name: str) -> str:
    return name if len(name) <= 30 else f"…{name[-29:]}"
