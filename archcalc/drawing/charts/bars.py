"""A chart of a few networks side by side: a panel for each measure, a bar for each network."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from archcalc.drawing.charts.canvas import BLUE, GREEN, GREY, ORANGE, PINK, tick
from archcalc.network.measures import sums
from archcalc.profiling.rows import Profile
from archcalc.symbols.units import abbreviated

# More networks than these are drawn as marks by params and MACs.
FEW = 8
_COLOURS = (BLUE, ORANGE, GREEN, PINK)


def height(profiles: Sequence[Profile]) -> float:
    """The height in inches of the chart."""
    return 1.2 + 0.36 * len(profiles)


def draw(figure: Any, profiles: Sequence[Profile]) -> None:
    """Draw the main measures of each network as bars with their values; raises SpecError for letters."""
    for profile in profiles:
        profile.require_numbers("a chart")
    measures = [measure for measure in sums() if measure.main]
    every = figure.subplots(1, len(measures), sharey=True, squeeze=False)[0]
    for axes, measure, color in zip(every, measures, _COLOURS, strict=False):
        values = [int(getattr(profile.totals, measure.key)) for profile in profiles]
        bars = axes.barh(range(len(values)), values, color=color, height=0.66)
        axes.bar_label(bars, [abbreviated(value, 4) for value in values], padding=3)
        axes.set_title(measure.title)
        axes.set_xlim(0, 1.22 * max(values) or 1)
        axes.xaxis.set_major_formatter(tick)
        axes.locator_params(axis="x", nbins=5)
        axes.grid(axis="x", color=GREY, alpha=0.3, lw=0.6)
        axes.set_axisbelow(True)
    every[0].set_yticks(range(len(profiles)), [profile.graph.name for profile in profiles])
    every[0].invert_yaxis()
    figure.supxlabel("for one sample of each network's own input", fontsize="medium")
