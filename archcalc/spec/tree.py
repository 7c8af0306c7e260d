"""YAML text as a tree whose every value knows its place.

Built from the parser's events rather than its nodes: depth, aliases, tags and repeated keys are met one by one and
refused before they can cost anything, and scalars stay text, to be typed by the field they fill.
"""

from __future__ import annotations

from typing import Any, NoReturn, TypeAlias

import msgspec
import yaml

from archcalc.errors import Place, Source, SpecError

# A spec is a page of text. These bounds are a hundred times what any needs.
MOST_CHARACTERS = 1_000_000
MOST_DEPTH = 64

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class Scalar(msgspec.Struct, frozen=True):
    """Text as written; `quoted` where quotes or a block said it is meant as text."""

    text: str
    quoted: bool
    place: Place


class Sequence(msgspec.Struct, frozen=True):
    """A list."""

    items: list[Tree]
    place: Place


class Mapping(msgspec.Struct, frozen=True):
    """Values by key, in order, with the scalar that each key is."""

    items: dict[str, Tree]
    keys: dict[str, Scalar]
    place: Place


Tree: TypeAlias = Scalar | Sequence | Mapping


def parse(source: Source) -> Tree:
    """The one document in a text; raises SpecError at the first thing that is not plain YAML.

    >>> parse(Source("a.yaml", "kernel: 3")).items["kernel"].text
    '3'
    """
    if len(source.text) > MOST_CHARACTERS:
        raise SpecError(
            f"{source.name}: the file holds {len(source.text):,} characters; a spec has at most {MOST_CHARACTERS:,}"
        )
    try:
        tree = _build(source, yaml.parse(source.text, Loader=_LOADER))
    except yaml.MarkedYAMLError as error:
        _refuse(source, error)
    except yaml.YAMLError as error:
        # The reader refuses control characters without a mark, only with an offset.
        position = getattr(error, "position", 0)
        before = source.text[:position]
        line, column = before.count("\n") + 1, position - (before.rfind("\n") + 1) + 1
        character = f"U+{ord(source.text[position]):04X}" if position < len(source.text) else "this character"
        raise SpecError(f"{character} is not allowed in a spec", Place(source, line, column, column + 1)) from None
    if tree is None:
        raise SpecError(f"{source.name}: the file is empty", None, "a spec starts with 'name:', 'input:' and 'layers:'")
    return tree


def _build(source: Source, events: Any) -> Tree | None:
    root: Tree | None = None
    # The collections that are open, and for each mapping the key that waits for its value.
    stack: list[Sequence | Mapping] = []
    waiting: list[Scalar | None] = []
    for event in events:
        kind = type(event)
        if kind is yaml.ScalarEvent:
            place = _place(source, event)
            _plain(event, place)
            tree: Tree = Scalar(event.value, bool(event.style), place)
        elif kind is yaml.MappingStartEvent or kind is yaml.SequenceStartEvent:
            place = _place(source, event)
            _plain(event, place)
            if len(stack) == MOST_DEPTH:
                raise SpecError(f"more than {MOST_DEPTH} levels of nesting", place)
            tree = Mapping({}, {}, place) if kind is yaml.MappingStartEvent else Sequence([], place)
        elif kind is yaml.MappingEndEvent or kind is yaml.SequenceEndEvent:
            stack.pop()
            waiting.pop()
            continue
        elif kind is yaml.AliasEvent:
            raise SpecError(
                "aliases are not used in specs", _place(source, event), "name the repeated part in 'blocks:'"
            )
        elif kind is yaml.DocumentStartEvent and root is not None:
            raise SpecError("a second document starts here", _place(source, event), "a spec is one document")
        else:
            continue
        if not stack:
            root = tree
        elif isinstance(stack[-1], Sequence):
            stack[-1].items.append(tree)
        else:
            waiting[-1] = _entry(stack[-1], waiting[-1], tree)
        if not isinstance(tree, Scalar):
            stack.append(tree)
            waiting.append(None)
    return root


def _entry(mapping: Mapping, key: Scalar | None, tree: Tree) -> Scalar | None:
    """File a value under the key that waits for it, or take the tree as the next key."""
    if key is not None:
        mapping.items[key.text] = tree
        mapping.keys[key.text] = key
        return None
    if not isinstance(tree, Scalar):
        raise SpecError("a key must be a word", tree.place)
    if tree.text in mapping.keys:
        first = mapping.keys[tree.text].place
        raise SpecError(f"'{tree.text}' is given twice", tree.place, f"first on line {first.line}")
    return tree


def _plain(event: Any, place: Place) -> None:
    if event.tag is not None:
        raise SpecError(f"tags such as {event.tag[:40]} are not used in specs", place)
    if event.anchor is not None:
        raise SpecError("anchors are not used in specs", place, "name the repeated part in 'blocks:'")


def _place(source: Source, event: Any) -> Place:
    start, end = event.start_mark, event.end_mark
    column = start.column + 1
    ends = end.column + 1 if end.line == start.line and type(event) is yaml.ScalarEvent else column + 1
    return Place(source, start.line + 1, column, max(ends, column + 1))


def _refuse(source: Source, error: yaml.MarkedYAMLError) -> NoReturn:
    """The parser's error in the form of ours, with a remedy for what people do most."""
    mark = error.problem_mark or error.context_mark
    place = Place(source, mark.line + 1, mark.column + 1, mark.column + 2) if mark else None
    problem = (error.problem or "not YAML").replace("did not find expected", "expected")
    if "\t" in source.line(mark.line + 1)[: mark.column + 1] if mark else False:
        raise SpecError("a tab cannot indent YAML", place, "use spaces") from None
    context = f" {error.context}" if error.context and error.context not in problem else ""
    raise SpecError(f"{problem}{context}", place) from None
