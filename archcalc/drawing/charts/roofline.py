"""The roofline of a device, with a mark for the layers of a network where they lie on it at best."""

from __future__ import annotations

from typing import Any, NamedTuple

from archcalc.devices.roofline import LayerBound, Roofline
from archcalc.drawing.charts.canvas import GREY, tick
from archcalc.drawing.palette import FAMILIES, INK
from archcalc.errors import SpecError
from archcalc.layers.registry import Family

# The marks with the longest least times are named; the area of a mark is its share of the time, and not so small that it is lost.
_NAMED, _AREA, _LEAST = 6, 3000, 12


class Mark(NamedTuple):
    """Layers of one family at the same place: FLOPs for each byte, FLOPs a second, their share of the time, and their names."""

    family: Family
    intensity: float
    reached: float
    share: float
    names: tuple[str, ...]

    @property
    def label(self) -> str:
        """The name of the first, and how many more there are."""
        more = f" and {len(self.names) - 1} more" if len(self.names) > 1 else ""
        return f"{self.names[0]}{more}, {100 * self.share:.1f} %"


def draw(axes: Any, found: Roofline) -> None:
    """Draw operations a second against operations for each byte, both logarithmic; raises SpecError for letters."""
    every = marks(found)
    rate, ridge = float(found.peak.rate), float(found.ridge)
    left = min(*(mark.intensity for mark in every), ridge) / 2
    right = max(*(mark.intensity for mark in every), ridge) * 2
    axes.plot([left, ridge, right], [rate * left / ridge, rate, rate], color=INK, lw=1.2)
    axes.axvline(ridge, color=GREY, lw=0.8, ls=":")
    foot = {"xycoords": axes.get_xaxis_transform(), "textcoords": "offset points"}
    axes.annotate(f"ridge {ridge:.1f}", (ridge, 0), (-4, 4), ha="right", size=8, **foot)
    for name in dict.fromkeys(mark.family for mark in every):
        own = [mark for mark in every if mark.family == name]
        axes.scatter(
            [mark.intensity for mark in own],
            [mark.reached for mark in own],
            s=[_LEAST + _AREA * mark.share for mark in own],
            color=FAMILIES[name].line,
            alpha=0.6,
            lw=0,
            zorder=3,
        )
        axes.scatter([], [], s=30, color=FAMILIES[name].line, lw=0, label=FAMILIES[name].words)
    for place, mark in enumerate(every[:_NAMED], start=1):
        above = {"xytext": (0, 7 + 16 * float(mark.share) ** 0.5), "textcoords": "offset points"}
        axes.annotate(str(place), (mark.intensity, mark.reached), ha="center", va="bottom", size=8, color=INK, **above)
    listed = "\n".join(f"{place}  {mark.label}" for place, mark in enumerate(every[:_NAMED], start=1))
    axes.text(
        0.985, 0.03, listed, transform=axes.transAxes, ha="right", va="bottom", size=7.5, color=INK, linespacing=1.4
    )
    rest = 1 - sum(mark.share for mark in every)
    axes.set_title(
        f"areas are shares of the least time; {100 * rest:.1f} % of it is of layers without products", size="small"
    )
    axes.set(xscale="log", yscale="log", xlabel="FLOPs for each byte moved", ylabel="FLOPs a second at best")
    axes.set_ylim(top=rate * 2.5)
    axes.xaxis.set_major_formatter(tick)
    axes.yaxis.set_major_formatter(tick)
    axes.grid(color=GREY, alpha=0.3, lw=0.6)
    axes.legend(fontsize="small", frameon=False, loc="upper left")


def marks(found: Roofline) -> list[Mark]:
    """The marks of layers with products, the longest least time first; raises SpecError where there are none, and for letters."""
    found.profile.require_numbers("a chart")
    groups: dict[Any, list[LayerBound]] = {}
    for row in found.rows:
        if row.cost.intensity:
            groups.setdefault((row.family, row.cost.intensity), []).append(row)
    if not groups or not found.seconds:
        raise SpecError(f"{found.profile.graph.name} has no layer with products", None, "a roofline is of those")
    every = []
    for (family, intensity), rows in groups.items():
        share = sum(float((row.cost.seconds or 0) * int(row.times) / found.seconds) for row in rows)
        reached = float(rows[0].cost.flops / (rows[0].cost.seconds or 1))
        every.append(Mark(family, float(intensity), reached, share, tuple(row.name for row in rows)))
    return sorted(every, key=lambda mark: -mark.share)
