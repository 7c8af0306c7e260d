"""A chart of the cost of each layer as bars, one panel for each measure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import groupby
from typing import Any

import msgspec

from archcalc.drawing.charts.canvas import GREY, RED, tick
from archcalc.drawing.palette import FAMILIES, INK
from archcalc.errors import among
from archcalc.layers.registry import Family
from archcalc.network.measures import sums
from archcalc.profiling.rows import Profile, Row
from archcalc.symbols.units import abbreviated

# Above this number of bars, blocks are named instead of layers; above the other, only the highest bar says its share.
_MAX_NAMED, _MAX_SHARES = 48, 26
# The least share of the whole that stands on a bar.
_LEAST = 0.05


class Panel(msgspec.Struct, frozen=True):
    """A measure of layers: its title, and its value for a row, None where there is none."""

    title: str
    of: Callable[[Profile, Row], float | None]
    # True where it adds up, so that bars from 0 mean something.
    adds: bool = True


def _field(profile: Profile, row: Row) -> float | None:
    sizes = [n for n in profile.fields[row.name].size if isinstance(n, int)]
    return max(sizes, default=None)


PANELS = {
    **{one.key: Panel(f"{one.title}, values" if one.key == "activations" else one.title, one.row) for one in sums()},
    "rf": Panel("receptive field, input places along the widest axis", _field, adds=False),
}
_MAIN = (*(measure.key for measure in sums() if measure.main), "rf")


def panels(keys: str | None) -> list[Panel]:
    """The panels of these keys, separated by commas, or the main ones; raises SpecError for an unknown key."""
    return among(_MAIN if keys is None else map(str.strip, keys.split(",")), PANELS, "chart of")


def shown(profile: Profile) -> list[Row]:
    """The rows with any cost, without auxiliary heads; raises SpecError if letters leave costs open."""
    profile.require_numbers("a chart")
    return [row for row in profile.rows if not row.auxiliary and (row.params or row.macs or row.activations)]


def draw(figure: Any, profile: Profile, chosen: Sequence[Panel]) -> None:
    """Draw a panel for each measure, layers from left to right in order of execution, coloured by family."""
    rows = shown(profile)
    families = [row.layer.family for row in rows]
    every = figure.subplots(len(chosen), 1, sharex=True, squeeze=False)[:, 0]
    for axes, panel in zip(every, chosen, strict=True):
        values = [panel.of(profile, row) for row in rows]
        if panel.adds:
            _bars(axes, [value or 0 for value in values], families)
            _shares(axes, [value or 0 for value in values])
            axes.set_title(f"{panel.title}: {abbreviated(sum(value or 0 for value in values), 4)} in all")
        else:
            _steps(axes, profile, rows, values)
            axes.set_title(panel.title)
        axes.set_ylim(bottom=0)
        axes.yaxis.set_major_formatter(tick)
        axes.grid(axis="y", color=GREY, alpha=0.3, lw=0.6)
        axes.set_axisbelow(True)
    _named(every[-1], rows)
    every[-1].set_xlabel("layers in order of execution")
    _legend(figure, every, families, chosen)


def _legend(figure: Any, every: Any, families: Sequence[Family], chosen: Sequence[Panel]) -> None:
    used = [one for name, one in FAMILIES.items() if name in families]
    if any(panel.adds for panel in chosen) and len(used) > 1:
        marks = [every[0].fill_between([], [], color=one.line) for one in used]
        figure.legend(
            marks,
            [one.words for one in used],
            loc="outside upper right",
            ncols=len(used),
            frameon=False,
            fontsize="small",
        )


def height(chosen: Sequence[Panel]) -> float:
    """The height in inches of these panels."""
    return 1.3 + 1.45 * len(chosen)


def _bars(axes: Any, values: Sequence[float], families: Sequence[Family]) -> None:
    """Draw bars, those of one family as one outline: hundreds of separate bars would make a large file."""
    from matplotlib import patches, path  # noqa: PLC0415 - an extra, and slow to import

    for name in dict.fromkeys(families):
        own = [(i, v) for i, v in enumerate(values) if v and families[i] == name]
        corners = [(i + x, y * v) for i, v in own for x, y in ((-0.4, 0), (-0.4, 1), (0.4, 1), (0.4, 0), (0, 0))]
        of = path.Path
        codes = [of.MOVETO, of.LINETO, of.LINETO, of.LINETO, of.CLOSEPOLY] * len(own)
        if own:
            axes.add_patch(patches.PathPatch(path.Path(corners, codes), facecolor=FAMILIES[name].line, lw=0))
    axes.set_xlim(-0.6, len(values) - 0.4)
    axes.set_ylim(0, 1.18 * max(values, default=1) or 1)


def _shares(axes: Any, values: Sequence[float]) -> None:
    """Write their shares of the whole on the bars that matter."""
    whole, most = sum(values), max(values, default=0)
    chosen = [i for i, value in enumerate(values) if whole and value >= _LEAST * whole]
    if len(values) > _MAX_SHARES:
        # Bars of the same height would say the same.
        chosen = [i for i in chosen if values[i] == most][:1]
    last = len(values) - 1
    for i in chosen:
        # A share stays within the axes where bars are narrow.
        side = (
            "center"
            if len(values) <= _MAX_SHARES
            else "left"
            if i < last / 30
            else "right"
            if i > last * 29 / 30
            else "center"
        )
        said = f"{100 * values[i] / whole:.1f} %"
        axes.annotate(said, (i, values[i]), (0, 2), textcoords="offset points", ha=side, size=8)


def _steps(axes: Any, profile: Profile, rows: Sequence[Row], values: Sequence[float | None]) -> None:
    """Draw a step line, and the size of the input as a reference line."""
    axes.step(range(len(rows)), [float("nan") if v is None else v for v in values], where="mid", color=INK, lw=1.2)
    axes.set_xlim(-0.6, len(values) - 0.4)
    whole = [n for n in profile.fields[rows[0].name].whole if isinstance(n, int)]
    if whole:
        axes.axhline(max(whole), color=RED, lw=0.8, ls="--")
        # Below the line if that is the highest of all, since the title stands above.
        below = max(whole) >= max((value or 0 for value in values), default=0)
        place = {"xytext": (3, -3 if below else 2), "textcoords": "offset points", "va": "top" if below else "bottom"}
        axes.annotate(f"the input has {max(whole)}", (0, max(whole)), color=RED, size=8, **place)


def _named(axes: Any, rows: Sequence[Row]) -> None:
    """Name each layer below its bar, or if there are too many, the blocks that begin there, the longer where two are close."""
    names = [row.name for row in rows]
    places, labels = list(range(len(names))), names
    if len(names) > _MAX_NAMED:
        blocks = groupby(enumerate(names), key=lambda item: item[1].partition("/")[0])
        starts = [(block, [place for place, _ in items]) for block, items in blocks]
        kept: dict[int, str] = {}
        for block, own in sorted(starts, key=lambda start: (-len(start[1]), rows[start[1][0]].params == 0)):
            if all(abs(own[0] - place) >= len(names) / _MAX_NAMED for place in kept):
                kept[own[0]] = block
        places, labels = list(kept), list(kept.values())
    axes.set_xticks(places, [label if len(label) <= 24 else f"…{label[-23:]}" for label in labels])
    axes.tick_params(axis="x", rotation=90, labelsize="small")


def says(profile: Profile, chosen: Sequence[Panel]) -> str:
    """The alternative text of the chart: for each measure the layer with the most of it."""
    rows, parts = shown(profile), []
    for panel in chosen:
        values = [(panel.of(profile, row) or 0, row.name) for row in rows]
        if values:
            most, name = max(values, key=lambda value: value[0])
            whole = sum(value for value, _ in values)
            share = f", {100 * most / whole:.1f} % of all" if panel.adds and whole else ""
            parts.append(f"{panel.title.partition(',')[0]}, at most {most:,} in {name}{share}")
    return f"Bars for each layer: {'; '.join(parts)}."
