"""A chart of the effective receptive field of one position: the influence of every input, and its sum by distance."""

from __future__ import annotations

from typing import Any

from archcalc.drawing.charts.canvas import BLUE, GREY
from archcalc.network.graph import Graph
from archcalc.receptive_field.effective import Effective


def draw(figure: Any, graph: Graph, name: str, found: Effective) -> None:
    """Draw the influence of every position as a map, and its share within each distance of the centre as a curve."""
    total = found.total
    shares = (
        found.counts.astype(float) / float(total) if total < 2**1000 else (found.counts * 10**18 // total).astype(float)
    )
    shares = shares.reshape(-1, shares.shape[-1]) if shares.ndim != 2 else shares
    image, curve = figure.subplots(1, 2)
    top, left = (*found.corner, *found.corner)[:2] if len(found.corner) > 1 else (0, found.corner[0])
    height, width = shares.shape
    # cividis reads the same to those who see some colours alike.
    image.imshow(shares, extent=(left - 0.5, left + width - 0.5, top + height - 0.5, top - 0.5), cmap="cividis")
    image.set_title(f"{name}, output [{','.join(map(str, found.place))}]")
    distances = [float(d) for d in found.counts_by_distance]
    curve.plot(distances, [100 * float(found.within(d)) for d in found.counts_by_distance], color=BLUE)
    curve.grid(color=GREY, alpha=0.3, lw=0.6)
    curve.set(xlabel="distance from the centre, in input pixels", ylabel="% of the influence within")
    figure.suptitle(f"Effective receptive field, {graph.name}")
