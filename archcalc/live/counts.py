"""The answers about a text as it is typed: its table, the links from rows to lines, and the text of a bundled network."""

from __future__ import annotations

from importlib import import_module

import msgspec

from archcalc.errors import Place
from archcalc.formats.as_json import json_text, plain_axes, plain_shape
from archcalc.formats.table.json import render
from archcalc.language.sources import MAX_BYTES, opened
from archcalc.live.asked import Loaded, Question, loaded
from archcalc.profiling.rows import Profile
from archcalc.symbols.shape import axes_of


def table(asked: Question) -> str:
    """The JSON of `archcalc table`, with verdicts on the published figures unless they are not asked for."""
    found = loaded(asked.network)
    if not asked.options.get("figures", True):
        return render(found.profile)
    # The search for how a figure came about takes longer than the rest, and the table does not wait for it.
    judged: Profile = import_module("archcalc.diagnosis").checked(found.profile, found.source)
    return render(judged)


def aside(asked: Question) -> str:
    """The facts that the JSON of the table leaves out: the line, blocks and family of each row, and the settings there are."""
    found = loaded(asked.network)
    graph = found.graph
    tied = found.model.input_params
    aside = {
        "rows": [
            {"line": _line(found, node.place), "blocks": node.blocks, "family": node.layer.family}
            for node in graph.nodes
        ],
        "params": [{"name": name, "value": text} for name, text in found.model.params(found.shape).items()],
        "inputs": [
            {
                "name": name,
                "shape": plain_shape(shape),
                "axes": plain_axes(shape),
                "tied": [(name, axis) in tied for axis in axes_of(shape)],
            }
            for name, shape in graph.input_shapes.items()
        ],
        "whole": found.profile.whole,
    }
    return msgspec.json.encode(aside).decode()


def _line(found: Loaded, place: Place | None) -> int:
    """The line of the text that a layer is on, 0 for one that is on none."""
    return place.line if place is not None and place.source.name == found.source.name else 0


def bundled(asked: Question) -> str:
    """The text of a bundled network, with its file's name and the variant in it."""
    name = asked.options["name"]
    with opened(name) as (file, variant, read_on):
        text = read_on(MAX_BYTES).decode()
    return json_text({"name": file, "text": text, "variant": variant})
