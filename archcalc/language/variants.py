"""Variants: a file is a family of networks, each with some of its params and what is said of it replaced.

variants:
  vgg11: {title: VGG-11, depths: [1, 1, 2, 2, 2]}
  vgg13: {title: VGG-13, depths: [2, 2, 2, 2, 2]}
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from archcalc.errors import Source, SpecError, nearest
from archcalc.language.sources import full_name
from archcalc.language.tree import MapNode, Scalar, parse, unknown

# The parts of a spec that a variant may have of its own. Numbers stated of the whole are those of one network.
PARTS = ("title", "source", "note", "inputs", "outputs", "totals", "weights", "calls", "figures")
_STATED = ("totals", "figures")
_MAX_VARIANTS = 100
_NAME = re.compile(r"[\w.-]+")


def chosen(tree: MapNode, source: Source) -> MapNode:
    """The spec of the variant that a source is of, or without one the spec as written; raises SpecError."""
    items = {key: part for key, part in tree.items.items() if key != "variants"}
    known = _variants(tree)
    if not source.variant:
        return MapNode(items, tree.keys, tree.place)
    own = _own(known, source, tree)
    params = items.get("params")
    declared = params if isinstance(params, MapNode) else MapNode({}, {}, tree.place)
    for key in _STATED:
        items.pop(key, None)
    if "inputs" in own.items:
        items.pop("input", None)
    items |= {key: part for key, part in own.items.items() if key in PARTS}
    given = {key: value for key, value in own.items.items() if key not in PARTS}
    if given:
        items["params"] = MapNode(declared.items | given, declared.keys, declared.place)
    name = items.get("name")
    # Without a name of the family each variant goes by its own.
    family = name.text if isinstance(name, Scalar) else ""
    items["name"] = Scalar(full_name(family, source.variant), quoted=True, place=tree.place)
    return MapNode(items, tree.keys, tree.place)


def variants_of(source: Source) -> list[str]:
    """The names of the variants in a file; raises SpecError if it cannot be read."""
    tree = parse(source)
    return list(_variants(tree)) if isinstance(tree, MapNode) else []


def _own(known: Mapping[str, MapNode], source: Source, tree: MapNode) -> MapNode:
    name = source.variant
    if name not in known:
        fact = f"there is no variant '{name[:60]}'"
        remedy = nearest(name, list(known)) or (
            f"there are {', '.join(known)}" if known else "the spec has no 'variants:'"
        )
        place = tree.keys["variants"].place if "variants" in tree.keys else tree.place
        raise SpecError(fact, place, remedy)
    return known[name]


def _variants(tree: MapNode) -> dict[str, MapNode]:
    """The parts and params that each variant replaces, by its name; raises SpecError for a mistake in one."""
    part = tree.items.get("variants")
    if part is None:
        return {}
    example = "such as variants: {small: {width: 32}, large: {width: 64}}"
    if not isinstance(part, MapNode):
        raise SpecError("'variants' must be a mapping", part.place, example)
    if len(part.keys) > _MAX_VARIANTS:
        raise SpecError(f"{len(part.keys):,} variants; a spec has at most {_MAX_VARIANTS}", part.place)
    declared = tree.items.get("params")
    params = declared.keys if isinstance(declared, MapNode) else {}
    found: dict[str, MapNode] = {}
    for name, own in part.items.items():
        place = part.keys[name].place
        if not _NAME.fullmatch(name) or name.startswith("."):
            raise SpecError(f"'{name[:60]}' cannot name a variant", place, "a name is letters, digits, _, . and -")
        if isinstance(own, Scalar) and not own.text:
            found[name] = MapNode({}, {}, own.place)
            continue
        if not isinstance(own, MapNode):
            raise SpecError(f"variant '{name[:60]}' must be a mapping", own.place, example)
        for key, scalar in own.keys.items():
            if key not in params and key not in PARTS:
                takes = f"it may set {', '.join([*params, *PARTS])}"
                raise unknown(f"variant '{name[:60]}'", scalar, [*params, *PARTS], takes)
        found[name] = own
    return found
