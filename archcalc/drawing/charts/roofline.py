"""The roofline of a device, with a mark for each layer of a network where it lies on it at best."""

from __future__ import annotations

from typing import Any

from archcalc.devices.roofline import LayerBound, Roofline
from archcalc.drawing.charts.canvas import GREY, tick
from archcalc.drawing.palette import FAMILIES, INK
from archcalc.errors import SpecError

# The layers with the longest least times are named, and the area of a mark is its share of the time.
_NAMED, _AREA, _LEAST = 5, 1500, 6


def draw(axes: Any, found: Roofline) -> None:
    """Draw operations a second against operations for each byte, both logarithmic; raises SpecError for letters."""
    found.profile.require_numbers("a chart")
    rows = [row for row in found.rows if row.cost.intensity and row.cost.seconds]
    if not rows or not found.seconds:
        raise SpecError(f"{found.profile.graph.name} has no layer with products", None, "a roofline is of those")
    rate, ridge = float(found.peak.rate), float(found.ridge)
    places = [float(row.cost.intensity or 0) for row in rows]
    left, right = min(*places, ridge) / 2, max(*places, ridge) * 2
    axes.plot([left, ridge, right], [rate * left / ridge, rate, rate], color=INK, lw=1.2)
    axes.axvline(ridge, color=GREY, lw=0.8, ls=":")
    axes.annotate(f"ridge {ridge:.1f}", (ridge, rate), (4, 5), textcoords="offset points", size=8)
    for name in dict.fromkeys(row.family for row in rows):
        own = [row for row in rows if row.family == name]
        marks = [(float(row.cost.intensity or 0), _reached(row)) for row in own]
        sizes = [
            _LEAST + _AREA * float((row.cost.seconds or 0) * int(row.times) / found.seconds) / len(rows) ** 0.5
            for row in own
        ]
        axes.scatter(
            *zip(*marks, strict=True),
            s=sizes,
            color=FAMILIES[name].line,
            alpha=0.7,
            lw=0,
            zorder=3,
            label=FAMILIES[name].words,
        )
    for row in sorted(rows, key=lambda row: -(row.cost.seconds or 0) * int(row.times))[:_NAMED]:
        at = float(row.cost.intensity or 0), _reached(row)
        axes.annotate(row.name, at, (6, -10), textcoords="offset points", size=7, color=INK)
    axes.set(xscale="log", yscale="log", xlabel="FLOPs for each byte moved", ylabel="FLOPs a second at best")
    axes.set_ylim(top=rate * 2.5)
    axes.xaxis.set_major_formatter(tick)
    axes.yaxis.set_major_formatter(tick)
    axes.grid(color=GREY, alpha=0.3, lw=0.6)
    axes.legend(fontsize="small", frameon=False, loc="lower right")


def _reached(row: LayerBound) -> float:
    """The operations a second of a layer in its least time."""
    return float(row.cost.flops / (row.cost.seconds or 1))


def says(found: Roofline) -> str:
    """The alternative text of the chart."""
    bound = sum(row.cost.bound == "compute" for row in found.rows)
    return f"{bound} of {len(found.rows)} layers lie right of the ridge at {float(found.ridge):.1f} FLOP/byte, bound by operations."
