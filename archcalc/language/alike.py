"""One block in place of several lists of items that are alike but for their sizes."""

from __future__ import annotations

import keyword
import re
from collections.abc import Collection, Sequence
from typing import Any

import msgspec

from archcalc.language.assertions import OWN
from archcalc.language.items import Item, is_size
from archcalc.layers import Layer
from archcalc.symbols.shape import PLACES, VALUES

# What a block or a parameter of one cannot be called.
_TAKEN = {*VALUES, *PLACES, *OWN, "tokens", "index", "label", "entry", "experts", "for", "do"}
# A size that is a multiple of one of so much is no coincidence.
_WIDE = 8


class Block(msgspec.Struct, frozen=True):
    """A block: its word, the prefixes of its calls, its parameters, and its items, of which a value may be an expression."""

    name: str
    prefixes: tuple[str, ...]
    parameters: tuple[str, ...]
    items: tuple[Item, ...]


class Written(str):
    """An expression in place of a value."""

    __slots__ = ()


def alike(word: str, members: Sequence[tuple[str, list[Item]]], label: str) -> tuple[Block, list[dict[str, Any]]]:
    """A block for lists of items of one signature, each with its prefix, and the arguments that give each of them.

    `label` is the parameter by which its names differ, empty if the name of a call does that.
    """
    columns = _columns([items for _, items in members])
    varying = list(dict.fromkeys(column for column in columns.values() if len(set(column)) > 1))
    parameters: dict[tuple[int, ...], str] = {}
    texts: dict[tuple[int, ...], str] = {}
    for column in sorted(varying, key=lambda column: (column, varying.index(column))):
        if (said := _multiple(column, parameters)) is None:
            key = next(key for (_, key), one in columns.items() if one == column)
            base = "times" if key == "repeat" else key
            parameters[column] = said = _free(base, {*_TAKEN, "n", *parameters.values()})
        texts[column] = said
    items = tuple(
        _settled(item, {key: texts[columns[at, key]] for key in item.whole() if columns.get((at, key)) in texts})
        for at, item in enumerate(members[0][1])
    )
    prefixes = tuple(prefix for prefix, _ in members)
    block = Block(word, prefixes, (*((label,) if label else ()), *parameters.values()), items)
    return block, [{name: column[i] for column, name in parameters.items()} for i in range(len(members))]


def _columns(members: Sequence[list[Item]]) -> dict[tuple[int, str], tuple[int, ...]]:
    """The sizes of each item by the item's number and their key, for one list after the other."""
    return {
        (at, key): tuple(items[at].whole()[key] for items in members)
        for at, item in enumerate(members[0])
        for key, value in item.whole().items()
        if is_size(value)
    }


def _multiple(column: tuple[int, ...], parameters: dict[tuple[int, ...], str]) -> str | None:
    """A column as a multiple of that of a parameter, if it is one."""
    for base, name in parameters.items():
        factor = column[0] // base[0] if min(base) >= _WIDE else 0
        if factor > 1 and column == tuple(factor * n for n in base):
            return f"{factor}*{name}"
    return None


def _settled(item: Item, texts: dict[str, str]) -> Item:
    """An item with expressions in place of sizes; the count of a repetition is a value of its own then."""
    return msgspec.structs.replace(item, values={**item.values, **{key: Written(text) for key, text in texts.items()}})


def _free(base: str, taken: Collection[str]) -> str:
    """A name as near to another as is free."""
    count = 1
    while (name := base if count == 1 and base not in _TAKEN else f"{base}_{count}") in taken or keyword.iskeyword(
        name
    ):
        count += 1
    return name


def named(blocks: Sequence[Block]) -> dict[str, str]:
    """A name for each block by its word, after those of its calls; the outermost, which stand last, choose first."""
    found: dict[str, str] = {}
    for block in reversed(blocks):
        words = [re.findall(r"[A-Za-z]+", prefix) for prefix in block.prefixes]
        common = [word for word in words[0] if all(word in other for other in words)] or words[0] or ["block"]
        base = common[-1].lower()
        taken = {*found.values(), *_TAKEN, *Layer.kinds}
        found[block.name] = _free(f"{base}_block" if base in taken else base, taken)
    return found
