"""The command `archcalc shard`."""

from __future__ import annotations

import click
import msgspec

from archcalc.cli.options import Request, takes_network, takes_settings
from archcalc.cli.output import put
from archcalc.cli.training_options import takes_keeping
from archcalc.document.formats import TABLES
from archcalc.formats.shard import render
from archcalc.language.sources import read_text
from archcalc.memory_plan.optimizers import OPTIMIZERS
from archcalc.parallel.plan import INFERENCE, MAX_DEVICES
from archcalc.parallel.reading import plan_of
from archcalc.parallel.sharding import sharded
from archcalc.training.recipes import RECIPES

_COUNT = click.IntRange(1, MAX_DEVICES)


class ShardOptions(msgspec.Struct, frozen=True):
    """The options of the command: a plan's file, and settings that stand in place of its own."""

    plan: str | None
    data: int | None
    zero: int | None
    tensor: int | None
    sequence: bool | None
    context: int | None
    pipeline: int | None
    experts: int | None
    microbatches: int | None
    recipe: str | None
    optimizer: str | None
    attention: str | None
    attention_dropout: bool | None
    recompute: str | None
    blocks: str | None
    loss: str | None
    pad_vocabulary: int | None


@click.command("shard")
@takes_network("SPEC", "input", "set", "batch", formats=TABLES)
@click.option(
    "--plan", type=click.Path(), metavar="FILE", help="A plan in YAML; options stand in place of its settings."
)
@click.option("--data", type=_COUNT, help="Devices that have batches of their own.")
@click.option("--zero", type=click.IntRange(0, 3), help="The stage of ZeRO: what these devices share.")
@click.option("--tensor", type=_COUNT, help="Devices that split layers by heads, columns, rows and words.")
@click.option("--sequence/--no-sequence", default=None, help="Whether these split the tokens elsewhere.")
@click.option("--context", type=_COUNT, help="Devices that split all tokens, with attention in a ring.")
@click.option("--pipeline", type=_COUNT, help="Stages, each of some of the blocks.")
@click.option("--experts", type=_COUNT, help="Devices, among those of data and context, that split the experts.")
@click.option("--microbatches", type=_COUNT, help="Microbatches in a step; by default as many as stages.")
@click.option(
    "--recipe", type=click.Choice([*RECIPES, INFERENCE]), help="Of training, or inference.  [default: bf16-mixed]"
)
@click.option("--optimizer", type=click.Choice(list(OPTIMIZERS)), help="In training; adam by default.")
@takes_keeping(open_ones=True)
@click.option("--pad-vocabulary", type=_COUNT, help="Pad words to a multiple of this on each device.")
@takes_settings(ShardOptions)
def command(request: Request, options: ShardOptions) -> None:
    """The bytes on each of several devices, and what they send."""
    given = {name: getattr(options, name) for name in options.__struct_fields__ if name != "plan"}
    plan = plan_of(None if options.plan is None else read_text(options.plan), given)
    put(render(sharded(request.profiled(request.load()), plan), request.form, request.screen), request.form)
