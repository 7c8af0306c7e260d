"""`archcalc grade`."""

from __future__ import annotations

import click

from archcalc.cli.options import input_option, set_option
from archcalc.cli.output import put
from archcalc.conventions import CONVENTIONS
from archcalc.errors import SpecError
from archcalc.formats.grade import FORMATS, render
from archcalc.grading import grade, read, worksheet
from archcalc.language import load
from archcalc.profiling.engine import profile
from archcalc.symbols.dims import Shape


@click.command("grade")
@click.argument("spec")
@click.argument("file", metavar="FILE.csv")
@input_option
@set_option
@click.option(
    "--convention",
    type=click.Choice(list(CONVENTIONS)),
    help="What FLOPs are counted by, where the worksheet's heading does not say it.  [default: macs]",
)
@click.option("--format", "form", type=click.Choice(FORMATS), default="text", show_default=True)
def command(  # noqa: PLR0913, PLR0917 - one parameter for each option
    spec: str,
    file: str,
    input_shape: Shape | None,
    settings: tuple[tuple[str, str], ...],
    convention: str | None,
    form: str,
) -> None:
    """A filled-in worksheet marked, each wrong cell with its slip."""
    if spec == file == "-":
        raise click.UsageError("SPEC and FILE.csv cannot both be standard input")
    graph = load(spec, dict(settings), input_shape=input_shape)
    sheet = read(worksheet(file), [node.name for node in graph.nodes])
    if convention and sheet.convention not in {"", convention}:
        raise SpecError(f"the worksheet is by the convention {sheet.convention}, not {convention}")
    result = profile(graph, convention_name=convention or sheet.convention or "macs")
    put(render(grade(result, sheet), form), form)
