"""The params of a spec, with their own values or given ones."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from archcalc.errors import Place, Source, SpecError
from archcalc.language.expression import Value, bounded
from archcalc.language.fields import value_of
from archcalc.language.mistakes import Mistakes
from archcalc.language.tree import ListNode, MapNode, Scalar, Tree
from archcalc.network.model import Params, check_params
from archcalc.symbols.dims import is_letter, symbol

_MAX_PARAMS = 100


def params_of(
    declared: MapNode, given: Params, mistakes: Mistakes, *, lost: bool
) -> tuple[dict[str, Value], frozenset[str]]:
    """The declared params, each with its own value or the given one, and the names of those with none for a mistake."""
    for name, key in declared.keys.items():
        if not name.isidentifier():
            fact = f"'{name[:60]}' cannot name a param"
            mistakes.add(SpecError(fact, key.place, "a name is letters, digits and _"))
    if len(declared.keys) > _MAX_PARAMS:
        raise SpecError(f"{len(declared.keys):,} params; a spec has at most {_MAX_PARAMS}", declared.place)
    check_params(given, list(declared.items))
    values: dict[str, Value] = {}
    unknown_names = set(declared.items) if lost else set()
    for name, tree in declared.items.items():
        # What comes after a mistake may depend on it.
        with mistakes.kept():
            if not unknown_names:
                unknown_names.add(name)
                own = set_value(name, given[name], values, tree) if name in given else letter_or_value(tree, values)
                values[name] = own
                unknown_names.clear()
        if name not in values:
            unknown_names.add(name)
    return values, frozenset(unknown_names)


def set_value(name: str, given: Any, values: Mapping[str, Value], own: Tree | None = None) -> Value:
    """The value that a param is set to: a dimension, a list, or the text of one, which may use other params.

    A param whose own value is text takes text, with quotes or without.
    """
    if not isinstance(given, str):
        value: Value = bounded(_listed(given)) if isinstance(given, (list, tuple)) else given
        return value
    here = Place(Source("--set", f"{name}={given}"), 1, len(name) + 2, len(name) + 2 + len(given))
    text = isinstance(own, Scalar) and own.quoted and not given.startswith(('"', "'"))
    return letter_or_value(Scalar(given, quoted=text, place=here), values)


def _listed(given: Any) -> Any:
    return tuple(map(_listed, given)) if isinstance(given, (list, tuple)) else given


def _letters(tree: Tree) -> set[str]:
    """The words in a list that may be letters."""
    if isinstance(tree, ListNode):
        return set().union(*map(_letters, tree.items))
    return {tree.text} if isinstance(tree, Scalar) and not tree.quoted and is_letter(tree.text) else set()


def letter_or_value(tree: Tree, values: Mapping[str, Value]) -> Value:
    """The value of a tree; an undefined name, in a list too, is a dimension left as a letter."""
    if isinstance(tree, ListNode):
        names = {**{word: symbol(word) for word in _letters(tree) if word not in values}, **values}
        return value_of(tree, names)
    if isinstance(tree, Scalar) and not tree.quoted and is_letter(tree.text) and tree.text not in values:
        return symbol(tree.text)
    return value_of(tree, values)
