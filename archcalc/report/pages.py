"""The files of reports: each page, and beside a page in markdown its charts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import quote

from archcalc.characters import document as encoded
from archcalc.document.content import Page, Picture
from archcalc.document.escapes import escape_markdown
from archcalc.document.formats import MARKED
from archcalc.document.writer import preformatted, write
from archcalc.drawing.charts import layers, memory, networks
from archcalc.drawing.charts.canvas import canvas, inline, written
from archcalc.files import file_name
from archcalc.memory_plan.plan import Plan, training
from archcalc.profiling.rows import Profile
from archcalc.report.index import index
from archcalc.report.kinds import kinds
from archcalc.report.network import page

FORMATS = ("markdown", "html")
# The relative height of the memory panel in a chart.
_MEMORY = 0.5


def report(profile: Profile, form: str, *, charts: bool = True) -> dict[str, bytes]:
    """The files of a network's page, by name; raises SpecError if charts are wanted and matplotlib is missing."""
    name = file_name(profile.graph.name)
    files: dict[str, bytes] = {}
    drawn = []
    if charts and profile.whole:
        plan = training(profile)
        shows = f"{layers.says(profile, layers.panels(None))} {memory.says(plan)}"
        drawn = [_chart(files, name, shows, form, (10, 8.4), lambda figure: _draw(figure, profile, plan))]
    return {f"{name}.{MARKED[form].suffix}": _bytes(page(profile, form, drawn), form), **files}


def compared(profiles: Sequence[Profile], form: str, *, charts: bool = True) -> dict[str, bytes]:
    """The files of the page that compares networks, and of the one on the kinds of layer."""
    files: dict[str, bytes] = {}
    chart = None
    if charts:
        shows = networks.says(profiles)
        size = networks.size(profiles)
        chart = _chart(files, "networks", shows, form, size, lambda figure: networks.draw(figure, profiles))
    first = "README.md" if form == "markdown" else "index.html"
    return {
        first: _bytes(index(profiles, chart), form),
        f"layers.{MARKED[form].suffix}": _bytes(kinds(profiles), form),
        **files,
    }


def _draw(figure: Any, profile: Profile, plan: Plan) -> None:
    chosen = layers.panels(None)
    above, below = figure.subfigures(2, 1, height_ratios=(layers.height(chosen), layers.height(chosen[:1]) - _MEMORY))
    layers.draw(above, profile, chosen)
    memory.draw(below.subplots(), plan)


def _chart(  # noqa: PLR0913, PLR0917 - what is drawn, where, and how it is said
    files: dict[str, bytes],
    name: str,
    shows: str,
    form: str,
    size: tuple[float, float],
    draw: Callable[[Any], None],
) -> Picture:
    """A chart inside a page in HTML, or in a file beside one in markdown."""
    with canvas(*size) as figure:
        draw(figure)
        if form == "html":
            return Picture(shows, preformatted(inline(figure, shows)))
        files[f"{name}.svg"] = written(figure, "svg")
    return Picture(shows, preformatted(f"![{escape_markdown(shows)}]({quote(name)}.svg)"))


def _bytes(document: Page, form: str) -> bytes:
    return encoded(f"{write(document, form)}\n")
