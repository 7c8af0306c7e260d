"""The answers behind tabs and menus: a diagram, fields, workings, a worksheet and its marks, and files."""

from __future__ import annotations

from archcalc.drawing.diagrams import draw
from archcalc.errors import Source, SpecError
from archcalc.exporters import exporters
from archcalc.formats import explain, render
from archcalc.formats import grade as marks
from archcalc.formats import worksheet as sheets
from archcalc.formats.rf import page as of_fields
from archcalc.grading import grade as marked
from archcalc.grading import read
from archcalc.language.flatten import flat
from archcalc.language.folded import folded
from archcalc.live.asked import Question, loaded
from archcalc.profiling.explain import workings
from archcalc.receptive_field.fields import receptive_fields


def diagram(asked: Question) -> str:
    """The diagram in SVG, or in another form."""
    options = asked.options
    return draw(
        loaded(asked.network).profile,
        options.get("form", "svg"),
        fold=options.get("fold", True),
        depth=options.get("depth"),
    )


def fields(asked: Question) -> str:
    """The JSON of `archcalc rf`."""
    graph = loaded(asked.network).graph
    return of_fields.render(graph, receptive_fields(graph), "json")


def working(asked: Question) -> str:
    """The JSON of `archcalc explain`, of one layer or of all."""
    found = loaded(asked.network).profile
    return explain.render(found, workings(found, asked.options.get("layer")), "json")


def worksheet(asked: Question) -> str:
    """The worksheet as comma-separated cells, of which those to fill in are empty."""
    return sheets.worksheet(loaded(asked.network).profile, "csv")


def grade(asked: Question) -> str:
    """The marks of a worksheet that was filled in on the page."""
    found = loaded(asked.network).profile
    sheet = read(Source("worksheet", asked.options["csv"]), [row.name for row in found.rows])
    return marks.render(marked(found, sheet), "json")


def export(asked: Question) -> str:
    """The table in a format, or the network for another program."""
    found = loaded(asked.network)
    if (program := asked.options.get("to")) is not None:
        written = exporters()[program].write(found.graph)
        if isinstance(written, bytes):
            raise SpecError(f"a file for {program} is no text", None, f"archcalc export --to {program} writes it")
        return written
    return render(found.profile, asked.options["form"])


def spec(asked: Question) -> str:
    """The network as a spec, with blocks for what repeats or written out."""
    graph = loaded(asked.network).graph
    return flat(graph) if asked.options.get("flat") else folded(graph)
