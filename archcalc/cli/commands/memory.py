"""The command `archcalc memory`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from archcalc.cli.options import Request, takes_network, takes_settings, weights_option
from archcalc.cli.output import put
from archcalc.document.formats import TABLES
from archcalc.drawing.charts.canvas import canvas, check_suffix, save
from archcalc.drawing.charts.memory import draw
from archcalc.formats.memory import formulas as formulas_of
from archcalc.formats.memory.page import render
from archcalc.formats.summary import title
from archcalc.memory_plan.asked import Asked, planned
from archcalc.memory_plan.formulas import formulas, lettered
from archcalc.memory_plan.optimizers import OPTIMIZERS, WAYS
from archcalc.memory_plan.sizes import bytes_of
from archcalc.network.dtypes import DTYPES


class CheckpointType(click.ParamType[Any]):
    """The interval of checkpoints: a number of blocks, or sqrt."""

    name = "blocks"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int | str:
        text = str(value)
        if text != "sqrt" and not (text.isdecimal() and len(text) < 10 and int(text)):
            self.fail(f"'{text}' is neither a number of blocks nor sqrt", param, ctx)
        return text if text == "sqrt" else int(text)


class MemoryOptions(Asked, frozen=True, kw_only=True):
    """The options of the command: the plan that is asked for, and what is printed of it."""

    budget: str | None
    timeline: bool
    target: Path | None


_dtype = click.Choice(list(DTYPES))


@click.command("memory")
@takes_network("SPEC", "input", "set", "batch", formats=TABLES)
@click.option(
    "--dtype",
    type=_dtype,
    default="fp32",
    show_default=True,
    help="Of activations, and weights of which the spec states none.",
)
@weights_option
@click.option("--activations", type=_dtype, help="Of activations, where it is another.")
@click.option("--train", is_flag=True, help="A step of training instead of one forward pass.")
@click.option("--optimizer", type=click.Choice(list(OPTIMIZERS)), help="In training; adam by default.")
@click.option("--step", type=click.Choice(WAYS), help="How it updates; by default as torch does on a GPU.")
@click.option("--master/--no-master", default=None, help="In training, fp32 master weights beside narrower ones.")
@click.option(
    "--checkpoint", type=CheckpointType(), help="In training, keep what enters every so many blocks, or sqrt."
)
@click.option(
    "--overwrite",
    type=click.Choice(["frameworks", "all"]),
    default="frameworks",
    show_default=True,
    help="What overwrites its input: as in frameworks, or all that could.",
)
@click.option("--concat", type=click.Choice(["copy", "in-place"]), help="Whether concatenation copies its branches.")
@click.option("--workspace", type=click.Choice(["none", "im2col"]), help="What a convolution works in.")
@click.option(
    "--schedule", type=click.Choice(["spec", "best"]), help="The order of execution: the spec's, or the best."
)
@click.option("--budget", help="Find the largest batch that fits, such as 8GiB.")
@click.option("--timeline", is_flag=True, help="A bar for each step.")
@click.option("--plot", "target", type=click.Path(dir_okay=False, path_type=Path), help="Draw the timeline to a file.")
@takes_settings(MemoryOptions)
def command(request: Request, options: MemoryOptions) -> None:
    """The bytes alive at each step, their peak, and what fits."""
    for name in options.out_of_place:
        phase, remedy = ("inference", "leave out") if options.train else ("training", "add")
        raise click.UsageError(f"--{name} is for {phase}; {remedy} --train")
    if options.target is not None:
        check_suffix(options.target)
    result = request.profiled(request.load())
    if options.target is not None:
        result.require_numbers("a chart")
    if lettered(result):
        if options.budget is not None or options.timeline or options.checkpoint is not None:
            result.require_numbers("a budget, a timeline or checkpoints")
        put(formulas_of.render(formulas(result, options), request.form, request.screen), request.form)
        return
    plan = planned(result, options)
    budget = None if options.budget is None else bytes_of(options.budget)
    put(render(plan, request.form, budget, request.screen, timeline=options.timeline), request.form)
    if options.target is not None:
        with canvas(10, 4) as figure:
            draw(figure.subplots(), plan)
            figure.suptitle(f"{title(result)}: {plan.phase}, batch {request.batch}", x=0.01, ha="left")
            save(figure, options.target)
