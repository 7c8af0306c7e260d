"""The fields of a layer's class, read from the settings in a spec."""

from __future__ import annotations

import re
from collections.abc import Callable, Container
from collections.abc import Mapping as Names
from fractions import Fraction
from typing import Any, TypeAlias

from archcalc.errors import Place, SpecError
from archcalc.language.calls import Item, is_open
from archcalc.language.expression import Value, bounded, evaluate
from archcalc.language.lists import MAX_ENTRIES, shown
from archcalc.language.tree import ListNode, MapNode, Scalar, Tree, unknown
from archcalc.layers.base import Layer
from archcalc.layers.fields import Misfit, expected_of, fitted, known_words, sizes
from archcalc.layers.placing import Misplaced
from archcalc.symbols.knobs import settled

_MAX_TEXT = 300
# The settings that give axes their names, which may be any words.
_NAMING = ("axes", "into")
_Words: TypeAlias = Callable[[str], bool]
_BRACES = re.compile(r"\{([^{}]*)\}")


def value_of(tree: Tree, names: Names[str, Value]) -> Value:
    """The value of a number, a name, an expression, quoted text, or a list of these."""
    if isinstance(tree, ListNode):
        try:
            return tuple(bounded(tuple([value_of(item, names) for item in _read(tree)])))
        except SpecError as error:
            raise SpecError(error.fact, error.place or tree.place, *error.notes) from None
    if isinstance(tree, MapNode):
        raise SpecError("a mapping stands where a value was expected", tree.place)
    return text_of(tree, names) if tree.quoted else evaluate(tree.text, names, tree.place)


def text_of(tree: Tree, names: Names[str, Value]) -> str:
    """Text in which each {expression} is replaced by its value."""
    if not isinstance(tree, Scalar):
        raise SpecError("text was expected here", tree.place)
    if "{" not in tree.text:
        return tree.text
    if len(tree.text) > _MAX_TEXT:
        raise SpecError(
            f"a text with {{…}} in it has at most {_MAX_TEXT} characters, not {len(tree.text):,}", tree.place
        )
    text = _BRACES.sub(lambda match: str(settled(evaluate(match[1].strip(), names, tree.place))), tree.text)
    if len(text) > _MAX_TEXT:
        raise SpecError(f"the text has {len(text):,} characters, and at most {_MAX_TEXT} are read", tree.place)
    return text


def worded(call: Item, names: Names[str, Value]) -> Item:
    """The call with the values in its word filled in, as in `"{act}": {inplace: true}`."""
    if not is_open(call):
        return call
    word = Scalar(text_of(call.word, names), quoted=True, place=call.word.place)
    return Item(word, call.given, call.keys, call.bare)


def names_in(tree: Tree) -> set[str]:
    """The words in the {expressions} of a text, or of a list of texts."""
    if isinstance(tree, ListNode):
        return set().union(*map(names_in, tree.items))
    found = _BRACES.findall(tree.text) if isinstance(tree, Scalar) and len(tree.text) <= _MAX_TEXT else []
    return {word for expression in found for word in re.findall(r"\w+", expression)}


def _read(tree: ListNode) -> list[Tree]:
    if len(tree.items) > MAX_ENTRIES:
        raise SpecError(f"a list of {len(tree.items):,} entries; at most {MAX_ENTRIES:,} are read", tree.place)
    return tree.items


def truth_of(call: Item, key: str, names: Names[str, Value]) -> bool:
    """The truth of the condition that a call has under a key."""
    tree = call.given[key]
    value = value_of(tree, names)
    if not isinstance(value, bool):
        shown = f", not {tree.text[:60]}" if isinstance(tree, Scalar) else ""
        raise SpecError(f"'{key}' must be true or false{shown}", tree.place, f"such as {key}: stride > 1")
    return value


def settings_of(cls: type[Layer], call: Item, own: frozenset[str]) -> dict[str, Tree]:
    """The settings that a call gives a layer, by field; raises SpecError for one that it lacks or does not have."""
    fields = cls.__struct_fields__
    trees = {key: tree for key, tree in call.given.items() if key not in own}
    named = {key: tree for key, tree in trees.items() if cls.names_axes and key not in fields}
    if call.bare is not None:
        if not fields:
            raise SpecError(f"{cls.kind} takes no value", call.bare.place)
        trees = {fields[0]: call.bare}
    for key in named:
        del trees[key]
    for key in trees:
        if key not in fields and call.bare is None:
            takes = f"it takes {', '.join(fields)}" if fields else "it takes nothing of its own"
            raise unknown(cls.kind, call.keys[key], [*fields, *own], takes)
    if named:
        trees = _with_axes(cls, call, named, trees)
    for name in fields[: len(fields) - len(cls.__struct_defaults__)]:
        if name not in trees:
            raise SpecError(f"{cls.kind} needs '{name}'", call.word.place, f"{name} is {expected_of(cls, name)}")
    return trees


