"""A profile as JSON with exact numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from archcalc.network.figures import Verdict
from archcalc.profiling.rows import Profile, Row, Totals
from archcalc.symbols.dims import Dim, Shape


def json_text(value: Any) -> str:
    r"""Any plain value as indented JSON, in which what cannot be printed is escaped.

    >>> print(json_text("\N{RIGHT-TO-LEFT OVERRIDE}\x9b"))
    "\u202e\u009b"
    """
    text = msgspec.json.format(msgspec.json.encode(value), indent=2).decode()
    return text if text.replace("\n", "").isprintable() else "".join(map(_escaped, text))


def _escaped(character: str) -> str:
    """A character as JSON may write it: one that cannot be printed as the numbers of its UTF-16 units."""
    if character.isprintable() or character == "\n":
        return character
    units = character.encode("utf-16-be")
    return "".join(f"\\u{units[i]:02x}{units[i + 1]:02x}" for i in range(0, len(units), 2))


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
        "assumptions": [str(assumption.fact) for assumption in profile.graph.conditions],
    }


def verdict_dict(verdict: Verdict) -> dict[str, Any]:
    """A verdict as a plain dict; several numbers printed together are lists."""
    said = msgspec.structs.asdict(verdict)
    single = len(verdict.published) == 1
    return {**said, **{key: said[key][0] if single else list(said[key]) for key in ("published", "exact")}}


def _row(profile: Profile, row: Row) -> dict[str, Any]:
    return {
        "name": row.name,
        "layer": row.layer,
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


def plain_dim(dim: Dim) -> int | str:
    """A dimension as JSON has it: a number, or a formula as text."""
    return dim if isinstance(dim, int) else str(dim)


def plain_shape(shape: Shape) -> list[int | str]:
    """A shape as JSON has it."""
    return [plain_dim(n) for n in shape]
