"""The command `archcalc table`."""

from __future__ import annotations

from importlib import import_module

import click
import msgspec

from archcalc.cli.options import Request, completes_list, takes_network, takes_settings
from archcalc.cli.output import put
from archcalc.diagnosis import checked
from archcalc.formats import FORMATS, render
from archcalc.formats.table.columns import COLUMNS, spelled_out
from archcalc.profiling.engine import profile
from archcalc.symbols.evaluate import FORMS, Form


class TableOptions(msgspec.Struct, frozen=True):
    """The options of the command: the layout and the content of the table."""

    columns: str | None
    axes: bool
    style: str | None
    formulas: Form
    fold: bool
    every: bool
    figures: bool
    watch: bool
    count_in_place: bool


@click.command("table")
@takes_network("SPEC", "input", "set", "batch", "convention", formats=[form for form in FORMATS if form != "cs231n"])
@click.option("--columns", help="Columns, separated by commas.", **completes_list(COLUMNS))
@click.option("--axes", is_flag=True, help="Sizes with the names of their axes in the column of outputs.")
@click.option("--style", type=click.Choice(["cs231n"]), help="The layout of the CS231n course notes.")
@click.option(
    "--formulas",
    type=click.Choice(FORMS),
    default="plain",
    show_default=True,
    help="Formulas as they come about, written out, or factored.",
)
@click.option("--fold/--no-fold", help="Write repeated blocks once.")
@click.option(
    "--all", "every", is_flag=True, help="A row for each layer, those that cost nothing too, such as a ReLU in place."
)
@click.option("--figures/--no-figures", default=True, help="Say which published figures differ, and why.")
@click.option(
    "--watch", is_flag=True, help="Print the table again when the spec's file changes; Ctrl-C ends it with exit code 0."
)
@click.option("--count-in-place", is_flag=True, help="Count what layers that overwrite their input would store.")
@takes_settings(TableOptions)
def command(request: Request, options: TableOptions) -> None:
    """A row for each layer: size, activations, params, MACs, FLOPs."""
    form = request.form
    if options.watch and request.to_file:
        raise click.UsageError("--watch prints again and again; it does not go with -o")
    chosen = [key.strip() for key in options.columns.split(",")] if options.columns else None
    if options.axes:
        chosen = spelled_out(chosen)

    def text() -> str:
        source = request.source()
        result = profile(
            request.read(source),
            request.batch,
            convention_name=request.convention,
            in_place=not options.count_in_place,
        )
        judged = checked(result, source) if options.figures else result
        # JSON has all numbers in any layout.
        if options.style and form not in {"text", "json"}:
            page = import_module(f"archcalc.formats.table.{options.style}").page(judged)
            styled: str = import_module("archcalc.document.printed").printed(page, form)
            return styled
        return render(
            judged,
            options.style if options.style and form == "text" else form,
            chosen,
            fold=options.fold,
            formulas=options.formulas,
            screen=request.screen,
            every=options.every,
        )

    if options.watch:
        # Most tables are printed once, so the module for --watch is loaded only on request.
        watching = import_module("archcalc.cli.watch")
        watching.follow(watching.watched(request.specs[0]), lambda: put(text(), form))
    else:
        put(text(), form)
