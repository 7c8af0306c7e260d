"""The command `archcalc sweep`."""

from __future__ import annotations

from pathlib import Path

import click

from archcalc.cli.options import Request, completes, takes_network, takes_settings
from archcalc.cli.output import put
from archcalc.cli.progress import progress
from archcalc.cli.sweep_options import SweepOptions, question_of
from archcalc.document.formats import TABLES
from archcalc.formats.sweep import render
from archcalc.sweeping.run import Wanted, required, run


@click.command("sweep")
@takes_network("SPEC", "input", "set", "batch", "convention", formats=TABLES)
@click.option(
    "--over",
    multiple=True,
    metavar="NAME=VALUES",
    help="What is swept: a param, an entry such as depths[1], a letter of --input, batch or variant; 16:64:8 or 2,3,4.",
)
@click.option("--space", type=click.Path(dir_okay=False, path_type=Path), help="A design space in YAML.")
@click.option(
    "--from",
    "rows_of",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Configurations in a CSV or Parquet file.",
)
@click.option("--measures", help="The columns, separated by commas.  [default: params,macs,activations]")
@click.option("--for", "conditions", multiple=True, help="Which rows to keep, such as 'params <= 5M'.")
@click.option(
    "--pareto", metavar="COLUMNS", help="Print the front of these columns, such as macs,rf or params,macs:max."
)
@click.option("--sample", type=click.IntRange(1, 10**9), help="So many configurations at random in place of all.")
@click.option("--hypercube", is_flag=True, help="Sample each knob evenly: a Latin hypercube.")
@click.option("--seed", type=click.IntRange(0, 2**31), help="The seed of the sample.")
@click.option(
    "--rows", type=click.IntRange(0, 10_000), default=20, show_default=True, help="The rows that are printed."
)
@click.option(
    *("-o", "--output", "target"),
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write all rows to a .parquet or .csv file, and go on where an interrupted sweep left off.",
)
@click.option(
    "--scheduler", default="", metavar="ADDRESS", help="Let the workers of a Dask cluster compute the chunks."
)
@click.option("--workers", type=click.IntRange(0, 1024), default=0, help="Or so many processes on this machine.")
@click.option(
    "--device", default="", metavar="DEVICE", help="A column for the least time on it.", **completes("devices")
)
@click.option("--chunk", type=click.IntRange(1, 10**8), help="The rows that are computed at once.  [default: 262,144]")
@takes_settings(SweepOptions)
def command(request: Request, options: SweepOptions) -> None:
    """The numbers of many configurations at once, exactly.

    Such as --over width=16:256:8 --input 3xRxR --over R=128:512:32 --for "params <= 5M".
    """
    required()
    question = question_of(request, options)

    wanted = Wanted(options.pareto, options.rows, options.target, options.scheduler, options.workers)
    found = run(question, wanted, lambda numbers: progress(numbers, "sweep"))
    written = "" if options.target is None else str(options.target)
    put(render(found, question.title, request.form, request.screen, written=written), request.form)
