"""The command `archcalc rf`."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import click
import msgspec

from archcalc.characters import visible
from archcalc.cli.options import BatchType, Request, completes, takes_network, takes_settings
from archcalc.cli.output import complain, put
from archcalc.drawing.charts.canvas import canvas, check_suffix, save
from archcalc.drawing.charts.field import draw
from archcalc.errors import SpecError, nearest
from archcalc.formats.as_json import json_text
from archcalc.formats.rf import fields as listing
from archcalc.formats.rf.effective import box_dict, box_text, effective_dict, effective_text
from archcalc.formats.rf.stacks import depth_dict, depth_text, stacks_dict, stacks_text
from archcalc.network.graph import Graph
from archcalc.receptive_field.effective import box, effective
from archcalc.receptive_field.field import Field
from archcalc.receptive_field.fields import path, receptive_fields
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
@takes_network("[SPEC]", "input", "set", formats=["text", "json"])
@click.argument("layer", required=False, metavar="[LAYER or LAYER[y,x]]", **completes("layers"))
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
    json = request.form == "json"
    if options.like is not None:
        found = stacks(options.like)
        put(json_text(stacks_dict(found)) if json else stacks_text(found, request.screen), request.form)
    elif options.depth is not None:
        window = field_of(options.kernel, options.stride, options.depth)
        text = depth_text(window, options.kernel, options.stride, options.depth)
        put(json_text(depth_dict(window)) if json else text, request.form)
    else:
        graph = request.load()
        fields = receptive_fields(graph)
        if options.layer is None:
            rows = [listing.to_dict(field) for field in fields.values()]
            put(
                json_text(listing.network_dict(graph, rows)) if json else listing.table(graph, fields, request.screen),
                request.form,
            )
        else:
            _one(graph, fields, options.layer, options, request)


def _one(graph: Graph, fields: dict[str, Field], layer: str, options: FieldOptions, request: Request) -> None:
    name, place = _layer(layer, fields)
    seen = None if place is None else box(graph, name, place)
    counted = effective(graph, name, place) if options.spread or options.target else None
    if request.form == "json":
        row: dict[str, Any] = listing.to_dict(fields[name])
        row["path"] = [[step for step, _ in path(graph, fields, name, i)] for i in range(len(row["size"]))]
        if seen is not None:
            row["box"] = box_dict(seen)
        if counted is not None:
            row["effective"] = effective_dict(counted)
        put(json_text(listing.network_dict(graph, [row])), "json")
    else:
        parts = [listing.layer(graph, fields, name, request.screen)]
        parts += [] if seen is None else [box_text(seen)]
        parts += [] if counted is None else [effective_text(counted, request.screen)]
        put("\n\n".join(parts))
    if options.target is not None and counted is not None:
        with canvas(9, 4) as figure:
            draw(figure, graph, name, counted)
            save(figure, options.target)
        complain(visible(str(options.target)))


def _layer(text: str, fields: dict[str, Field]) -> tuple[str, tuple[int, ...] | None]:
    """The layer that a text names, and the position in it if the text has one."""
    if text in fields:
        return text, None
    found = _PLACE.fullmatch(text)
    name = found[1] if found else text
    if name not in fields:
        raise SpecError(f"no layer '{name[:100]}'", None, nearest(name, list(fields)) or "archcalc rf SPEC names all")
    return name, tuple(int(n) for n in found[2].split(",")) if found else None
