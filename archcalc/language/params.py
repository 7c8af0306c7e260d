"""The params of a spec, with their own values or given ones."""

from __future__ import annotations

from collections.abc import Mapping

from archcalc.errors import Place, Source, SpecError
from archcalc.language.expression import Value
from archcalc.language.fields import value_of
from archcalc.language.mistakes import Mistakes
from archcalc.language.tree import MapNode, Scalar, Tree
from archcalc.network.model import Params, check_params
from archcalc.symbols.dims import Dim, is_letter, symbol

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
                own = set_value(name, given[name], values) if name in given else letter_or_value(tree, values)
                values[name] = own
                unknown_names.clear()
        if name not in values:
            unknown_names.add(name)
    return values, frozenset(unknown_names)


def set_value(name: str, given: Dim | str, values: Mapping[str, Value]) -> Value:
    """The value that a param is set to: a dimension, or the text of one, which may use other params."""
    if not isinstance(given, str):
        return given
    here = Place(Source("--set", f"{name}={given}"), 1, len(name) + 2, len(name) + 2 + len(given))
    return letter_or_value(Scalar(given, quoted=False, place=here), values)


def letter_or_value(tree: Tree, values: Mapping[str, Value]) -> Value:
    """The value of a tree; an undefined name is a dimension left as a letter."""
    if isinstance(tree, Scalar) and not tree.quoted and is_letter(tree.text) and tree.text not in values:
        return symbol(tree.text)
    return value_of(tree, values)
