"""The command line: options in, text out, no logic between."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click
from tabulate import tabulate

from archcalc.counting import CONVENTIONS
from archcalc.dims import Dim, Shape, symbol
from archcalc.engine import profile
from archcalc.errors import SpecError
from archcalc.formats import FORMATS, render
from archcalc.formats.data import json_text
from archcalc.report import index, page
from archcalc.rows import Profile
from archcalc.spec import bundled, load
from archcalc.spec.flat import flat
from archcalc.spec.schema import schema as spec_schema


class _Commands(click.Group):
    """Commands whose SpecError is printed as it is, with exit code 1."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except SpecError as error:
            click.echo(str(error), err=True)
            ctx.exit(1)


class _Shape(click.ParamType[Any]):
    """3x224x224, with letters for sizes left open."""

    name = "shape"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Shape:
        parts = str(value).replace("×", "x").split("x")
        if not all(
            part.isidentifier() or (part.isdecimal() and int(part[:16]) > 0 and len(part) <= 15) for part in parts
        ):
            self.fail(f"'{value}' is not a shape such as 3x224x224", param, ctx)
        return tuple(int(part) if part.isdecimal() else symbol(part) for part in parts)


class _Batch(_Shape):
    """A whole number of at least 1, or a letter."""

    name = "n"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        sizes = super().convert(value, param, ctx)
        if len(sizes) != 1:
            self.fail(f"'{value}' is not a number of samples", param, ctx)
        return sizes[0]


class _Setting(click.ParamType[Any]):
    """name=value."""

    name = "name=value"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, str]:
        name, equals, text = str(value).partition("=")
        if not equals or not name or not text:
            self.fail(f"'{value}' is not name=value", param, ctx)
        return name, text


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="archcalc")
def main() -> None:
    """What a neural network costs: sizes, parameters, memory, operations.

    SPEC is the name of a bundled network, the path of a spec, or - for standard input.
    """
    # A terminal that cannot show × or → gets a question mark rather than a traceback.
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")


_input = click.option("--input", "input_shape", type=_Shape(), help="Another input shape, such as 3x320x320.")
_set = click.option("--set", "settings", type=_Setting(), multiple=True, help="Set a param that the spec declares.")


@main.command()
@click.argument("spec")
@click.option(
    "--format", "form", type=click.Choice([f for f in FORMATS if f != "cs231n"]), default="text", show_default=True
)
@click.option("--columns", help="Columns, separated by commas.")
@click.option("--style", type=click.Choice(["cs231n"]), help="The layout of the CS231n course notes.")
@_input
@click.option("--batch", type=_Batch(), default="1", show_default=True, help="Samples in a batch.")
@_set
@click.option(
    "--convention",
    type=click.Choice(list(CONVENTIONS)),
    default="macs",
    show_default=True,
    help="What counts as a FLOP.",
)
@click.option("--fold/--no-fold", help="Write repeated blocks once.")
@click.option("--count-in-place", is_flag=True, help="Count what layers that overwrite their input would store.")
def table(  # noqa: PLR0913, PLR0917 - one parameter for each option
    spec: str,
    form: str,
    columns: str | None,
    style: str | None,
    input_shape: Shape | None,
    batch: Dim,
    settings: tuple[tuple[str, str], ...],
    convention: str,
    *,
    fold: bool,
    count_in_place: bool,
) -> None:
    """A row for each layer: size, activations, params, MACs, FLOPs."""
    graph = load(spec, input_shape=input_shape, **dict(settings))
    result = profile(graph, batch, convention_name=convention, in_place=not count_in_place)
    chosen = [key.strip() for key in columns.split(",")] if columns else None
    click.echo(render(result, style or form, chosen, fold=fold))


@main.command("list")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
def list_(form: str) -> None:
    """The bundled networks: params, MACs, depth and source."""
    profiles = [profile(load(name)) for name in bundled()]
    if form == "json":
        keys = ("name", "title", "params", "macs", "depth", "source")
        click.echo(json_text([dict(zip(keys, _listed(result), strict=True)) for result in profiles]))
        return
    rows = [[f"{cell:,}" if isinstance(cell, int) else cell for cell in _listed(result)] for result in profiles]
    titles = ["name", "network", "params", "MACs", "depth", "source"]
    click.echo(
        tabulate(
            rows, titles, "simple", disable_numparse=True, colalign=["left", "left", "right", "right", "right", "left"]
        )
    )


def _listed(result: Profile) -> tuple[Any, ...]:
    graph, totals = result.graph, result.totals
    return graph.name, graph.title, totals.params, totals.macs, result.depth, graph.source


@main.command()
@click.argument("spec")
@_input
@_set
def expand(spec: str, input_shape: Shape | None, settings: tuple[tuple[str, str], ...]) -> None:
    """The network as a flat spec, blocks and repeats written out."""
    click.echo(flat(load(spec, input_shape=input_shape, **dict(settings))))


@main.command()
def schema() -> None:
    """The JSON Schema of specs, for editors."""
    click.echo(json_text(spec_schema()))


@main.command()
@click.argument("specs", nargs=-1, metavar="[SPEC]...")
@click.option("--all", "every", is_flag=True, help="Every bundled network, and an index.")
@click.option(
    "-o", "--output", "folder", type=click.Path(file_okay=False, path_type=Path), default="reports", show_default=True
)
def report(specs: tuple[str, ...], folder: Path, *, every: bool) -> None:
    """Write a markdown page for each network."""
    if bool(specs) == every:
        raise click.UsageError("name one or more specs, or give --all")
    profiles = [profile(load(name)) for name in (bundled() if every else specs)]
    pages = {f"{result.graph.name}.md": page(result) for result in profiles}
    if every:
        pages["README.md"] = index(sorted(profiles, key=lambda result: result.totals.params))
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in pages.items():
        # Written beside and then moved into place, so that no page is ever half there.
        unfinished = folder / f".{name}.part"
        unfinished.write_text(text, encoding="utf-8")
        unfinished.replace(folder / name)
        click.echo(folder / name)
