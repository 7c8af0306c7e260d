"""The command `archcalc train`."""

from __future__ import annotations

import click

from archcalc.cli.options import Request, completes_list, takes_network, takes_settings
from archcalc.cli.output import put
from archcalc.document.formats import TABLES
from archcalc.formats.training.page import render
from archcalc.memory_plan.optimizers import OPTIMIZERS
from archcalc.training.asked import ATTENTION, LOSSES, PROJECTIONS, RECOMPUTED, Asked
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
@click.option(
    "--recompute",
    type=click.Choice(RECOMPUTED),
    default="none",
    show_default=True,
    help="What is computed again: the scores of attention, or every repeated block.",
)
@click.option("--blocks", help="With --recompute full, the name of the blocks.")
@click.option(
    "--attention",
    type=click.Choice(ATTENTION),
    default="fused",
    show_default=True,
    help="Whether a kernel keeps no scores, or products written out keep them.",
)
@click.option("--attention-dropout", is_flag=True, help="Dropout of the scores, with --attention eager.")
@click.option("--lora", type=click.IntRange(1, 1_000_000), help="The rank of adapters beside what --on names.")
@click.option("--on", help="Where adapters stand, such as q,v.", **completes_list(PROJECTIONS))
@click.option("--freeze", help="Layers that are not trained, such as 'encoder/*'.")
@click.option(
    "--loss", type=click.Choice(LOSSES), help="By default the cross-entropy, of networks of classes or of words."
)
@takes_settings(Asked)
def command(request: Request, asked: Asked) -> None:
    """A step of training: operations by layer, bytes held and kept."""
    put(render(step_of(request.profiled(request.load()), asked), request.form, request.screen), request.form)
