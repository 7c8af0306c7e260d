"""The names of classes, from a file that lists them or from what a file of weights says of itself."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from archcalc.characters import one_line
from archcalc.errors import Source, SpecError
from archcalc.language.tree import ListNode, MapNode, Scalar, parse

_MAX_BYTES = 4_000_000
_STRUCTURED = {".yaml", ".yml", ".json"}
# The keys under which files of weights have them.
_KEYS = ("classes", "labels")


def names_of(path: Path) -> tuple[str, ...]:
    """The names in a file: one on each line, or in YAML and JSON a list, which may stand under `classes:`."""
    try:
        with path.open("rb") as file:
            content = file.read(_MAX_BYTES + 1)
    except OSError as error:
        reason = error.strerror or "cannot be read"
        raise SpecError(f"{path}: {reason[0].lower()}{reason[1:]}") from None
    if len(content) > _MAX_BYTES:
        raise SpecError(f"{path}: the file holds more than {_MAX_BYTES:,} bytes")
    source = Source(str(path), content)
    if path.suffix.lower() not in _STRUCTURED:
        return tuple(one_line(line).strip() for line in source.text.rstrip().splitlines())
    tree = parse(source)
    if isinstance(tree, MapNode):
        if "classes" not in tree.items:
            raise SpecError("the names of classes stand under 'classes:'", tree.place)
        tree = tree.items["classes"]
    if not isinstance(tree, ListNode):
        raise SpecError("the names of classes are a list", tree.place, "start each with '- '")
    for item in tree.items:
        if not isinstance(item, Scalar):
            raise SpecError("the name of a class must be text", item.place)
    return tuple(one_line(item.text) for item in tree.items if isinstance(item, Scalar))


def names_in(metadata: Mapping[str, str]) -> tuple[str, ...]:
    r"""The names in the metadata of a file of weights: a list in JSON, or one on each line; none where there are none.

    >>> names_in({"classes": '["cat", "dog"]'}), names_in({"labels": "cat\ndog\n"}), names_in({"format": "pt"})
    (('cat', 'dog'), ('cat', 'dog'), ())
    """
    text = next((metadata[key] for key in _KEYS if key in metadata), "")
    if not text.lstrip().startswith("["):
        return tuple(one_line(line).strip() for line in text.rstrip().splitlines())
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return ()
    return tuple(one_line(str(name)) for name in found)
