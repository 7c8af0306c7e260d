"""The command `archcalc rf`."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import click
import msgspec

from archcalc.characters import visible
from archcalc.cli.one_network import not_a_network
from archcalc.cli.options import Request, completes, takes_network, takes_settings
from archcalc.cli.output import complain, put
from archcalc.cli.values import BatchType
from archcalc.document.formats import TABLES
from archcalc.drawing.charts import cone as cones
from archcalc.drawing.charts import field as maps
from archcalc.drawing.charts.canvas import canvas, check_suffix, save
from archcalc.drawing.charts.picture import picture_of
from archcalc.errors import SpecError, nearest
from archcalc.formats.rf.page import render, render_all, render_depth, render_layer, render_stacks
from archcalc.network.graph import Graph
from archcalc.receptive_field.cone import cone, topmost
from archcalc.receptive_field.effective import Effective, box, effective
from archcalc.receptive_field.field import Field
from archcalc.receptive_field.fields import on_every_input, receptive_fields
from archcalc.receptive_field.stacks import field_of, stacks
from archcalc.symbols.dims import Dim
from archcalc.symbols.shape import AXES

_PLACE = re.compile(r"(.+)\[\s*(\d{1,9}(?:\s*,\s*\d{1,9})*)\s*\]")


class FieldOptions(msgspec.Struct, frozen=True):
    """The options of the command: one layer of the network, or layers that are in no network."""

    layer: str | None
    on: str | None
    spread: bool
    target: Path | None
    axis: str | None
    image: Path | None
    like: int | None
    depth: Dim | None
    kernel: Dim
    stride: Dim


@click.command("rf")
@takes_network("[SPEC]", "input", "set", formats=TABLES)
@click.argument("layer", required=False, metavar="[LAYER or LAYER[y,x]]", **completes("layers"))
@click.option("--on", metavar="INPUT", help="The input on which fields are, where a network has several.")
@click.option("--effective", "-e", "spread", is_flag=True, help="The effective field too: how influence spreads.")
@click.option(
    "--plot",
    "target",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Draw a .png, .svg or .pdf file: the cone of layers below an output, or of a place or with -e its map.",
)
@click.option("--axis", metavar="AXIS", help="The axis of the input along which the cone is drawn, such as height.")
@click.option(
    "--image",
    type=click.Path(dir_okay=False, path_type=Path),
    help="An image to draw the map on, stretched to the input's size.",
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
    _check(request, options)
    if options.like is not None:
        put(render_stacks(stacks(options.like), request.form, request.screen), request.form)
    elif options.depth is not None:
        window = field_of(options.kernel, options.stride, options.depth)
        put(render_depth(window, options.kernel, options.stride, options.depth, request.form), request.form)
    else:
        _network(request, options)


def _check(request: Request, options: FieldOptions) -> None:
    """Raise UsageError for options that do not go together."""
    asked = [bool(request.specs), options.like is not None, options.depth is not None]
    if sum(asked) != 1:
        raise click.UsageError("name a SPEC, or ask for --stacks or --depth alone")
    if options.spread and options.layer is None:
        raise click.UsageError("--effective is of one LAYER")
    if options.target is not None and not request.specs:
        raise click.UsageError("--plot is of a SPEC")
    if options.image is not None and options.target is None:
        raise click.UsageError("--image is for --plot")
    if options.axis is not None and options.target is None:
        raise click.UsageError("--axis is for --plot")
    if options.target is not None:
        check_suffix(options.target)
    if options.on is not None and not request.specs:
        raise click.UsageError("--on is of a SPEC")


def _network(request: Request, options: FieldOptions) -> None:
    """Print the fields of a network: of all its layers, on each of its inputs, or of one."""
    graph = request.load()
    one = options.layer is not None or options.on is not None or options.target is not None
    if len(graph.inputs) > 1 and not one:
        put(render_all(on_every_input(graph), request.form, request.screen), request.form)
        return
    graph = graph if options.on is None else graph.seen_from(options.on)
    fields = receptive_fields(graph)
    if options.layer is not None:
        _one(graph, fields, options.layer, options, request)
        return
    if options.target is not None:
        _plot_cone(graph, fields, topmost(graph, fields, options.axis), options)
    put(render(graph, fields, request.form, request.screen), request.form)


def _one(graph: Graph, fields: dict[str, Field], layer: str, options: FieldOptions, request: Request) -> None:
    name, place = _layer(layer, request.specs[0], fields)
    seen = None if place is None else box(graph, name, place)
    mapped = options.target is not None and (place is not None or options.spread)
    counted = effective(graph, name, place) if options.spread or mapped else None
    if mapped and counted is not None:
        _plot_map(graph, name, counted, options)
    elif options.target is not None:
        _plot_cone(graph, fields, name, options)
    put(render_layer(graph, fields, name, seen, counted, form=request.form, screen=request.screen), request.form)


def _plot_cone(graph: Graph, fields: dict[str, Field], name: str, options: FieldOptions) -> None:
    if options.image is not None:
        raise click.UsageError("--image is for the map of a place: name LAYER[y,x], or a LAYER with --effective")
    found = cone(graph, fields, name, options.axis)
    with canvas(10, cones.height(found)) as figure:
        cones.draw(figure, graph, found)
        _save(figure, options)


def _plot_map(graph: Graph, name: str, counted: Effective, options: FieldOptions) -> None:
    if options.axis is not None:
        raise click.UsageError("--axis is for the cone of a layer, and a map has all axes")
    if options.image is not None and len(counted.place) != len(AXES[2]):
        raise click.UsageError(f"--image is for a network that takes images, and {graph.name} takes none")
    image = None if options.image is None else picture_of(options.image)
    with canvas(10, 4.6) as figure:
        maps.draw(figure, graph, maps.Seen(name, counted, box(graph, name, counted.place)), image)
        _save(figure, options)


def _save(figure: Any, options: FieldOptions) -> None:
    if options.target is not None:
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
