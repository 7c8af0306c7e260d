"""`archcalc table`."""

from __future__ import annotations

from importlib import import_module

import click

from archcalc.cli.options import BatchType, convention_option, input_option, set_option
from archcalc.cli.output import put
from archcalc.diagnosis import checked
from archcalc.formats import FORMATS, render
from archcalc.language import parse, source_of
from archcalc.profiling.engine import profile
from archcalc.symbols.dims import Dim, Shape
from archcalc.symbols.evaluate import FORMS, Form


@click.command("table")
@click.argument("spec")
@click.option(
    "--format", "form", type=click.Choice([f for f in FORMATS if f != "cs231n"]), default="text", show_default=True
)
@click.option("--columns", help="Columns, separated by commas.")
@click.option("--style", type=click.Choice(["cs231n"]), help="The layout of the CS231n course notes.")
@input_option
@click.option("--batch", type=BatchType(), default="1", show_default=True, help="Samples in a batch.")
@set_option
@convention_option
@click.option(
    "--formulas",
    type=click.Choice(FORMS),
    default="plain",
    show_default=True,
    help="Formulas as they come about, written out, or factored.",
)
@click.option("--fold/--no-fold", help="Write repeated blocks once.")
@click.option("--figures/--no-figures", default=True, help="Say which published figures differ, and why.")
@click.option(
    "--watch", is_flag=True, help="Print the table again when the spec's file changes; Ctrl-C ends it with exit code 0."
)
@click.option("--count-in-place", is_flag=True, help="Count what layers that overwrite their input would store.")
def command(  # noqa: PLR0913, PLR0917 - one parameter for each option
    spec: str,
    form: str,
    columns: str | None,
    style: str | None,
    input_shape: Shape | None,
    batch: Dim,
    settings: tuple[tuple[str, str], ...],
    convention: str,
    formulas: Form,
    *,
    fold: bool,
    figures: bool,
    watch: bool,
    count_in_place: bool,
) -> None:
    """A row for each layer: size, activations, params, MACs, FLOPs."""
    if style and form != "text":
        raise click.UsageError(f"--style {style} is a layout of text; it does not go with --format {form}")
    chosen = [key.strip() for key in columns.split(",")] if columns else None

    def text() -> str:
        source = source_of(spec)
        graph = parse(source, dict(settings), input_shape=input_shape)
        result = profile(graph, batch, convention_name=convention, in_place=not count_in_place)
        return render(
            checked(result, source) if figures else result, style or form, chosen, fold=fold, formulas=formulas
        )

    if watch:
        # Most tables are printed once, and need not load what watches.
        watching = import_module("archcalc.cli.watch")
        watching.follow(watching.watched(spec), lambda: put(text(), form))
    else:
        put(text(), form)
