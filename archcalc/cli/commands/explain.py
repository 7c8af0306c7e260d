"""The command `archcalc explain`."""

from __future__ import annotations

import click

from archcalc.cli.options import Request, completes, takes_network
from archcalc.cli.output import put
from archcalc.document.formats import PAGES
from archcalc.formats.explain import render
from archcalc.profiling.explain import workings


@click.command("explain")
@takes_network("SPEC", "input", "set", "batch", "convention", formats=PAGES)
@click.argument("layer", required=False, **completes("layers"))
def command(request: Request, layer: str | None) -> None:
    """Formula and working of every number of a row."""
    result = request.profiled(request.load())
    put(render(result, workings(result, layer), request.form), request.form)
