"""The items of a list of layers that is being written, and repetitions among them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import msgspec

from archcalc.layers.registry import defaults_of
from archcalc.network.graph import Node
from archcalc.symbols.dims import Shape

_NUMBER = re.compile(r"\d+")


class Item(msgspec.Struct, frozen=True):
    """A layer, or a call of a block: how it is called, what it reads where that is not the one before, and its values."""

    word: str
    name: str
    label: str
    source: tuple[str, ...]
    values: dict[str, Any]
    node: Node | None = None
    share: str = ""
    # The shape that the last of it puts out.
    output: Shape = ()
    repeat: int = 1
    # Its nodes, first and last (exclusive), the positions that it reads, and what these are called.
    first: int = 0
    last: int = 0
    reads: tuple[int, ...] = ()
    standing: tuple[str, ...] = ()
    # The number that the names in a block are counted from, an expression where it repeats.
    number: str = ""

    @property
    def called(self) -> str:
        """The text by which it is told from others of its kind."""
        return self.name or self.label or self.number

    @property
    def signature(self) -> Any:
        """The part of it that must be equal where two are of one block: all but sizes and counts."""
        return (
            *(self.word, self.name, self.label, self.number, self.source, self.share),
            self.node is not None and self.node.note,
            self.repeat > 1,
            *sorted((key, str(value)) for key, value in self.whole().items() if not is_size(value)),
        )

    def whole(self) -> dict[str, Any]:
        """All its values, those of a layer that are left out too, and the count of a repetition."""
        layer = None if self.node is None else self.node.layer
        every = self.values if layer is None else {**defaults_of(type(layer)), **self.values}
        return {**every, "repeat": self.repeat} if self.repeat > 1 else every


def is_size(value: object) -> bool:
    """True of a value that may differ between the calls of a block."""
    return isinstance(value, int) and not isinstance(value, bool)


def repeated(items: Sequence[Item]) -> list[Item]:
    """The items, with runs of calls that differ in a number of their names alone as one that repeats."""
    found: list[Item] = []
    at = 0
    while at < len(items):
        stop = at + 1
        pattern = ""
        while stop < len(items) and (numbered := _next(items[at], items[stop], stop - at, pattern)):
            pattern = numbered
            stop += 1
        found.append(items[at] if stop - at == 1 else _run(items[at], items[stop - 1], stop - at, pattern))
        at = stop
    return found


def unnamed(items: Sequence[Item]) -> list[Item]:
    """The items, without the names that layers of a kind are given in order where none are written."""
    layers = [item for item in items if item.node is not None]
    numbered: set[str] = set()
    for kind in {item.word for item in layers}:
        names = [item.name for item in layers if item.word == kind]
        if names == [kind, *(f"{kind}_{n}" for n in range(2, len(names) + 1))]:
            numbered.add(kind)
    plain = {item.name for item in items if item.node is None or item.word not in numbered}
    return [
        msgspec.structs.replace(item, name="")
        if item.node is not None and item.word in numbered and item.name not in plain
        else item
        for item in items
    ]


def _next(first: Item, other: Item, number: int, pattern: str) -> str:
    """The pattern of names by which one item is the `number`-th after another, empty if it is not."""
    alike = (first.word, first.values, first.share) == (other.word, other.values, other.share)
    if first.node is not None or not alike or other.source or bool(first.name) != bool(other.name):
        return ""
    if first.number:
        return _counted(first.number, other.number, number, pattern)
    return _pattern(first.name or first.label, other.name or other.label, number, pattern)


def _counted(first: str, other: str, number: int, pattern: str) -> str:
    """The expression of a number that grows by as much with each repetition."""
    if not (first.isdecimal() and other.isdecimal()):
        return ""
    step, rest = divmod(int(other) - int(first), number)
    counted = f"{step}*index" if step > 1 else "index"
    written = f"{first} + {counted}" if int(first) else counted
    return written if step > 0 and not rest and pattern in {"", written} else ""


def _pattern(first: str, other: str, number: int, pattern: str) -> str:
    """A name with its index in braces, of which two names are the first and the `number`-th after it."""
    for found in _NUMBER.finditer(first):
        start = int(found[0])
        front, back = first[: found.start()], first[found.end() :]
        index = f"index + {start}" if start else "index"
        written = f"{front}{{{index}}}{back}"
        plain = str(start) == found[0]
        if plain and other == f"{front}{start + number}{back}" and pattern in {"", written}:
            return written
    return ""


def _run(first: Item, last: Item, times: int, pattern: str) -> Item:
    named = {"name" if first.name else "label" if first.label else "number": pattern}
    # A stated output is that of each repetition.
    output = first.output if first.output == last.output else ()
    return msgspec.structs.replace(first, repeat=times, output=output, **named)
