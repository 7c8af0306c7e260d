"""What a spec writes beside a layer, as the fields of the layer's class."""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping as Names
from fractions import Fraction
from typing import Any

import msgspec

from archcalc.errors import Place, SpecError, nearest
from archcalc.layers.base import EXPECTED, Layer
from archcalc.spec.expression import Value, evaluate
from archcalc.spec.tree import Mapping, Scalar, Sequence, Tree


class Call(msgspec.Struct, frozen=True):
    """One item of a list of layers: the word it names, what it was given by key, or the one value given bare."""

    word: Scalar
    given: dict[str, Tree]
    keys: dict[str, Scalar]
    bare: Tree | None = None


def call_of(item: Tree) -> Call:
    """Read `relu`, `linear: 4096` or `conv2d: {out: 64, kernel: 3}`."""
    if isinstance(item, Scalar):
        return Call(item, {}, {})
    if isinstance(item, Sequence):
        raise SpecError("a list stands where a layer was expected", item.place)
    if len(item.items) != 1:
        found = ", ".join(f"'{key}'" for key in list(item.items)[:4]) or "none"
        remedy = "indent what belongs to the layer further, or put it in braces" if item.items else ""
        raise SpecError(f"a layer is one word with its settings; this item has the keys {found}", item.place, remedy)
    ((word, value),) = item.items.items()
    if isinstance(value, Mapping):
        return Call(item.keys[word], value.items, value.keys)
    if isinstance(value, Scalar) and not value.text and not value.quoted:
        return Call(item.keys[word], {}, {})
    return Call(item.keys[word], {}, {}, value)


def value_of(tree: Tree, names: Names[str, Value]) -> Value:
    """The value of a number, a name, an expression, quoted text, or a list of these."""
    if isinstance(tree, Sequence):
        return tuple([value_of(item, names) for item in tree.items])
    if isinstance(tree, Mapping):
        raise SpecError("settings stand where a value was expected", tree.place)
    return text_of(tree, names) if tree.quoted else evaluate(tree.text, names, tree.place)


def text_of(tree: Tree, names: Names[str, Value]) -> str:
    """Text in which each {expression} is replaced by its value."""
    if not isinstance(tree, Scalar):
        raise SpecError("text was expected here", tree.place)
    if "{" not in tree.text:
        return tree.text
    return re.sub(r"\{([^{}]*)\}", lambda match: str(evaluate(match[1].strip(), names, tree.place)), tree.text)


def layer_of(
    cls: type[Layer], call: Call, own: frozenset[str], names: Names[str, Value]
) -> tuple[Layer, dict[str, Place]]:
    """The layer that a call describes, and the places of its fields; keys in `own` are not the layer's."""
    fields = cls.__struct_fields__
    trees = {key: tree for key, tree in call.given.items() if key not in own}
    if call.bare is not None:
        if not fields:
            raise SpecError(f"{cls.kind} takes no value", call.bare.place)
        trees = {fields[0]: call.bare}
    for key in trees:
        if key not in fields and call.bare is None:
            takes = f"it takes {', '.join(fields)}" if fields else "it takes nothing of its own"
            raise SpecError(f"{cls.kind} has no '{key}'", call.keys[key].place, nearest(key, [*fields, *own]) or takes)
    for name in fields[: len(fields) - len(cls.__struct_defaults__)]:
        if name not in trees:
            raise SpecError(f"{cls.kind} needs '{name}'", call.word.place, f"{name} is {_expected(cls, name)}")
    values = {key: _field(tree, names) for key, tree in trees.items()}
    try:
        layer = msgspec.convert(values, cls) if _numeric(values) else _symbolic(cls, values)
    except msgspec.ValidationError as error:
        raise _misfit(cls, str(error), trees, names) from None
    return layer, {key: tree.place for key, tree in trees.items()}


def _field(tree: Tree, names: Names[str, Value]) -> Any:
    """A value as msgspec converts it: a word that names nothing may be one that the field itself knows."""
    if isinstance(tree, Sequence):
        return [_field(item, names) for item in tree.items]
    if isinstance(tree, Scalar) and not tree.quoted and tree.text.isidentifier() and tree.text not in names:
        return {"true": True, "false": False}.get(tree.text, tree.text)
    value = value_of(tree, names)
    return float(value) if isinstance(value, Fraction) else value


def _numeric(value: Any) -> bool:
    """Whether no symbol is in a value."""
    if isinstance(value, dict):
        return all(map(_numeric, value.values()))
    if isinstance(value, (list, tuple)):
        return all(map(_numeric, value))
    return isinstance(value, (int, float, str))


def _symbolic(cls: type[Layer], values: dict[str, Any]) -> Layer:
    """A layer with symbols in its fields, which msgspec cannot judge: 1 stands for each while it judges the rest."""

    def known(value: Any) -> Any:
        if isinstance(value, (list, tuple)):
            return [known(entry) for entry in value]
        return value if _numeric(value) else 1

    def frozen(value: Any) -> Any:
        return tuple(map(frozen, value)) if isinstance(value, (list, tuple)) else value

    msgspec.convert({key: known(value) for key, value in values.items()}, cls)
    return cls(**{key: frozen(value) for key, value in values.items()})


def _misfit(cls: type[Layer], message: str, trees: dict[str, Tree], names: Names[str, Value]) -> SpecError:
    """msgspec's refusal, `Expected `int`, got `str` - at `$.kernel[1]``, said of the spec."""
    at = re.search(r"at `\$\.(\w+)", message)
    if at is None:  # every refusal of a struct's field carries its path
        raise AssertionError(message)
    name = at[1]
    tree = trees[name]
    for index in re.findall(r"\[(\d+)\]", message):
        if isinstance(tree, Sequence):
            tree = tree.items[int(index)]
    expected = _expected(cls, name)
    if isinstance(tree, Scalar):
        word = (
            not tree.quoted
            and tree.text.isidentifier()
            and tree.text not in names
            and tree.text not in {"true", "false"}
        )
        if word and "same" not in expected and "one of" not in expected and expected != EXPECTED["bool"]:
            # Not a word that the field knows, so it was meant as a name, and evaluating it says which are known.
            evaluate(tree.text, names, tree.place)
        value = _field(tree, names)
        shown = tree.text if str(value) == tree.text else f"{tree.text} = {value}"
        remedy = (
            "write ceil(…), floor(…) or round(…) around it" if isinstance(value, float) and "whole" in expected else ""
        )
        return SpecError(f"{cls.kind}: {name} must be {expected}, not {shown[:60] or 'nothing'}", tree.place, remedy)
    return SpecError(f"{cls.kind}: {name} must be {expected}", tree.place)


def _expected(cls: type[Layer], name: str) -> str:
    """What a field takes, in words."""
    annotation = next(own[name] for c in cls.__mro__ if name in (own := inspect.get_annotations(c)))
    if annotation.startswith("Literal["):
        return f"one of {annotation[8:-1].replace(chr(34), '')}"
    if annotation in EXPECTED:
        return EXPECTED[annotation]
    return "a list"
