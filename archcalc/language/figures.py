"""The published figures of a spec."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TypeVar

from archcalc.conventions import convention
from archcalc.errors import SpecError, nearest
from archcalc.language.mistakes import Mistakes
from archcalc.language.tree import ListNode, MapNode, Scalar, Tree, plain, unknown
from archcalc.network.figures import Claim, Figure, FigureOf
from archcalc.symbols.dims import Shape

KEYS = ("of", "layer", "value", "convention", "input", "set", "source", "note", "irreproducible")
_Read = TypeVar("_Read")
_MAX_FIGURES = 200
_EXAMPLE = "such as {of: params, value: 138M, source: table 2}"


def figures(tree: Tree | None, mistakes: Mistakes) -> tuple[Figure, ...]:
    """The figures under `figures:`, without those that cannot be read, which are filed as mistakes."""
    if tree is None:
        return ()
    if not isinstance(tree, ListNode):
        raise SpecError("'figures' must be a list", tree.place, "start each item with '- '")
    if len(tree.items) > _MAX_FIGURES:
        raise SpecError(f"{len(tree.items):,} figures; a spec has at most {_MAX_FIGURES}", tree.place)
    found = []
    for item in tree.items:
        with mistakes.kept():
            found.append(_figure(item))
    return tuple(found)


def check_layers(stated: tuple[Figure, ...], names: list[str], mistakes: Mistakes) -> None:
    """File each figure of the unchanged network that names an unknown layer or block."""
    known = {name[:end] for name in names for end in (*(i for i, c in enumerate(name) if c == "/"), len(name))}
    for figure in stated:
        terms = [term for claim in figure.claims for term in (claim.quantity.term, claim.quantity.whole) if term]
        for term in terms:
            if term.layer and not term.network and not figure.settings and term.layer not in known:
                fact = f"there is no layer '{term.layer[:60]}'"
                mistakes.add(SpecError(fact, figure.place, nearest(term.layer, names)))


def claimed(text: str) -> Figure:
    """The figure of a claim such as params=138M, or activations=24M,bytes=93MB if one count must give both.

    >>> [str(claim) for claim in claimed("activations=24,000,000,bytes=93MB").claims]
    ['activations 24,000,000', 'bytes 93MB']
    """
    claims = []
    # A comma between digits is part of a number; one before a name and its = starts the next claim.
    for part in re.split(r",(?=[^,]*=)", text):
        of, equals, value = part.partition("=")
        if not (equals and of.strip() and value.strip()):
            raise SpecError(f"'{text[:60]}' is not a claim", None, "such as params=138M or conv1.output=55x55x96")
        claims.append(Claim.read(of.strip(), value.strip()))
    return Figure(tuple(claims), source="claimed")


def _figure(item: Tree) -> Figure:
    if not isinstance(item, MapNode):
        raise SpecError("a figure must be a mapping", item.place, _EXAMPLE)
    for key, scalar in item.keys.items():
        if key not in KEYS:
            raise unknown("a figure", scalar, list(KEYS), f"it has {', '.join(KEYS)}")
    for key in ("of", "value"):
        if key not in item.items:
            raise SpecError(f"the figure has no '{key}'", item.place)
    of, value = _texts(item.items["of"]), _texts(item.items["value"])
    if len(of) != len(value):
        fact = f"the figure is of {len(of)} and has {len(value)} value{'s' * (len(value) > 1)}"
        raise SpecError(fact, item.items["value"].place, "give a value for each, in order")
    layer = _text(item, "layer")
    named = _text(item, "convention")
    if named:
        _at(item.items["convention"], convention, named)
    return Figure(
        claims=tuple(_claim(a, b, layer) for a, b in zip(of, value, strict=True)),
        source=_text(item, "source"),
        note=_text(item, "note"),
        convention=named,
        input=_input(item.items.get("input")),
        settings=_settings(item.items.get("set")),
        irreproducible=_text(item, "irreproducible"),
        place=of[0].place,
    )


def _claim(of: Scalar, value: Scalar, layer: str) -> Claim:
    # An error in the quantity is placed at the quantity, and an error in the value at the value.
    _at(of, FigureOf.read, plain(of), layer)
    return _at(value, Claim.read, plain(of), plain(value), layer)


def _at(tree: Tree, read: Callable[..., _Read], *arguments: str) -> _Read:
    """The result of a reader of texts, its error placed at the tree."""
    try:
        return read(*arguments)
    except SpecError as error:
        raise SpecError(error.fact, tree.place, *error.notes) from None


def _texts(tree: Tree) -> list[Scalar]:
    """One text, or a list of them."""
    texts: list[Scalar] = []
    for item in tree.items if isinstance(tree, ListNode) else [tree]:
        if not isinstance(item, Scalar):
            raise SpecError("this must be text", item.place)
        texts.append(item)
    if not texts:
        raise SpecError("this list is empty", tree.place)
    return texts


def _text(item: MapNode, key: str) -> str:
    value = item.items.get(key)
    if value is None:
        return ""
    if not isinstance(value, Scalar):
        raise SpecError(f"'{key}' must be text", value.place)
    return plain(value)


def _input(tree: Tree | None) -> Shape:
    if tree is None:
        return ()
    sizes = re.split("[x×]", tree.text) if isinstance(tree, Scalar) else []
    if not all(size.isdecimal() and 0 < len(size) <= 9 and int(size) for size in sizes) or not sizes:
        raise SpecError("the input of a figure must be a shape such as 3x227x227", tree.place)
    return tuple(map(int, sizes))


def _settings(tree: Tree | None) -> tuple[tuple[str, str], ...]:
    if tree is None:
        return ()
    if not isinstance(tree, MapNode):
        raise SpecError("'set' must be a mapping", tree.place, "such as set: {classes: 10}")
    return tuple((name, _text(tree, name)) for name in tree.items)
