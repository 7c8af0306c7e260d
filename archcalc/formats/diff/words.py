"""The text on a change to a layer, beside its output and numbers."""

from __future__ import annotations

from typing import Any

from archcalc.comparison.diff import Change, Difference
from archcalc.document.style import PLAIN
from archcalc.formats.summary import listed
from archcalc.profiling.rows import Row

# The longest setting that is written out, and the longest text of all settings.
_MAX_LENGTH = 40
_MAX_TOTAL_LENGTH = 80


def describe_change(change: Change, *, named: bool = True) -> str:
    """The text on a change beside its sizes and numbers, with or without the names of other layers."""
    old, new = change.old, change.new
    if old is None or new is None:
        settings = _clipped(change.row.settings)
        said = [f"{change.status}: {settings}" if settings else change.status]
    else:
        said = [
            *([f"{_kind(old)} → {_kind(new)}"] if "kind" in change.differences else []),
            *(_setting(name, values) for name, values in change.settings.items()),
            *_wiring(change, named=named),
            *_sides(change),
        ]
    return "; ".join([*said, *(["auxiliary, not in the totals"] if change.auxiliary else [])])


def _kind(row: Row) -> str:
    return f"{row.kind} {_clipped(row.settings)}".rstrip()


def _clipped(text: str) -> str:
    return text if len(text) <= _MAX_TOTAL_LENGTH else f"{text[:_MAX_TOTAL_LENGTH]}…"


def _setting(name: str, values: Difference) -> str:
    long = max(len(values.old), len(values.new)) > _MAX_LENGTH
    return f"other {name}" if long else f"{name} {values.old} → {values.new}"


def _wiring(change: Change, *, named: bool) -> list[str]:
    """The changes to a layer's sources, to the layer whose weights it shares, and to its being auxiliary."""
    found = change.differences
    said = []
    if change.rewired:
        sources = f"from {listed(found['sources'].old)} → {listed(found['sources'].new)}"
        said.append(sources if named else "from other layers")
    if "shared" in found:
        weights = [f"weights of {name}" if name else "own weights" for name in _both(found["shared"])]
        said.append(" → ".join(weights) if named else "weights of other layers")
    if "auxiliary" in found:
        said.append("auxiliary → not auxiliary" if found["auxiliary"].old else "not auxiliary → auxiliary")
    return said


def _both(values: Difference) -> tuple[Any, Any]:
    return values.old, values.new


def _sides(change: Change) -> list[str]:
    """The changes that no column of the table shows: weights if params stay, and inputs if the output stays."""
    found = change.differences
    said = []
    if "sources" in found and change.status == "follows":
        said.append("layers added or removed before it")
    if "weights" in found and "params" not in found:
        said.append(f"weights {' → '.join(map(PLAIN.dim, _both(found['weights'])))}")
    if "inputs" in found and "output" not in found and not change.rewired:
        said.append(f"input {' → '.join(', '.join(map(PLAIN.shape, inputs)) for inputs in _both(found['inputs']))}")
    return said
