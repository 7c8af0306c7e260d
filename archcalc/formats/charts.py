"""The chart of networks: of one by its layers, of a few as bars side by side, of more as marks by params and MACs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from archcalc.drawing.charts import bars, layers, networks
from archcalc.drawing.charts.canvas import canvas
from archcalc.formats.summary import title
from archcalc.profiling.rows import Profile


@contextmanager
def charted(profiles: Sequence[Profile], panels: Sequence[layers.Panel]) -> Iterator[Any]:
    """The figure with the chart of some networks; `panels` are those of the chart of one."""
    if len(profiles) == 1:
        with canvas(10, layers.height(panels)) as figure:
            layers.draw(figure, profiles[0], panels)
            figure.suptitle(title(profiles[0]), x=0.01, ha="left")
            yield figure
    elif len(profiles) <= bars.FEW:
        with canvas(10, bars.height(profiles)) as figure:
            bars.draw(figure, profiles)
            yield figure
    else:
        with canvas(*networks.size(profiles)) as figure:
            networks.draw(figure, profiles)
            yield figure
