"""The command `archcalc conventions`."""

from __future__ import annotations

import click

from archcalc.cli.options import Request, completes_list, takes_network
from archcalc.cli.output import put
from archcalc.conventions import CONVENTIONS, convention
from archcalc.document.formats import TABLES
from archcalc.formats.convention_rule import rules
from archcalc.formats.conventions import render
from archcalc.profiling.by_convention import by_convention


@click.command("conventions")
@takes_network("[SPEC]", "input", "set", "batch", formats=TABLES)
@click.option("--only", "names", help="Conventions, separated by commas.", **completes_list(CONVENTIONS))
@click.option(
    "--rule", "name", **completes_list(CONVENTIONS), help="Show a convention's whole rule and its known faults instead."
)
def command(request: Request, names: str | None, name: str | None) -> None:
    """One network under every convention, and why they differ."""
    if bool(request.specs) == (name is not None):
        raise click.UsageError("name a SPEC, or a convention with --rule")
    if name is not None:
        put(rules(name, request.form, request.screen), request.form)
    else:
        chosen = [convention(each.strip()) for each in names.split(",")] if names else CONVENTIONS.values()
        result = request.profiled(request.load())
        put(render(result, by_convention(result, chosen), request.form, request.screen), request.form)
