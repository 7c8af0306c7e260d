"""The command `archcalc list`."""

from __future__ import annotations

import click

from archcalc.cli.options import Request, takes_network
from archcalc.cli.output import put
from archcalc.document.formats import TABLES
from archcalc.formats.networks import render
from archcalc.language import bundled, load
from archcalc.report.listed import listed, of


@click.command("list")
@takes_network("", "convention", formats=TABLES)
def command(request: Request) -> None:
    """The bundled networks: params, MACs, depth and source."""
    counted = [] if request.convention == "macs" else [request.profiled(load(name)) for name in bundled()]
    lines = list(map(of, counted)) or listed()
    put(render(lines, counted, request.form, request.screen), request.form)
