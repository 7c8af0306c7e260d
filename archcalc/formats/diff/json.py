"""The changes between two versions of a network, as plain values for JSON."""

from __future__ import annotations

from typing import Any

from archcalc.comparison.diff import Change, Changes, Difference, compared, difference
from archcalc.formats.as_json import plain_dim, plain_facts, plain_inputs, plain_shape
from archcalc.profiling.rows import Profile


def to_dict(found: Changes) -> dict[str, Any]:
    """The changes as plain dicts and lists, layers in order; a symbolic value is a string."""
    return {
        "different": bool(found.layers),
        "old": _network(found.old),
        "new": _network(found.new),
        "batch": plain_dim(found.new.batch),
        "convention": found.new.convention.name,
        "unit": found.new.convention.unit,
        "totals": {measure: _numbers(values) for measure, values in found.totals.items()},
        "auxiliary": {measure: _numbers(values) for measure, values in found.auxiliary.items()},
        "layers": [_layer(found, change) for change in found.layers],
        "assumptions": plain_facts(found.conditions),
    }


def _network(profile: Profile) -> dict[str, Any]:
    return {
        "network": profile.graph.name,
        **plain_inputs(profile.graph),
        "unread": [node.name for node in profile.graph.unread],
        "uncovered": list(profile.totals.counted.uncovered),
    }


def _layer(found: Changes, change: Change) -> dict[str, Any]:
    """A change with its addition to every measure: of the totals, or of the auxiliary heads if it is auxiliary."""
    return {
        "change": change.status,
        "old": None if change.old is None else change.old.name,
        "new": None if change.new is None else change.new.name,
        "layer": change.row.kind,
        "settings": {name: {"old": values.old, "new": values.new} for name, values in change.settings.items()},
        "differences": {
            what: _numbers(values) if what in compared() else _values(what, values)
            for what, values in change.differences.items()
        },
        "rewired": change.rewired,
        "auxiliary": change.auxiliary,
        "adds": {measure: _plain(found.by(change, measure)) for measure in compared()},
    }


def _values(what: str, values: Difference) -> dict[str, Any]:
    def plain(value: Any) -> Any:
        if what == "output" and value is not None:
            return plain_shape(value)
        if what == "inputs" and value is not None:
            return [plain_shape(shape) for shape in value]
        return list(value) if isinstance(value, tuple) else value

    return {"old": plain(values.old), "new": plain(values.new)}


def _numbers(values: Difference) -> dict[str, Any]:
    """The two numbers and their difference, null where one is missing or unknown."""
    known = values.old is not None and values.new is not None
    between = _plain(difference(values.old, values.new)) if known else None
    return {"old": _plain(values.old), "new": _plain(values.new), "difference": between}


def _plain(value: Any) -> Any:
    return None if value is None else plain_dim(value)
