"""Receptive fields in each format: of all layers of a network, of one and a place in it, and of layers in no network."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from archcalc.document.content import Page, Part, Section
from archcalc.document.printed import printed
from archcalc.document.screen import PAPER, Screen
from archcalc.formats.as_json import json_text
from archcalc.formats.rf import fields as fields_of
from archcalc.formats.rf import layer, stacks
from archcalc.formats.rf.effective import box_dict, effective_dict, seen, spread
from archcalc.formats.rf.fields import heading, network_dict, page, to_dict
from archcalc.layers.window import Window
from archcalc.network.graph import Graph
from archcalc.receptive_field.effective import Box, Effective
from archcalc.receptive_field.field import Field
from archcalc.receptive_field.fields import path
from archcalc.receptive_field.stacks import ConvStack
from archcalc.symbols.dims import Dim, format_shape


def render(graph: Graph, fields: Mapping[str, Field], form: str = "text", screen: Screen = PAPER) -> str:
    """The fields of all layers, a row for each."""
    if form == "json":
        return json_text(network_dict(graph, [to_dict(field) for field in fields.values()]))
    return printed(page(graph, dict(fields)), form, screen)


def render_all(views: Mapping[str, tuple[Graph, dict[str, Field]]], form: str = "text", screen: Screen = PAPER) -> str:
    """The fields of all layers on each of several inputs, a table for each; CSV has one with a column for the input."""
    first, _ = next(iter(views.values()))
    if form == "json":
        rows = {name: [to_dict(field) for field in fields.values()] for name, (_, fields) in views.items()}
        named = {name: network_dict(graph, rows[name]) for name, (graph, _) in views.items()}
        return json_text(
            {
                "network": first.name,
                "inputs": {name: {key: one[key] for key in ("input", "axes", "rows")} for name, one in named.items()},
            }
        )
    if form == "csv":
        return printed(fields_of.together(views), form, screen)
    sections = [
        Section(f"On {name}, {format_shape(graph.input)}", fields_of.parts(graph, fields))
        for name, (graph, fields) in views.items()
    ]
    return printed(Page(heading(first), sections=tuple(sections)), form, screen)


def render_layer(  # noqa: PLR0913 - each is a part of what is shown
    graph: Graph,
    fields: dict[str, Field],
    name: str,
    box: Box | None = None,
    counted: Effective | None = None,
    *,
    form: str = "text",
    screen: Screen = PAPER,
) -> str:
    """The field of one layer, the box that one of its places sees, and its effective field; CSV has its row or the last."""
    if form == "json":
        return json_text(network_dict(graph, [_row(graph, fields, name, box, counted)]))
    if form == "csv" and counted is None:
        return render(graph, {name: fields[name]}, form)
    parts: tuple[Part, ...] = (
        layer.facts(graph, fields, name),
        *([] if box is None else [seen(box)]),
        *(() if counted is None else spread(counted)),
    )
    return printed(Page(heading(graph), sections=(Section("", parts),)), form, screen)


def _row(
    graph: Graph, fields: dict[str, Field], name: str, box: Box | None, counted: Effective | None
) -> dict[str, Any]:
    row = to_dict(fields[name])
    row["path"] = [[step for step, _ in path(graph, fields, name, i)] for i in range(len(row["size"]))]
    return {
        **row,
        **({} if box is None else {"box": box_dict(box)}),
        **({} if counted is None else {"effective": effective_dict(counted)}),
    }


def render_stacks(found: list[ConvStack], form: str = "text", screen: Screen = PAPER) -> str:
    """Stacks of small kernels with the field of a large one."""
    return json_text(stacks.stacks_dict(found)) if form == "json" else printed(stacks.stacks_page(found), form, screen)


def render_depth(window: Window, kernel: Dim, stride: Dim, depth: Dim, form: str = "text") -> str:
    """The field of a number of layers of one kernel."""
    if form == "json":
        return json_text(stacks.depth_dict(window))
    if form == "text":
        return stacks.depth_text(window, kernel, stride, depth)
    return printed(stacks.depth_page(window, kernel, stride, depth), form)
