"""A profile as JSON with exact numbers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

from archcalc.formats.as_json import json_text, plain_axes, plain_dim, plain_facts, plain_inputs, plain_shape
from archcalc.formats.check import verdict_dict
from archcalc.network.graph import Graph, each_input
from archcalc.network.measures import sums
from archcalc.profiling.rows import Profile, Row, Totals
from archcalc.symbols.dims import Dim
from archcalc.symbols.evaluate import Form, in_form

# The function that gives a number for JSON: none, itself, or a formula as text.
Plain: TypeAlias = Callable[[Dim | None], int | str | None]


def render(
    profile: Profile,
    columns: Sequence[str] | None = None,  # noqa: ARG001 - one signature
    *,
    fold: bool = False,  # noqa: ARG001 - likewise
    formulas: Form = "plain",
) -> str:
    """The profile as JSON: every row and every total, independent of `columns`."""
    return json_text(to_dict(profile, formulas))


def to_dict(profile: Profile, formulas: Form = "plain") -> dict[str, Any]:
    """The profile as plain dicts and lists; a symbolic value is a string."""

    def plain(value: Dim | None) -> int | str | None:
        return None if value is None else plain_dim(in_form(value, formulas))

    return {
        "network": profile.graph.name,
        "title": profile.graph.title,
        "source": profile.graph.source,
        "notes": list(profile.graph.notes),
        **plain_inputs(profile.graph),
        "axes": each_input(profile.graph, plain_axes),
        "batch": plain_dim(profile.batch),
        "convention": profile.convention.name,
        "unit": profile.convention.unit,
        "depth": plain_dim(profile.depth),
        "rows": [_row(profile, row, plain) for row in profile.rows],
        "totals": {**_totals(profile.totals, plain), "auxiliary": _totals(profile.auxiliary, plain)},
        "figures": [verdict_dict(verdict) for verdict in profile.verdicts],
        **_outputs(profile.graph),
        "unread": [node.name for node in profile.graph.unread],
        "assumptions": plain_facts(profile.graph.conditions),
    }


def _row(profile: Profile, row: Row, plain: Plain) -> dict[str, Any]:
    return {
        "name": row.name,
        "layer": row.kind,
        "settings": row.settings,
        "from": list(row.sources),
        "inputs": [plain_shape(x) for x in row.inputs],
        "output": plain_shape(row.output),
        "axes": plain_axes(row.output),
        **{measure.name: plain(measure.row(profile, row)) for measure in sums()},
        "counted": plain(profile.convention.price(row)),
        "operations": {name: plain(getattr(row.work, name)) for name in row.work.__struct_fields__},
        "in_place": row.in_place,
        "auxiliary": row.auxiliary,
        "shared": row.shared,
        **({} if row.times == 1 else {"times": plain(row.times)}),
        "rounded": list(row.rounded),
        "note": row.note,
    }


def _totals(totals: Totals, plain: Plain) -> dict[str, Any]:
    counted = {"counted": plain(totals.counted.value), "uncovered": list(totals.counted.uncovered)}
    return {measure.name: plain(measure.total(totals)) for measure in sums()} | counted


def _outputs(graph: Graph) -> dict[str, Any]:
    """The outputs that a network names."""
    return {"outputs": [graph.nodes[i].name for i in graph.named_outputs]} if graph.named_outputs else {}
