"""A profile as JSON with exact numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from archcalc.formats.as_json import json_text, plain_dim, plain_facts, plain_shape
from archcalc.formats.check import verdict_dict
from archcalc.profiling.rows import Profile, Row, Totals
from archcalc.symbols.dims import Dim


def render(profile: Profile, columns: Sequence[str] | None = None, *, fold: bool = False) -> str:  # noqa: ARG001 - one signature
    """Every row and every total, whatever columns a table would show."""
    return json_text(to_dict(profile))


def to_dict(profile: Profile) -> dict[str, Any]:
    """The profile as plain dicts and lists; a symbolic value is a string."""
    return {
        "network": profile.graph.name,
        "title": profile.graph.title,
        "source": profile.graph.source,
        "notes": list(profile.graph.notes),
        "input": plain_shape(profile.graph.input),
        "batch": plain_dim(profile.batch),
        "convention": profile.convention.name,
        "unit": profile.convention.unit,
        "depth": profile.depth,
        "rows": [_row(profile, row) for row in profile.rows],
        "totals": {**_totals(profile.totals), "auxiliary": _totals(profile.auxiliary)},
        "figures": [verdict_dict(verdict) for verdict in profile.verdicts],
        "unread": [node.name for node in profile.graph.unread],
        "assumptions": plain_facts(profile.graph.conditions),
    }


def _row(profile: Profile, row: Row) -> dict[str, Any]:
    return {
        "name": row.name,
        "layer": row.kind,
        "settings": row.settings,
        "from": list(row.sources),
        "inputs": [plain_shape(x) for x in row.inputs],
        "output": plain_shape(row.output),
        "params": plain_dim(row.params),
        "weights": plain_dim(row.weights),
        "biases": plain_dim(row.biases),
        "buffers": plain_dim(row.buffers),
        "activations": plain_dim(row.activations),
        "macs": plain_dim(row.macs),
        "counted": _priced(profile.convention.price(row)),
        "flops": _priced(profile.flops(row)),
        "operations": {name: plain_dim(getattr(row.work, name)) for name in row.work.__struct_fields__},
        "in_place": row.in_place,
        "auxiliary": row.auxiliary,
        "shared": row.shared,
        "rounded": list(row.rounded),
        "note": row.note,
    }


def _totals(totals: Totals) -> dict[str, Any]:
    names = ("params", "weights", "biases", "buffers", "activations", "activation_bytes", "macs", "flops")
    counted = {"counted": plain_dim(totals.counted.value), "uncovered": list(totals.counted.uncovered)}
    return {name: plain_dim(getattr(totals, name)) for name in names} | counted


def _priced(price: Dim | None) -> int | str | None:
    return None if price is None else plain_dim(price)
