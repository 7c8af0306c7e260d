"""The command `archcalc devices`."""

from __future__ import annotations

import click

from archcalc.cli.options import Request, completes, takes_network
from archcalc.cli.output import put
from archcalc.devices.known import device, every
from archcalc.document.formats import TABLES
from archcalc.formats.devices import render


@click.command("devices")
@takes_network("", formats=TABLES)
@click.argument("name", required=False, metavar="[DEVICE]", **completes("devices"))
def command(request: Request, name: str | None) -> None:
    """Devices with their peaks and bandwidths, or one with its sources."""
    found = every() if name is None else [device(name)]
    put(render(found, request.form, request.screen, alone=name is not None), request.form)
