"""The assertions of a spec about a layer or the whole network, checked against the computed values."""

from __future__ import annotations

import re
from collections.abc import Container, Mapping

from archcalc.errors import SpecError
from archcalc.language.calls import Item, branches_of
from archcalc.language.expression import Value, evaluate
from archcalc.language.fields import value_of
from archcalc.language.tree import ListNode, Scalar, Tree
from archcalc.layers import Layer
from archcalc.network.facts import Assertion
from archcalc.network.measures import sums
from archcalc.symbols.dims import Shape, Truth, equal, format_shape, is_dim
from archcalc.symbols.shape import VALUES, axes_of, axis_names, values_axis

STATED = frozenset(measure.key for measure in sums() if measure.stated)
SHAPES = frozenset({"input", "channels", "output"})

# Sizes or letters with × or x between them, so no letter has an x in its name.
_SHAPE = re.compile(r"[^\Wx×]+(?:[x×][^\Wx×]+)+")

# The keys allowed beside any layer or block, apart from its own settings.
OWN = frozenset({"name", "from", "if", "else", "repeat", "share", "auxiliary", "note", "source"}) | STATED | SHAPES


def parted(cls: type[Layer], call: Item) -> tuple[Item, dict[str, Tree], frozenset[str]]:
    """A layer apart from its branches, these, and the keys beside its own settings."""
    if cls.arity[1] > 1:
        call, branches = branches_of(cls, call, OWN)
        return call, branches, OWN | branches.keys()
    # `channels` is the name of an axis where axes are named.
    return call, {}, OWN - set(VALUES) if cls.names_axes else OWN


def check_branches(call: Item, words: Container[str], layers: Container[str]) -> None:
    """Refuse a branch named like an assertion; `words` begin items, `layers` are the layers so far."""
    for key in call.given.keys() & OWN - {"from", "else"}:
        tree = call.given[key]
        if isinstance(tree, ListNode):
            # A shape may be a list too, of sizes.
            items = [item.text in words if isinstance(item, Scalar) else True for item in tree.items]
            meant = any(items) or not items or key not in SHAPES
        else:
            stated = STATED | SHAPES
            meant = isinstance(tree, Scalar) and key in stated and tree.text in layers and not tree.text.isdecimal()
        if meant:
            remedy = f"'{key}' has a meaning of its own beside any layer; give the branch another name"
            raise SpecError(f"a branch cannot be called '{key}'", call.keys[key].place, remedy)


def assertion(key: str, tree: Tree, names: Mapping[str, Value], first: int, last: int) -> Assertion:
    """A measure stated for the nodes from `first` up to `last`."""
    expected = value_of(tree, names)
    if not isinstance(expected, int) or isinstance(expected, bool):
        written = tree.text[:60] if isinstance(tree, Scalar) else "a list"
        remedy = "write it without commas" if isinstance(expected, tuple) else ""
        raise SpecError(f"{key} must be a whole number, not {written}", tree.place, remedy)
    return Assertion(key, expected, first, last, tree.place)


def check_shape(key: str, tree: Tree, names: Mapping[str, Value], computed: Shape) -> list[Truth]:
    """The conditions on letters for a stated shape, or number of channels; raises SpecError if it is wrong."""
    if key == "channels":
        computed = (computed[values_axis(axes_of(computed)) or 0],)
    stated = shape_of(tree, names)
    facts = [equal(a, b) for a, b in zip(stated, computed, strict=False)]
    if len(stated) != len(computed) or False in facts:
        turned = sorted(map(str, stated)) == sorted(map(str, computed))
        order = "×".join(axis_names(axes_of(computed)))
        remedy = f"the order is {order}" if turned else ""
        raise SpecError(f"{key} is {format_shape(computed)}, not {format_shape(stated)}", tree.place, remedy)
    return [fact for fact in facts if fact is not True]


def shape_of(tree: Tree, names: Mapping[str, Value]) -> Shape:
    """A shape read from 64x112x112, 64×112×112, [64, 112, 112] or 4096."""
    if isinstance(tree, Scalar) and not tree.quoted and _SHAPE.fullmatch(tree.text) and tree.text not in names:
        values: Value = tuple(evaluate(part, names, tree.place) for part in re.split("[x×]", tree.text))
    else:
        values = value_of(tree, names)
    sizes = values if isinstance(values, tuple) else (values,)
    for n in sizes:
        if not is_dim(n):
            raise SpecError("a shape is whole numbers, such as 64x112x112", tree.place)
    return sizes
