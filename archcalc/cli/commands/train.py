"""The command `archcalc train`."""

from __future__ import annotations

import click

from archcalc.cli.options import Request, completes_list, takes_network, takes_settings
from archcalc.cli.output import put
from archcalc.cli.training_options import takes_keeping
from archcalc.document.formats import TABLES
from archcalc.formats.training.page import render
from archcalc.memory_plan.optimizers import OPTIMIZERS
from archcalc.training.asked import PROJECTIONS, Asked
from archcalc.training.recipes import RECIPES
from archcalc.training.step import step_of


@click.command("train")
@takes_network("SPEC", "input", "set", "batch", formats=TABLES)
@click.option(
    "--recipe", type=click.Choice(list(RECIPES)), default="fp32", show_default=True, help="The number formats."
)
@click.option(
    "--optimizer", type=click.Choice(list(OPTIMIZERS)), default="adam", show_default=True, help="What updates weights."
)
@takes_keeping(open_ones=False)
@click.option("--lora", type=click.IntRange(1, 1_000_000), help="The rank of adapters beside what --on names.")
@click.option("--on", help="Where adapters stand, such as q,v.", **completes_list(PROJECTIONS))
@click.option("--freeze", help="Layers that are not trained, such as 'encoder/*'.")
@takes_settings(Asked)
def command(request: Request, asked: Asked) -> None:
    """A step of training: operations by layer, bytes held and kept."""
    put(render(step_of(request.profiled(request.load()), asked), request.form, request.screen), request.form)
