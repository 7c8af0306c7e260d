"""`archcalc diff`."""

from __future__ import annotations

import click

from archcalc.cli.options import BatchType, convention_option, input_option, set_option
from archcalc.cli.output import put
from archcalc.comparison.diff import changes
from archcalc.formats.diff.page import FORMATS, render
from archcalc.language.shorthand import graphs
from archcalc.profiling.engine import profile
from archcalc.symbols.dims import Dim, Shape


@click.command("diff")
@click.argument("old")
@click.argument("new")
@input_option
@click.option("--batch", type=BatchType(), default="1", show_default=True, help="Samples in a batch.")
@set_option
@convention_option
@click.option("--all", "every", is_flag=True, help="List layers that changed alike one by one.")
@click.option("--exit-code", "strict", is_flag=True, help="Exit with 1 where anything differs.")
@click.option("--format", "form", type=click.Choice(FORMATS), default="markdown", show_default=True)
@click.pass_context
def command(  # noqa: PLR0913 - one parameter for each option
    ctx: click.Context,
    old: str,
    new: str,
    *,
    input_shape: Shape | None,
    batch: Dim,
    settings: tuple[tuple[str, str], ...],
    convention: str,
    every: bool,
    strict: bool,
    form: str,
) -> None:
    """What changed between two specs, by layer and in all.

    For a pull request: git show main:net.yaml | archcalc diff - net.yaml
    """
    if old == new == "-":
        raise click.UsageError("OLD and NEW cannot both be standard input")
    loaded = graphs((old, new), dict(settings), input_shape=input_shape)
    before, after = (profile(graph, batch, convention_name=convention) for graph in loaded)
    found = changes(before, after)
    put(render(found, form, every=every), form)
    if strict and found.layers:
        ctx.exit(1)
