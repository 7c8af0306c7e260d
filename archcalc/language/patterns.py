"""The keys of a spec on names: those that layers have in files of trained weights, and how implementations call them."""

from __future__ import annotations

from archcalc.errors import SpecError
from archcalc.language.mistakes import Mistakes
from archcalc.language.tree import MapNode, Scalar, plain
from archcalc.network.calls import CALLS

# Each is matched against the name of every layer.
_MAX_CALLS = 100


def weight_rules(tree: MapNode, mistakes: Mistakes) -> tuple[tuple[str, str], ...]:
    """The rules that turn layers' names into those of a file of trained weights."""
    rules = []
    for pattern, replacement in tree.items.items():
        with mistakes.kept():
            if not isinstance(replacement, Scalar):
                raise SpecError(f"what '{pattern[:60]}' becomes must be text", replacement.place)
            text = plain(replacement)
            if text.count("*") > pattern.count("*"):
                fact = f"'{text[:60]}' has more * than '{pattern[:60]}'"
                raise SpecError(fact, replacement.place, "each * stands for what the * in its place matched")
            rules.append((pattern, text))
    return tuple(rules)


def call_rules(tree: MapNode, mistakes: Mistakes) -> MapNode:
    """The patterns of layer names, with the way the reference implementation calls those layers."""
    if len(tree.keys) > _MAX_CALLS:
        raise SpecError(f"{len(tree.keys):,} calls; a spec has at most {_MAX_CALLS}", tree.place)
    for pattern, call in tree.items.items():
        if not isinstance(call, Scalar) or plain(call) not in CALLS:
            fact = f"'{pattern[:60]}' is called in no way that is known"
            mistakes.add(SpecError(fact, call.place, f"it is {', '.join(CALLS)}"))
    return tree
