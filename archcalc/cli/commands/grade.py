"""The command `archcalc grade`."""

from __future__ import annotations

import click

from archcalc.cli.options import Request, takes_network
from archcalc.cli.output import put
from archcalc.conventions import CONVENTIONS
from archcalc.document.formats import TABLES
from archcalc.errors import SpecError
from archcalc.formats.grade import render
from archcalc.grading import grade, read, worksheet
from archcalc.profiling.engine import profile


@click.command("grade")
@takes_network("SPEC", "input", "set", formats=TABLES)
@click.argument("file", metavar="FILE.csv")
@click.option(
    "--convention",
    type=click.Choice(list(CONVENTIONS)),
    help="What FLOPs are counted by, where the worksheet's heading does not say it.  [default: macs]",
)
def command(request: Request, file: str, convention: str | None) -> None:
    """A filled-in worksheet marked, each wrong cell with its slip."""
    if request.specs == (file,) == ("-",):
        raise click.UsageError("SPEC and FILE.csv cannot both be standard input")
    graph = request.load()
    sheet = read(worksheet(file), [node.name for node in graph.nodes])
    if convention and sheet.convention not in {"", convention}:
        raise SpecError(f"the worksheet is by the convention {sheet.convention}, not {convention}")
    result = profile(graph, convention_name=convention or sheet.convention or "macs")
    put(render(grade(result, sheet), request.form, request.screen), request.form)