def layer_of(
    cls: type[Layer], call: Item, own: frozenset[str], names: Names[str, Value], axes: Container[str] = ()
) -> tuple[Layer, dict[str, Place]]:
    """The layer that a call describes, and the places of its fields; keys in `own` are not the layer's.

    `axes` are the names of its input's axes, which a setting that names axes takes as words and not as sizes.
    """
    trees = settings_of(cls, call, own)
    # A word that the field itself knows is that, even where a value or an axis has the same name.
    words: dict[str, _Words] = {key: (known_words(cls, key) - {"true", "false"}).__contains__ for key in trees}
    if cls.names_axes:
        words |= dict.fromkeys(_NAMING, lambda text: text.isidentifier() and not isinstance(names.get(text), str))
    words[cls.axis_setting] = axes.__contains__
    values = {key: _field(tree, names, words[key]) for key, tree in trees.items()}
    try:
        layer = fitted(cls, values)
    except Misfit as misfit:
        raise _misfit(cls, misfit, trees, names) from None
    return layer, {key: tree.place for key, tree in trees.items()}


def _with_axes(cls: type[Layer], call: Item, named: dict[str, Tree], trees: dict[str, Tree]) -> dict[str, Tree]:
    """The settings with those that axes named by keys stand for."""
    try:
        settings = cls.with_axes(named)
    except Misplaced as error:
        raise SpecError(f"{cls.kind} {error.message}", named[error.field].place, error.remedy) from None
    for key in settings:
        if key in trees:
            first = next(iter(named))
            raise SpecError(f"{cls.kind} has '{key}' and the axis '{first}'", call.keys[first].place, "one says it all")
    return trees | {key: _tree(value, call, named) for key, value in settings.items()}


def _tree(value: Any, call: Item, named: dict[str, Tree]) -> Tree:
    """The tree of a setting that stands for named axes."""
    if isinstance(value, list):
        place = next(iter(named.values())).place
        return ListNode([_tree(entry, call, named) for entry in value], place)
    if isinstance(value, str):
        return Scalar(value, quoted=True, place=call.keys[value].place)
    tree: Tree = value
    return tree


def _nothing(_text: str) -> bool:
    """True for no text: the names of values are read as their values."""
    return False


def _field(tree: Tree, names: Names[str, Value], is_word: _Words = _nothing) -> Any:
    """A value as msgspec converts it: an undefined name may be a word that the field itself knows."""
    if isinstance(tree, ListNode):
        return [_field(item, names, is_word) for item in _read(tree)]
    if isinstance(tree, MapNode):
        return {}
    if is_word(tree.text):
        return tree.text
    if not tree.quoted and tree.text.isidentifier() and tree.text not in names:
        return {"true": True, "false": False}.get(tree.text, tree.text)
    value = value_of(tree, names)
    return float(value) if isinstance(value, Fraction) else value


def _misfit(cls: type[Layer], misfit: Misfit, trees: dict[str, Tree], names: Names[str, Value]) -> SpecError:
    """The error for a value that a field refuses, in terms of the spec."""
    name, tree = misfit.name, trees[misfit.name]
    for index in misfit.path:
        if isinstance(tree, ListNode):
            tree = tree.items[index]
    fact = f"{cls.kind}: {name} must be {expected_of(cls, name)}, not"
    if not isinstance(tree, Scalar):
        return SpecError(f"{fact} {'a mapping' if isinstance(tree, MapNode) else 'a list'}", tree.place)
    words = known_words(cls, name)
    meant = not tree.quoted and tree.text.isidentifier() and tree.text not in {*names, "true", "false"}
    if meant and not words:
        # Not a word of the field, so it was meant as a name, and evaluating it lists the known ones.
        evaluate(tree.text, names, tree.place)
    value = _field(tree, names)
    if tree.quoted:
        # In a field of words alone, quotes do no harm.
        remedy = "" if words - {"true", "false"} and name not in sizes(cls) else "write it without quotes"
        return SpecError(f'{fact} "{tree.text[:60]}"', tree.place, remedy)
    if isinstance(value, tuple) and tree.text.isidentifier():
        return SpecError(
            f"{fact} {tree.text[:60]}, {shown(value)}", tree.place, f"an entry of it is {tree.text[:60]}[0]"
        )
    if str(value) == tree.text or isinstance(value, (list, tuple)):
        return SpecError(f"{fact} {tree.text[:60]}", tree.place)
    written = f"{value:.10g}" if isinstance(value, float) else value
    remedy = "write ceil(…), floor(…) or round(…) around it" if isinstance(value, float) else ""
    return SpecError(f"{fact} {tree.text[:60]} = {written}", tree.place, remedy)
