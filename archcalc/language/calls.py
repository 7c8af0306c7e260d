"""One item of a list of layers: its word and settings, not yet evaluated."""

from __future__ import annotations

import msgspec

from archcalc.errors import SpecError
from archcalc.language.tree import ListNode, MapNode, Scalar, Tree, plain
from archcalc.layers import Layer

_MAX_NOTE = 600
_SHORT = 16


class Item(msgspec.Struct, frozen=True):
    """One item of a list of layers: its word, and its settings by key or as one bare value."""

    word: Scalar
    given: dict[str, Tree]
    keys: dict[str, Scalar]
    bare: Tree | None = None


def item_of(item: Tree) -> Item:
    """An item read from `relu`, `linear: 4096` or `conv2d: {out: 64, kernel: 3}`."""
    if isinstance(item, Scalar):
        if not item.text:
            raise SpecError("this item of the list is empty", item.place)
        return Item(item, {}, {})
    if isinstance(item, ListNode):
        raise SpecError("a list stands where a layer was expected", item.place)
    if "for" in item.items or "do" in item.items:
        # A loop, which has no word.
        loop = item.keys.get("for")
        if loop is None:
            raise SpecError("'do:' stands without 'for:'", item.keys["do"].place, "such as `for: width in widths`")
        return Item(loop, item.items, item.keys)
    if len(item.items) != 1:
        if not item.items:
            raise SpecError("this item of the list is empty", item.place)
        first, second, *_ = item.keys.values()
        remedy = "indent a layer's settings further than its word, and give each layer its own '- '"
        raise SpecError(f"'{second.text[:60]}' stands beside '{first.text[:60]}', not inside it", second.place, remedy)
    ((word, value),) = item.items.items()
    if isinstance(value, MapNode):
        return Item(item.keys[word], value.items, value.keys)
    if isinstance(value, Scalar) and not value.text and not value.quoted:
        return Item(item.keys[word], {}, {})
    return Item(item.keys[word], {}, {}, value)


def is_open(call: Item) -> bool:
    """True of a call whose word is text with values in it, as in `"{act}"`."""
    return call.word.quoted and "{" in call.word.text


def weight_of(call: Item) -> int:
    """The number of values to read for a call; a long expression counts once per character."""
    return 1 + sum(map(_weight, call.given.values())) + (_weight(call.bare) if call.bare else 0)


def _weight(tree: Tree) -> int:
    if isinstance(tree, ListNode):
        return 1 + sum(map(_weight, tree.items))
    return len(tree.text) if isinstance(tree, Scalar) and len(tree.text) > _SHORT else 1


def branches_of(cls: type[Layer], call: Item, own: frozenset[str]) -> tuple[Item, dict[str, Tree]]:
    """The branches of a join, apart from its own settings: `{a: […], b: name}`, or `[name, […]]` without names."""
    # One that may have a second input but needs none has a list for a setting.
    if isinstance(call.bare, ListNode) and cls.arity[0] > 1:
        return Item(call.word, {}, {}), {str(number): tree for number, tree in enumerate(call.bare.items, start=1)}
    if cls.arity[1] != float("inf"):
        return call, {}
    return call, {key: tree for key, tree in call.given.items() if key not in own and key not in cls.__struct_fields__}


def note_of(call: Item) -> str:
    """The note of a layer in a spec, which every table repeats."""
    said = [call.given[key] for key in ("note", "source") if key in call.given]
    length = 0
    for tree in said:
        length += len(tree.text) + 1 if isinstance(tree, Scalar) else _MAX_NOTE
        if length > _MAX_NOTE:
            fact = f"a note beside a layer, its source included, is a text of fewer than {_MAX_NOTE} characters"
            raise SpecError(fact, tree.place)
    return " ".join(plain(tree) for tree in said if isinstance(tree, Scalar))
