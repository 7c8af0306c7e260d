"""Loops over lists: `for: width, depth in stages`, and under `do:` what is there for each entry."""

from __future__ import annotations

import keyword
import re
from collections.abc import Mapping

from archcalc.errors import SpecError
from archcalc.language.calls import Item
from archcalc.language.expression import Value, evaluate
from archcalc.language.fields import value_of
from archcalc.language.lists import shown
from archcalc.language.tree import ListNode, Scalar, Tree
from archcalc.network.limits import MAX_LAYERS, TooDeepError
from archcalc.symbols.dims import Dim, format_dim, is_dim

# The key of a loop, which begins an item or stands among branches, and that of its body.
FOR, DO = "for", "do"
_CLAUSE = r"(\w+(?:\s*,\s*\w+)*)\s+in\s+(\S.*)"
_EXAMPLE = "such as `for: width in widths`"
_TAKEN = {"index", "outer_index", "true", "false"}


def is_loop(call: Item) -> bool:
    """True of an item that is a loop."""
    return FOR in call.given and call.word.text == FOR


def counted(fixed: Mapping[str, Value], index: Dim) -> dict[str, Value]:
    """The values inside a loop or a repetition, with its index, and that of the loop around it as `outer_index`."""
    outer = {"outer_index": fixed["index"]} if "index" in fixed else {}
    return {**fixed, **outer, "index": index}


def times_of(tree: Tree, values: Mapping[str, Value]) -> Dim:
    """The number of times that an item is repeated, which may be a letter."""
    times = value_of(tree, values)
    if is_dim(times) and not isinstance(times, int):
        return times
    if not isinstance(times, int) or isinstance(times, bool) or times < 0:
        said = shown(times) if isinstance(times, str) or not isinstance(tree, Scalar) else tree.text[:60]
        remedy = "write it without quotes" if isinstance(times, str) else ""
        raise SpecError(f"repeat must be a whole number of at least 0, not {said}", tree.place, remedy)
    if times > MAX_LAYERS:
        raise TooDeepError(f"repeat is {format_dim(times)}; a spec has at most {MAX_LAYERS:,} layers", tree.place)
    return times


def names_of(loop: Mapping[str, Tree]) -> tuple[str, ...]:
    """The names that a loop gives to each entry of its list, or to the entries of that."""
    return _clause(loop[FOR])[0]


def body_of(call: Item) -> Tree:
    """The items or the name that a loop has for each entry; raises SpecError for a loop without it."""
    if DO not in call.given:
        raise SpecError("the loop has no 'do:'", call.keys[FOR].place, "it holds what is there for each entry")
    return call.given[DO]


def items_of(tree: Tree) -> list[Tree]:
    """The items of a list, or a single one."""
    return tree.items if isinstance(tree, ListNode) else [tree]


def check_loop(call: Item) -> list[Tree]:
    """The items of a loop that stands in a list of layers; raises SpecError for anything beside them."""
    for key, scalar in call.keys.items():
        if key not in {FOR, DO}:
            fact = f"'{key[:60]}' stands beside 'for:', and a loop has only 'for:' and 'do:'"
            raise SpecError(fact, scalar.place, "write it inside 'do:'")
    return items_of(body_of(call))


def rounds(loop: Mapping[str, Tree], values: Mapping[str, Value]) -> list[dict[str, Value]]:
    """The values of a loop's names in each of its rounds."""
    names, over = _clause(loop[FOR])
    entries = evaluate(over.text, values, over.place)
    if not isinstance(entries, tuple):
        remedy = f"range({entries}) counts from 0 to {entries - 1}" if isinstance(entries, int) and entries > 0 else ""
        raise SpecError(f"'{over.text[:60]}' is {shown(entries)}, not a list", over.place, remedy)
    found: list[dict[str, Value]] = []
    for number, entry in enumerate(entries, start=1):
        if len(names) > 1 and not (isinstance(entry, tuple) and len(entry) == len(names)):
            fact = f"entry {number} of '{over.text[:60]}' is {shown(entry)}, and {', '.join(names)} are {len(names)}"
            raise SpecError(fact, over.place)
        found.append(dict(zip(names, entry if len(names) > 1 else (entry,), strict=True)))
    return found


def branches(
    given: Mapping[str, Tree], call: Item, values: Mapping[str, Value]
) -> list[tuple[str, Tree, dict[str, Value]]]:
    """The branches of a join by name, those of its loop written out, each with the values that only it has."""
    found: list[tuple[str, Tree, dict[str, Value]]] = []
    for name, tree in given.items():
        if name == FOR:
            body = body_of(call)
            for index, bound in enumerate(rounds(given, values)):
                own = {"index": index, "outer_index": values["index"]} | bound
                found.append((str(len(found) + 1), body, own))
        elif name != DO:
            found.append((name, tree, {}))
        elif FOR not in given:
            raise SpecError("'do:' stands without 'for:'", call.keys[DO].place, _EXAMPLE)
    if not found:
        raise SpecError(f"{call.word.text} has no branches, for its list is empty", call.word.place)
    return found


def _clause(tree: Tree) -> tuple[tuple[str, ...], Scalar]:
    """The names and the list of `width, depth in stages`."""
    read = re.fullmatch(_CLAUSE, tree.text.strip(), re.DOTALL) if isinstance(tree, Scalar) else None
    if not isinstance(tree, Scalar) or read is None:
        raise SpecError("'for' names the entries of a list", tree.place, _EXAMPLE)
    names = tuple(name.strip() for name in read[1].split(","))
    for name in names:
        if names.count(name) > 1:
            raise SpecError(f"'{name[:60]}' names two entries", tree.place, "give each a name of its own")
        if not name.isidentifier() or keyword.iskeyword(name) or name in _TAKEN:
            raise SpecError(f"'{name[:60]}' cannot name an entry", tree.place, _EXAMPLE)
    return names, Scalar(read[2], quoted=False, place=tree.place)
