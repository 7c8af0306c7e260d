"""Blocks for what repeats in a list of items whose names do not say so, found by what the layers are and read."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import pairwise, takewhile
from typing import Any

import msgspec

from archcalc.language.alike import Block, alike
from archcalc.language.items import Item

# The longest part that is sought more than once, the longest list that is looked through, and the candidates tried.
_MAX_PERIOD = 40
_MAX_ITEMS = 2_000
_MAX_TRIED = 1_500
# A block with more parameters than this, and than items, says less than its items do.
_MAX_PARAMETERS = 2
_NUMBER = re.compile(r"\d+")


class Label(msgspec.Struct, frozen=True):
    """The part of names by which the members of a block differ: a word for each, or a number that others count from."""

    word: str
    values: tuple[str, ...]

    def template(self, texts: Sequence[str]) -> str | None:
        """One text for those of all members, the label in braces; None if there is none such."""
        numbers = self.word == "n"
        for start, stop in _spans(self.values[0] if not numbers else "", texts[0]):
            front, back = texts[0][:start], texts[0][stop:]
            away = int(texts[0][start:stop]) - int(self.values[0]) if numbers else 0
            own = [str(int(value) + away) if numbers else value for value in self.values]
            if all(text == f"{front}{value}{back}" for text, value in zip(texts, own, strict=True)):
                return f"{front}{{{self.word}{f' + {away}' if away > 0 else f' - {-away}' if away else ''}}}{back}"
        return None


def structured(items: list[Item], readers: Sequence[int], begun: int) -> tuple[list[Item], list[Block]]:
    """A list of items with calls in place of what repeats, and their blocks, numbered from `begun`.

    `readers` has for each position the last that reads it.
    """
    blocks: list[Block] = []
    while len(items) <= _MAX_ITEMS and (found := _best(items, readers, f"block {begun + len(blocks)}")):
        items, block = found
        blocks.append(block)
    return items, blocks


def _best(items: list[Item], readers: Sequence[int], word: str) -> tuple[list[Item], Block] | None:
    """The items with what saves most of their lines as a block; None if nothing saves any."""
    likely = sorted(_candidates(items), key=lambda one: (-one[0], one[1]))
    for _, period, starts in likely[:_MAX_TRIED]:
        wired = defaultdict[Any, list[int]](list)
        for at in starts:
            if (wiring := _wiring(items[at : at + period], readers)) is not None:
                wired[wiring].append(at)
        for own in wired.values():
            apart = _apart(own, period)
            if len(apart) > 1 and (found := _folded(items, apart, period, word)):
                return found
    return None


def _candidates(items: list[Item]) -> Iterator[tuple[int, int, list[int]]]:
    """The lines saved, the length and the places of each part that stands in the list more than once."""
    numbers: dict[Any, int] = {}
    kinds = [numbers.setdefault(_kind(item), len(numbers)) for item in items]
    for period in range(2, min(_MAX_PERIOD, len(items) // 2) + 1):
        places = defaultdict[tuple[int, ...], list[int]](list)
        for at in range(len(items) - period + 1):
            places[tuple(kinds[at : at + period])].append(at)
        for part, starts in places.items():
            # Several calls of one block are a repetition already.
            if len(set(part)) == 1:
                continue
            apart = _apart(starts, period)
            # One right after another is a repetition of it.
            calls = sum(later - at != period for at, later in pairwise(apart)) + 1
            saved = (len(apart) - 1) * period - calls - 1
            if len(apart) > 1 and saved > 0:
                yield saved, period, starts


def _kind(item: Item) -> Any:
    bare = msgspec.structs.replace(item, name="", label="", source=())
    return (*bare.signature, len(item.reads), bool(item.name), item.number != "")


def _apart(starts: Sequence[int], period: int) -> list[int]:
    """Those of the places at which parts of a length do not overlap, from the first on."""
    found: list[int] = []
    for at in starts:
        if not found or at >= found[-1] + period:
            found.append(at)
    return found


def _wiring(part: Sequence[Item], readers: Sequence[int]) -> Any:
    """Who reads whom in a part, None if it cannot be a block."""
    ends = {item.last - 1: at for at, item in enumerate(part)}
    first, last = part[0].first, part[-1].last
    whole = sum(item.last - item.first for item in part) == last - first
    plain = not any(item.share or item.repeat > 1 or (item.node and item.node.auxiliary) for item in part)
    outside = {i for item in part for i in item.reads if i < first}
    inside = all(reader < last for reader in readers[first : last - 1])
    if not (whole and plain and inside and len(outside) == 1 and part[0].reads):
        return None
    return tuple(tuple(ends.get(i, -1) for i in item.reads) for item in part)


def _folded(items: list[Item], starts: Sequence[int], period: int, word: str) -> tuple[list[Item], Block] | None:
    """The items with calls of one block at these places, and the block; None if its names cannot be given by a label."""
    parts = [items[at : at + period] for at in starts]
    for label in _labels([part[0].called for part in parts]):
        bodies = _bodies(parts, label)
        if bodies is None:
            continue
        block, arguments = alike(
            word, [(part[-1].called, body) for part, body in zip(parts, bodies, strict=True)], label.word
        )
        if len(block.parameters) > 1 + max(_MAX_PARAMETERS, period):
            continue
        whole = (_call(items[at - 1] if at else None, part, block) for at, part in zip(starts, parts, strict=True))
        calls = {
            at: msgspec.structs.replace(call, values=given, **{"number" if label.word == "n" else "label": value})
            for at, call, given, value in zip(starts, whole, arguments, label.values, strict=True)
        }
        kept: list[Item] = []
        at = 0
        while at < len(items):
            kept.append(calls.get(at, items[at]))
            at += period if at in calls else 1
        return kept, block
    return None


def _labels(texts: Sequence[str]) -> Iterator[Label]:
    """The ways to tell some names apart: by one number in each, or by the part that they do not have in common."""
    for found in _NUMBER.finditer(texts[0]):
        front, back = texts[0][: found.start()], texts[0][found.end() :]
        others = tuple(_between(text, front, back) for text in texts)
        if all(map(_is_number, others)):
            yield Label("n", others)
    front = common_start(texts)
    back = common_start([text[len(front) :][::-1] for text in texts])[::-1]
    middles = tuple(text[len(front) : len(text) - len(back)] for text in texts)
    if all(middles):
        yield Label("label", middles)


def _spans(word: str, text: str) -> Iterator[tuple[int, int]]:
    """Where a word stands in a text, or each number for no word."""
    if not word:
        yield from (found.span() for found in _NUMBER.finditer(text))
    while word and (at := text.find(word)) >= 0:
        yield at, at + len(word)
        text = text[:at] + "\0" * len(word) + text[at + len(word) :]


def _between(text: str, front: str, back: str) -> str:
    """The part of a text between two others, empty where it is not between them."""
    inner = text[len(front) : len(text) - len(back)]
    return inner if text == f"{front}{inner}{back}" else ""


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and (text == "0" or text[0] != "0")


def common_start(texts: Sequence[str]) -> str:
    """The characters that all texts begin with."""
    alike = takewhile(lambda column: len(set(column)) == 1, zip(*texts, strict=False))
    return "".join(column[0] for column in alike)


def _bodies(parts: Sequence[Sequence[Item]], label: Label) -> list[list[Item]] | None:
    """The items of a block for each of its members, their names and what they read by the label; None if that fails."""
    templates: list[dict[str, Any]] = []
    entries = [next(i for item in part for i in item.reads if i < part[0].first) for part in parts]
    for at, items in enumerate(zip(*parts, strict=True)):
        said: dict[str, Any] = {}
        for field in ("name", "label", "number"):
            texts = [getattr(item, field) for item in items]
            if any("{" in text for text in texts):
                return None
            if any(texts):
                said[field] = label.template(texts)
        before = [entry if at == 0 else part[at - 1].last - 1 for entry, part in zip(entries, parts, strict=True)]
        if all(item.reads == (one,) for item, one in zip(items, before, strict=True)):
            said["source"] = ()
        elif items[0].reads:
            sources = [item.source or tuple(item.standing) for item in items]
            outer = [i == entries[0] for i in items[0].reads]
            said["source"] = tuple(
                "entry" if outside else label.template([source[k] for source in sources])
                for k, outside in enumerate(outer)
            )
        if None in said.values() or None in said.get("source", ()):
            return None
        templates.append(said)
    return [
        [msgspec.structs.replace(item, **said) for item, said in zip(part, templates, strict=True)] for part in parts
    ]


def _call(before: Item | None, part: Sequence[Item], block: Block) -> Item:
    """The call of a block in place of a part of a list, without its label and its values."""
    entry = next(i for item in part for i in item.reads if i < part[0].first)
    reader = next(item for item in part if entry in item.reads)
    standing = (reader.standing[reader.reads.index(entry)],)
    follows = not reader.source if before is None else entry == before.last - 1
    return msgspec.structs.replace(
        part[-1],
        word=block.name,
        name="",
        label="",
        number="",
        node=None,
        source=() if follows else standing,
        first=part[0].first,
        reads=(entry,),
        standing=standing,
    )
