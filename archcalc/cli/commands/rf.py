"""The command `archcalc rf`."""

from __future__ import annotations

import re
from pathlib import Path

import click
import msgspec

from archcalc.characters import visible
from archcalc.cli.one_network import not_a_network
from archcalc.cli.options import BatchType, Request, takes_network, takes_settings
from archcalc.cli.output import complain, put
from archcalc.document.formats import TABLES
from archcalc.drawing.charts.canvas import canvas, check_suffix, save
from archcalc.drawing.charts.field import draw
from archcalc.errors import SpecError, nearest
from archcalc.formats.rf.page import render, render_depth, render_layer, render_stacks
from archcalc.network.graph import Graph
from archcalc.receptive_field.effective import box, effective
from archcalc.receptive_field.field import Field
from archcalc.receptive_field.fields import receptive_fields
from archcalc.receptive_field.stacks import field_of, stacks
from archcalc.symbols.dims import Dim

_PLACE = re.compile(r"(.+)\[\s*(\d{1,9}(?:\s*,\s*\d{1,9})*)\s*\]")


class FieldOptions(msgspec.Struct, frozen=True):
    """The options of the command: one layer of the network, or layers that are in no network."""

    layer: str | None
    spread: bool
    target: Path | None
    like: int | None
    depth: Dim | None
    kernel: Dim
    stride: Dim


@click.command("rf")
@takes_network("[SPEC]", "input", "set", formats=TABLES)
@click.argument("layer", required=False, metavar="[LAYER or LAYER[y,x]]")
@click.option("--effective", "-e", "spread", is_flag=True, help="The effective field too: how influence spreads.")
@click.option(
    "--plot", "target", type=click.Path(dir_okay=False, path_type=Path), help="Its chart, a .png, .svg or .pdf file."
)
@click.option(
    "--stacks", "like", type=click.IntRange(min=2), metavar="K", help="Stacks with the field of a K by K kernel."
)
@click.option("--depth", type=BatchType(), help="The field of so many layers of one kernel, or of a letter.")
@click.option("--kernel", type=BatchType(), default="3", show_default=True, help="The kernel of --depth.")
@click.option("--stride", type=BatchType(), default="1", show_default=True, help="The stride of --depth.")
@takes_settings(FieldOptions)
def command(request: Request, options: FieldOptions) -> None:
    """Receptive fields: of all layers, of one, or of a place."""
    asked = [bool(request.specs), options.like is not None, options.depth is not None]
    if sum(asked) != 1:
        raise click.UsageError("name a SPEC, or ask for --stacks or --depth alone")
    if (options.spread or options.target) and options.layer is None:
        raise click.UsageError("--effective and --plot are of one LAYER")
    if options.target is not None:
        check_suffix(options.target)
    if options.like is not None:
        put(render_stacks(stacks(options.like), request.form, request.screen), request.form)
    elif options.depth is not None:
        window = field_of(options.kernel, options.stride, options.depth)
        put(render_depth(window, options.kernel, options.stride, options.depth, request.form), request.form)
    else:
        graph = request.load()
        fields = receptive_fields(graph)
        if options.layer is None:
            put(render(graph, fields, request.form, request.screen), request.form)
        else:
            _one(graph, fields, options.layer, options, request)


def _one(graph: Graph, fields: dict[str, Field], layer: str, options: FieldOptions, request: Request) -> None:
    name, place = _layer(layer, request.specs[0], fields)
    seen = None if place is None else box(graph, name, place)
    counted = effective(graph, name, place) if options.spread or options.target else None
    said = render_layer(graph, fields, name, seen, counted, form=request.form, screen=request.screen)
    put(said, request.form)
    if options.target is not None and counted is not None:
        with canvas(9, 4) as figure:
            draw(figure, graph, name, counted)
            save(figure, options.target)
        complain(visible(str(options.target)))


def _layer(text: str, spec: str, fields: dict[str, Field]) -> tuple[str, tuple[int, ...] | None]:
    """The layer that a text names, and the position in it if the text has one."""
    if text in fields:
        return text, None
    found = _PLACE.fullmatch(text)
    name = found[1] if found else text
    if name not in fields:
        not_a_network("rf", spec, name)
        raise SpecError(f"no layer '{name[:100]}'", None, nearest(name, list(fields)) or "archcalc rf SPEC names all")
    return name, tuple(int(n) for n in found[2].split(",")) if found else None
