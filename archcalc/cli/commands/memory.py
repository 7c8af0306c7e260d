"""`archcalc memory`."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import click

from archcalc.cli.options import BatchType, input_option, set_option
from archcalc.cli.output import put
from archcalc.drawing.charts.canvas import canvas, check_suffix, save
from archcalc.drawing.charts.memory import draw
from archcalc.formats.memory.page import FORMATS, render
from archcalc.formats.summary import title
from archcalc.language import load
from archcalc.memory.optimizers import OPTIMIZERS, WAYS, Way
from archcalc.memory.plan import Dtypes, inference, training
from archcalc.memory.sizes import DTYPES, bytes_of
from archcalc.network.storage import Overwrite
from archcalc.profiling.engine import profile
from archcalc.symbols.dims import Dim, Shape


class CheckpointType(click.ParamType[Any]):
    """A number of blocks, or sqrt."""

    name = "blocks"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int | str:
        text = str(value)
        if text != "sqrt" and not (text.isdecimal() and len(text) < 10 and int(text)):
            self.fail(f"'{text}' is neither a number of blocks nor sqrt", param, ctx)
        return text if text == "sqrt" else int(text)


_dtype = click.Choice(list(DTYPES))


@click.command("memory")
@click.argument("spec")
@click.option("--dtype", type=_dtype, default="fp32", show_default=True, help="Of weights and activations.")
@click.option("--weights", type=_dtype, help="Of weights, where it is another.")
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
@click.option("--format", "form", type=click.Choice(FORMATS), default="text", show_default=True)
@input_option
@click.option("--batch", type=BatchType(), default="1", show_default=True, help="Samples in a batch, or a letter.")
@set_option
def command(  # noqa: PLR0913, PLR0917 - one parameter for each option
    spec: str,
    dtype: str,
    weights: str | None,
    activations: str | None,
    train: bool,
    optimizer: str | None,
    step: Way | None,
    master: bool | None,
    checkpoint: int | Literal["sqrt"] | None,
    overwrite: Overwrite,
    concat: str | None,
    workspace: str | None,
    schedule: str | None,
    budget: str | None,
    timeline: bool,
    target: Path | None,
    form: str,
    input_shape: Shape | None,
    batch: Dim,
    settings: tuple[tuple[str, str], ...],
) -> None:
    """What is alive when, the most at once, and what fits."""
    of_training = {"--optimizer": optimizer, "--step": step, "--master": master, "--checkpoint": checkpoint}
    of_inference = {"--concat": concat, "--workspace": workspace, "--schedule": schedule}
    for name, value in (of_inference if train else of_training).items():
        if value is not None:
            raise click.UsageError(
                f"{name} is for {'inference' if train else 'training'}; {'leave out' if train else 'add'} --train"
            )
    if target is not None:
        check_suffix(target)
    result = profile(load(spec, dict(settings), input_shape=input_shape), batch)
    if target is not None:
        result.require_numbers("a chart")
    dtypes = Dtypes(weights or dtype, activations or dtype)
    if train:
        plan = training(
            result,
            dtypes,
            rule=optimizer or "adam",
            step=step,
            master=master,
            checkpoint=checkpoint,
            overwrite=overwrite,
        )
    else:
        plan = inference(
            result,
            dtypes,
            overwrite=overwrite,
            copy_concat=concat != "in-place",
            columns=workspace == "im2col",
            reorder=schedule == "best",
        )
    put(render(plan, form, None if budget is None else bytes_of(budget), timeline=timeline), form)
    if target is not None:
        with canvas(10, 4) as figure:
            draw(figure.subplots(), plan)
            figure.suptitle(f"{title(result)}: {plan.phase}, batch {batch}", x=0.01, ha="left")
            save(figure, target)
