"""The values of a file for the params of a family, each checked against the param's own."""

from __future__ import annotations

import re
from collections.abc import Mapping
from math import isfinite
from typing import Any

from archcalc.errors import SpecError
from archcalc.importers.huggingface.entries import Entry
from archcalc.language.lists import MAX_ENTRIES
from archcalc.language.tree import ListNode, MapNode, Scalar, Tree
from archcalc.network.limits import MAX_NUMBER
from archcalc.symbols.dims import is_letter

_TEXT = re.compile(r"[\w.+-]{1,60}")
# The sizes whose values, if they are those of the model type, are told.
_SIZE = re.compile(r"num_\w*(?:heads|experts|layers|tok)|\w+_(?:size|dim|rank)")
_NUMBER = re.compile(r"[\d.]*")


def values(params: MapNode, found: Mapping[str, Entry], optional: set[str]) -> tuple[dict[str, Tree], set[str]]:
    """The params with the values of a file, and those of the `optional` that have none."""
    items: dict[str, Tree] = {}
    for name, own in params.items.items():
        entry = found.get(name)
        if entry is None:
            items[name] = own
        elif entry.value is not None:
            items[name] = _tree(name, entry, own)
        elif isinstance(own, Scalar) and not own.quoted and (_NUMBER.fullmatch(own.text) or _open(own, params)):
            # What has no default of its own is none where the file says null.
            items[name] = Scalar("", quoted=False, place=entry.place)
        else:
            items[name] = own
    closed = optional - params.items.keys()
    for name, tree in items.items():
        if isinstance(tree, Scalar) and not tree.text and not tree.quoted:
            closed |= {name} & optional
            items[name] = Scalar("0", quoted=False, place=tree.place)
    return items, closed


def check_stated(params: MapNode, found: Mapping[str, Entry]) -> None:
    """Refuse a file without a size that a family leaves open, or what that is called elsewhere."""
    for name, tree in params.items.items():
        if not _open(tree, params):
            continue
        called = {name, *(key for key, one in params.items.items() if isinstance(one, Scalar) and one.text == name)}
        if not called & found.keys():
            of = found["model_type"]
            raise SpecError(f"the file has no '{name}'", of.place, f"that of a {of.value[:60]} states it")


def _open(tree: Tree, params: MapNode) -> bool:
    """True of a size that only a file can state."""
    return isinstance(tree, Scalar) and not tree.quoted and is_letter(tree.text) and tree.text not in params.items


def unstated(params: MapNode, found: Mapping[str, Entry]) -> str:
    """A note of the sizes that are those of the model type, since a file has none; empty if it has all."""
    said = [
        f"{name} {tree.text}"
        for name, tree in params.items.items()
        if name not in found and isinstance(tree, Scalar) and tree.text.isdecimal() and _SIZE.fullmatch(name)
    ]
    return f"Not in the file, and as in transformers: {', '.join(said)}." if said else ""


def _tree(name: str, entry: Entry, own: Tree) -> Tree:
    """The value of an entry as the tree of a param; raises SpecError for one of another sort than the param's own."""
    value = entry.value
    if isinstance(own, ListNode):
        if not isinstance(value, list) or len(value) > MAX_ENTRIES:
            raise _unlike(name, entry, f"a list of at most {MAX_ENTRIES} entries")
        return ListNode([_scalar(name, entry, one) for one in value], entry.place)
    if not isinstance(own, Scalar):
        raise _unlike(name, entry, "no object")
    fits: object = _is_number(value)
    sort = f"a number of at most {MAX_NUMBER:.0e}"
    if own.quoted:
        sort, fits = "text of letters, digits and signs", isinstance(value, str) and _TEXT.fullmatch(value)
    elif own.text in {"true", "false"}:
        sort, fits = "true or false", isinstance(value, bool)
    if not fits:
        raise _unlike(name, entry, sort)
    return _scalar(name, entry, value)


def _is_number(value: Any) -> bool:
    return (
        isinstance(value, (int, float)) and not isinstance(value, bool) and isfinite(value) and abs(value) <= MAX_NUMBER
    )


def _scalar(name: str, entry: Entry, value: Any) -> Scalar:
    if isinstance(value, bool):
        return Scalar(str(value).lower(), quoted=False, place=entry.place)
    if _is_number(value):
        return Scalar(repr(value), quoted=False, place=entry.place)
    if isinstance(value, str) and _TEXT.fullmatch(value):
        return Scalar(value, quoted=True, place=entry.place)
    raise _unlike(name, entry, "a list of numbers and words")


def _unlike(name: str, entry: Entry, sort: str) -> SpecError:
    value = entry.value
    words = {dict: "an object", list: "a list", type(None): "null", bool: str(value).lower()}
    said = words.get(type(value)) or (f'"{value[:40]}"' if isinstance(value, str) else f"{value:.6g}")
    return SpecError(f"'{name}' must be {sort}, not {said}", entry.place)
