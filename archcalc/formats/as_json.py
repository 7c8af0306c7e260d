"""JSON: plain values as text, and dimensions and shapes as plain values."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from archcalc.network.graph import Assumption
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


def plain_dim(dim: Dim) -> int | str:
    """A dimension as JSON has it: a number, or a formula as text."""
    return dim if isinstance(dim, int) else str(dim)


def plain_shape(shape: Shape) -> list[int | str]:
    """A shape as JSON has it."""
    return [plain_dim(n) for n in shape]


def plain_facts(conditions: Iterable[Assumption]) -> list[str]:
    """What letters are assumed to be as JSON has it, in the signs of its formulas."""
    return [str(one.fact) for one in conditions]
