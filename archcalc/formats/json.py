"""A profile as JSON with exact numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from archcalc.dims import Dim, Shape
from archcalc.rows import Profile, Row, Totals


def json_text(value: Any) -> str:
    """Any plain value as indented JSON."""
    return msgspec.json.format(msgspec.json.encode(value), indent=2).decode()


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
        "input": _shape(profile.graph.input),
        "batch": _plain(profile.batch),
        "convention": profile.convention.name,
        "depth": profile.depth,
        "rows": [_row(profile, row) for row in profile.rows],
        "totals": {**_totals(profile.totals), "auxiliary": _totals(profile.auxiliary)},
        "assumptions": [str(assumption.fact) for assumption in profile.graph.conditions],
    }


def _row(profile: Profile, row: Row) -> dict[str, Any]:
    return {
        "name": row.name,
        "layer": row.layer,
        "settings": row.settings,
        "from": list(row.sources),
        "inputs": [_shape(x) for x in row.inputs],
        "output": _shape(row.output),
        "params": _plain(row.params),
        "weights": _plain(row.weights),
        "biases": _plain(row.biases),
        "buffers": _plain(row.buffers),
        "activations": _plain(row.activations),
        "macs": _plain(row.macs),
        "flops": _plain(profile.flops(row)),
        "operations": {name: _plain(getattr(row.work, name)) for name in row.work.__struct_fields__},
        "in_place": row.in_place,
        "auxiliary": row.auxiliary,
        "shared": row.shared,
        "rounded": list(row.rounded),
        "note": row.note,
    }


def _totals(totals: Totals) -> dict[str, Any]:
    names = ("params", "weights", "biases", "buffers", "activations", "activation_bytes", "macs", "flops")
    return {name: _plain(getattr(totals, name)) for name in names}


def _plain(dim: Dim) -> int | str:
    return dim if isinstance(dim, int) else str(dim)


def _shape(shape: Shape) -> list[int | str]:
    return [_plain(n) for n in shape]
