"""The command `archcalc diff`."""

from __future__ import annotations

import click

from archcalc.cli.options import Request, takes_network
from archcalc.cli.output import put
from archcalc.comparison.diff import changes
from archcalc.document.formats import PAGES
from archcalc.formats.diff.page import render
from archcalc.language.sources import is_standard_input


@click.command("diff")
@takes_network("OLD NEW", "input", "set", "batch", "convention", formats=PAGES, default=None)
@click.option("--all", "every", is_flag=True, help="List layers that changed alike one by one.")
@click.option("--exit-code", "strict", is_flag=True, help="Exit with 1 where anything differs.")
@click.pass_context
def command(ctx: click.Context, request: Request, *, every: bool, strict: bool) -> None:
    """The changes between two specs, by layer and in all.

    For a pull request: git show main:net.yaml | archcalc diff - net.yaml
    """
    if all(map(is_standard_input, request.specs)):
        raise click.UsageError("OLD and NEW cannot both be standard input")
    found = changes(*map(request.profiled, request.graphs()))
    put(render(found, request.form, request.screen, every=every), request.form)
    if strict and found.layers:
        ctx.exit(1)
