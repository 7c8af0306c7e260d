"""JSON: plain values as text, and dimensions and shapes as plain values."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from archcalc.layers.placing import Axis
from archcalc.network.facts import Assumption
from archcalc.network.graph import Graph, each_input
from archcalc.symbols.dims import Dim, Shape
from archcalc.symbols.shape import axes_of


def json_text(value: Any) -> str:
    r"""Any plain value as indented JSON, with unprintable characters escaped.

    >>> print(json_text("\N{RIGHT-TO-LEFT OVERRIDE}\x9b"))
    "\u202e\u009b"
    """
    text = msgspec.json.format(msgspec.json.encode(value, enc_hook=_spelled), indent=2).decode()
    return text if text.replace("\n", "").isprintable() else "".join(map(_escaped, text))


def _spelled(value: object) -> int | str:
    """An axis of a layer's settings for JSON: its name, or its position if nobody named it."""
    if isinstance(value, Axis):
        return value.written
    raise TypeError(f"no JSON for {type(value).__name__}")


def _escaped(character: str) -> str:
    """A character in JSON; an unprintable one is escaped as its UTF-16 code units."""
    if character.isprintable() or character == "\n":
        return character
    units = character.encode("utf-16-be")
    return "".join(f"\\u{units[i]:02x}{units[i + 1]:02x}" for i in range(0, len(units), 2))


def plain_dim(dim: Dim) -> int | str:
    """A dimension for JSON: a number, or a formula as text."""
    return dim if isinstance(dim, int) else str(dim)


def plain_shape(shape: Shape) -> list[int | str]:
    """A shape for JSON: a list of dimensions."""
    return [plain_dim(n) for n in shape]


def plain_axes(shape: Shape) -> list[str | None]:
    """The names of a shape's axes for JSON: a list beside that of its sizes, null for an axis that nobody named."""
    return [name or None for name in axes_of(shape)]


def plain_inputs(graph: Graph) -> dict[str, Any]:
    """The input of a network for JSON, under `inputs` by name if there are several."""
    return {"inputs" if len(graph.inputs) > 1 else "input": each_input(graph, plain_shape)}


def plain_facts(conditions: Iterable[Assumption]) -> list[str]:
    """The assumptions about letters for JSON, each as text in the syntax of the formulas."""
    return [str(one.fact) for one in conditions]
