"""YAML text as a tree in which every value knows its place.

Built from the parser's events rather than its nodes: depth, aliases, tags and repeated keys are met one by one and
refused before they can cost anything, and scalars stay text, to be typed by the field they fill.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import msgspec
import yaml

from archcalc.characters import one_line
from archcalc.errors import Place, Source, SpecError, nearest
from archcalc.language.brackets import shielded
from archcalc.language.yaml_hints import MAX_DEPTH, TOO_DEEP, misread

# A spec is a page of text. These bounds are a hundred times what any needs.
MAX_CHARACTERS = 1_000_000

# The characters that YAML forbids; its C parser gives their position only in bytes. PyYAML has compiled the pattern,
# which takes a twentieth of start-up, and allows byte order marks, which its C parser does not.
_FORBIDDEN: Any = yaml.reader.Reader.NON_PRINTABLE
_MARK = "\ufeff"

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class Scalar(msgspec.Struct, frozen=True):
    """Text as written; `quoted` is true if quotes or a block mark it as text."""

    text: str
    quoted: bool
    place: Place


class ListNode(msgspec.Struct, frozen=True):
    """A list with its place."""

    items: list[Tree]
    place: Place


class MapNode(msgspec.Struct, frozen=True):
    """Values by key, in order, with the scalar of each key."""

    items: dict[str, Tree]
    keys: dict[str, Scalar]
    place: Place


Tree: TypeAlias = Scalar | ListNode | MapNode


def parse(source: Source, part: str | None = None) -> Tree:
    """The one document in a text, or in what is to be read of it line for line; raises SpecError at the first thing that is not plain YAML.

    >>> parse(Source("a.yaml", "kernel: 3")).items["kernel"].text
    '3'
    """
    if len(source.text) > MAX_CHARACTERS:
        raise SpecError(
            f"{source.name}: the file holds {len(source.text):,} characters; a spec has at most {MAX_CHARACTERS:,}"
        )
    forbidden = _FORBIDDEN.search(source.text)
    position = forbidden.start() if forbidden else source.text.find(_MARK)
    if position >= 0:
        raise SpecError(f"U+{ord(source.text[position]):04X} is not allowed in a spec", source.at(position))
    text, back = shielded(source.text if part is None else part)
    try:
        tree = _build(source, yaml.parse(text, Loader=_LOADER), back)
    except yaml.MarkedYAMLError as error:
        raise misread(source, error) from None
    if tree is None:
        raise SpecError(f"{source.name}: the file is empty", None, "a spec starts with 'name:', 'input:' and 'layers:'")
    return tree


def _build(source: Source, events: Any, back: dict[int, str]) -> Tree | None:
    root: Tree | None = None
    # The open collections, and for each mapping the key that waits for its value.
    stack: list[ListNode | MapNode] = []
    waiting: list[Scalar | None] = []
    for event in events:
        kind = type(event)
        if kind is yaml.ScalarEvent:
            place = _place(source, event)
            _plain(event, place)
            tree: Tree = Scalar(event.value.translate(back) if back else event.value, bool(event.style), place)
        elif kind is yaml.MappingStartEvent or kind is yaml.SequenceStartEvent:
            place = _place(source, event)
            _plain(event, place)
            if len(stack) == MAX_DEPTH:
                raise SpecError(TOO_DEEP, place)
            tree = MapNode({}, {}, place) if kind is yaml.MappingStartEvent else ListNode([], place)
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
        elif isinstance(stack[-1], ListNode):
            stack[-1].items.append(tree)
        else:
            waiting[-1] = _entry(stack[-1], waiting[-1], tree)
        if not isinstance(tree, Scalar):
            stack.append(tree)
            waiting.append(None)
    return root


def _entry(mapping: MapNode, key: Scalar | None, tree: Tree) -> Scalar | None:
    """File a value under the waiting key, or return the tree as the next key."""
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
    """Refuse a tag or an anchor, marked as it is written."""
    if event.tag is None and event.anchor is None:
        return
    written = place.source.line(place.line)[place.column - 1 :].partition(" ")[0]
    marked = Place(place.source, place.line, place.column, place.column + len(written))
    if written.startswith("!"):
        raise SpecError("tags are not used in specs", marked, "each value is read as its key needs it")
    raise SpecError("anchors are not used in specs", marked, "name the repeated part in 'blocks:'")


def _place(source: Source, event: Any) -> Place:
    start, end = event.start_mark, event.end_mark
    column = start.column + 1
    words = isinstance(event, (yaml.ScalarEvent, yaml.AliasEvent))
    ends = end.column + 1 if end.line == start.line and words else column + 1
    return Place(source, start.line + 1, column, max(ends, column + 1))


def mapping_of(tree: Tree, what: str, example: str = "") -> MapNode:
    """A tree that must be a mapping; raises SpecError, with an example of one, if it is not."""
    if not isinstance(tree, MapNode):
        raise SpecError(f"{what} must be a mapping", tree.place, f"such as {example}" if example else "")
    return tree


def list_of(tree: Tree, what: str) -> ListNode:
    """A tree that must be a list; raises SpecError if it is not."""
    if isinstance(tree, Scalar) and not tree.text:
        raise SpecError(f"{what} is empty", tree.place, "give it a list, each item with '- '")
    if not isinstance(tree, ListNode):
        raise SpecError(f"{what} must be a list", tree.place, "start each item with '- '")
    return tree


def unknown(what: str, key: Scalar, known: list[str], otherwise: str = "") -> SpecError:
    """The error for a key that `what` does not have."""
    return SpecError(f"{what} has no '{key.text[:60]}'", key.place, likely(key.text, known) or otherwise)


def likely(text: str, known: list[str]) -> str:
    """A remedy for the likeliest slip in a word that should be a known one, or an empty text."""
    if text in {"for", "do"}:
        return "a loop is an item of its own, `for: width in widths` with `do:` below"
    word, colon, _ = text.partition(":")
    if colon and word in known:
        return "put a space after ':'"
    if text.count(")") > text.count("("):
        return "in braces a comma ends a value, but for one in brackets that close on the same line"
    return "write numbers without commas" if text.isdecimal() else nearest(text, known)


def plain(scalar: Scalar) -> str:
    """A text on one line, without the characters that would steer a terminal."""
    return one_line(scalar.text)


def flow(tree: Tree) -> str:
    """A tree as text on one line, lists in brackets and maps in braces."""
    if isinstance(tree, Scalar):
        return tree.text
    if isinstance(tree, ListNode):
        return f"[{', '.join(map(flow, tree.items))}]"
    return f"{{{', '.join(f'{key}: {flow(value)}' for key, value in tree.items.items())}}}"
