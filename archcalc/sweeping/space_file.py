"""A design space in a file: YAML with what is swept and what is asked, by the names of the command's options."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from archcalc.errors import Source, SpecError
from archcalc.language.tree import ListNode, MapNode, Scalar, Tree, flow, mapping_of, parse, unknown


def space_of(source: Source) -> dict[str, Any]:
    r"""The settings in a file; raises SpecError, at its place, for one that no space has.

    >>> space_of(Source("space.yaml", "over: {width: 16:64:8, depths: [[2, 2], [3, 4]]}\nfor: params <= 5M"))
    {'over': ['width=16:64:8', 'depths=[2, 2],[3, 4]'], 'conditions': ['params <= 5M']}
    """
    if not source.text.strip():
        raise SpecError(f"{source.name}: the file is empty", None, "a space has over: {width: 16:64:8}")
    tree = mapping_of(parse(source), "a space", "{over: {width: 16:64:8}}")
    found: dict[str, Any] = {}
    for key, value in tree.items.items():
        if key not in _READERS:
            raise unknown("a space", tree.keys[key], list(_READERS), f"it has {', '.join(_READERS)}")
        name, reader = _READERS[key]
        found[name] = reader(value, key)
    return found


def _text(tree: Tree, key: str) -> str:
    if not isinstance(tree, Scalar):
        raise SpecError(f"'{key}' must be one value", tree.place)
    return tree.text


def _texts(tree: Tree, key: str) -> list[str]:
    return [_text(item, key) for item in tree.items] if isinstance(tree, ListNode) else [_text(tree, key)]


def _number(tree: Tree, key: str) -> int:
    text = _text(tree, key)
    if not text.isdecimal() or len(text) > 15:
        raise SpecError(f"'{key}' must be a whole number, not {text[:60]}", tree.place)
    return int(text)


def _truth(tree: Tree, key: str) -> bool:
    text = _text(tree, key)
    if text not in {"true", "false"}:
        raise SpecError(f"'{key}' must be true or false, not {text[:60]}", tree.place)
    return text == "true"


def _over(tree: Tree, key: str) -> list[str]:
    if not isinstance(tree, MapNode):
        raise SpecError(f"'{key}' has knobs by name", tree.place, "such as over: {width: 16:64:8}")
    return [f"{name}={_values(value)}" for name, value in tree.items.items()]


def _values(tree: Tree) -> str:
    return ",".join(map(flow, tree.items)) if isinstance(tree, ListNode) else flow(tree)


def _settings(tree: Tree, key: str) -> dict[str, str]:
    if not isinstance(tree, MapNode):
        raise SpecError(f"'{key}' has params by name", tree.place, "such as set: {classes: 10}")
    return {name: flow(value) for name, value in tree.items.items()}


def _keys(tree: Tree, key: str) -> list[str]:
    return [part.strip() for text in _texts(tree, key) for part in text.split(",")]


# What each key is called among the fields of a question, and how it is read.
_READERS: dict[str, tuple[str, Callable[[Tree, str], Any]]] = {
    "over": ("over", _over),
    "set": ("set", _settings),
    "input": ("input", _texts),
    "batch": ("batch", _text),
    "for": ("conditions", _texts),
    "measures": ("measures", _keys),
    "convention": ("convention", _text),
    "sample": ("sample", _number),
    "hypercube": ("hypercube", _truth),
    "seed": ("seed", _number),
    "device": ("device", _text),
}
