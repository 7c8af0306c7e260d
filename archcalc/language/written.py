"""The parts of a spec's text: values, names, axes and lists of items, as the language reads them back."""

from __future__ import annotations

import json
import re
from fractions import Fraction
from typing import Any

from archcalc.errors import SpecError
from archcalc.language.expression import MAX_CHARACTERS
from archcalc.layers.base import Layer
from archcalc.network.graph import Graph, Node
from archcalc.symbols.notation import Notation
from archcalc.symbols.shape import SIGNAL, NamedShape

# Text that YAML and the spec language read back unchanged without quotes.
_PLAIN = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_./-]*")

# Kinds that work along the last of two axes without a word on it.
_OF_TOKENS = {"linear", "layernorm", "rmsnorm"}

# A formula as the expression language reads it.
EXPRESSION = Notation(
    letter=str,
    power=lambda base, n: f"{base}**{n}",
    raised=lambda base, above: f"{base}**({above})",
    floor=("floor(", ")"),
    ceiling=("ceil(", ")"),
    brackets=("(", ")"),
    minus="-",
    dot="*",
    times="x",
    mod="%",
    divides="|",
    at_least=">=",
    at_most="<=",
    either=" or ",
    function=str,
    comma="",
    juxtaposed=False,
)


def input_lines(graph: Graph) -> list[str]:
    """The lines of a graph's inputs, whose layers need not stand before all others there."""

    def axes(x: NamedShape) -> str:
        return f"{{{', '.join(f'{axis}: {n}' for axis, n in zip(_names(graph, x), x, strict=True))}}}"

    named = graph.input_shapes
    if [*named] == ["input"]:
        return [f"input: {axes(graph.input)}"]
    return ["inputs:", *(f"  {scalar(name)}: {axes(x)}" for name, x in named.items())]


def _names(graph: Graph, x: NamedShape) -> tuple[str, ...]:
    """Names for the axes of an input, of two that nobody named those by which the first layer that asks for any takes them."""
    if any(x.axes):
        return tuple(name or f"axis{place}" for place, name in enumerate(x.axes))
    if len(x) != len(SIGNAL):
        return tuple(f"axis{place}" for place in range(len(x)))
    asked = (
        _asked(node.layer) for node in graph.nodes if all(len(graph.nodes[i].shape) == len(x) for i in node.inputs)
    )
    return next(filter(None, asked), SIGNAL)


def _asked(layer: Layer) -> tuple[str, ...]:
    """The names of the two axes that a layer works on; empty for one that works on any."""
    if layer.layout == "sequence" or layer.kind in _OF_TOKENS:
        return ("tokens", "features")
    if layer.layout == "channels last":
        return SIGNAL[::-1]
    return SIGNAL if layer.layout == "channels first" or layer.kind.endswith("1d") else ()


def setting_text(key: str, value: Any, node: Node, letters: list[str]) -> str | list[Any]:
    """A setting of a node by its name, in quotes where any text may stand, which might be the name of a value."""
    free = isinstance(value, str) and type(node.layer).__annotations__.get(key) == "str"
    return json.dumps(value, ensure_ascii=False) if free else value_text(value, node, letters)


def value_text(value: Any, node: Node, letters: list[str]) -> str | list[Any]:
    """A setting of a node as text, or as a list of such; raises SpecError for a formula that is too long.

    A text that is also one of the letters, or that YAML would read as something else, is in quotes.
    """
    if isinstance(value, tuple):
        return [value_text(entry, node, letters) for entry in value]
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return json.dumps(value) if value in letters else scalar(value)
    if isinstance(value, (int, float, Fraction)):
        return str(value)
    written = EXPRESSION.dim(value)
    if len(written) > MAX_CHARACTERS:
        fact = f"{node.name}: a formula of {len(written):,} characters; a spec has at most {MAX_CHARACTERS:,} in one"
        raise SpecError(fact, node.place, "give some of its letters a value")
    return written


def has_comma(value: str | list[Any]) -> bool:
    """True of text with a comma, which in braces would end it."""
    return any(map(has_comma, value)) if isinstance(value, list) else "," in value


def braced(value: str | list[Any]) -> str:
    """A value as it stands in braces, lists in brackets."""
    return value if isinstance(value, str) else f"[{', '.join(map(braced, value))}]"


def spread(key: str, value: str | list[Any]) -> list[str]:
    """The lines of a value under its key, or as an entry of a list."""
    if isinstance(value, str) or not has_comma(value):
        return [f"{key} {braced(value)}" if key == "-" else f"{key}: {braced(value)}"]
    entries = [line for entry in value for line in spread("-", entry)]
    if key == "-":
        return [f"- {entries[0]}", *(f"  {line}" for line in entries[1:])]
    return [f"{key}:", *(f"  {line}" for line in entries)]


def indented(items: list[str], columns: int) -> list[str]:
    """Items as entries of a list, so many columns from the left."""
    return [f"{' ' * columns}- {item}".replace("\n", f"\n{' ' * columns}") for item in items]


def scalar(text: str) -> str:
    """A text that is read back unchanged: in quotes, with unprintable characters as escapes."""
    if _PLAIN.fullmatch(text):
        return text
    quoted = json.dumps(text, ensure_ascii=False)
    return "".join(c if c.isprintable() else f"\\U{ord(c):08x}" for c in quoted)
