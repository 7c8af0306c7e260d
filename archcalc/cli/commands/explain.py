"""The command `archcalc explain`."""

from __future__ import annotations

import click

from archcalc.cli.one_network import not_a_network
from archcalc.cli.options import Request, completes, takes_network
from archcalc.cli.output import put
from archcalc.document.formats import PAGES
from archcalc.errors import SpecError
from archcalc.formats.explain import render
from archcalc.profiling.explain import workings


@click.command("explain")
@takes_network("SPEC", "input", "set", "batch", "convention", formats=PAGES)
@click.argument("layer", required=False, **completes("layers"))
def command(request: Request, layer: str | None) -> None:
    """Formula and working of every number of a row."""
    result = request.profiled(request.load())
    try:
        found = workings(result, layer)
    except SpecError:
        not_a_network("explain", request.specs[0], layer)
        raise
    put(render(result, found, request.form), request.form)
