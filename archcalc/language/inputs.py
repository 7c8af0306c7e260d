"""The inputs of a spec, each with its axes by name."""

from __future__ import annotations

from archcalc.errors import SpecError, nearest
from archcalc.language.expression import Value
from archcalc.language.mistakes import Mistakes
from archcalc.language.params import letter_or_value
from archcalc.language.tree import ListNode, MapNode, Scalar, Tree, mapping_of, unknown
from archcalc.layers.rearrange import Input
from archcalc.symbols.dims import is_dim
from archcalc.symbols.shape import INPUTS, PLACES, VALUES

INPUT = "input: {channels: 3, height: 224, width: 224}"
_NAMED = "inputs: {left: {channels: 3, height: 224, width: 224}, right: {features: 10}}"
# Each is followed through every layer for receptive fields.
_MAX_INPUTS = 100


def inputs(tree: MapNode, mistakes: Mistakes) -> dict[str, MapNode]:
    """The axes of the inputs by name, none for one that is no mapping, which is filed."""
    if "inputs" not in tree.items:
        if "input" not in tree.items:
            return {}
        only = tree.items["input"]
        return {"input": mapping_of(only, "'input'", _with_axes("input", only) or INPUT)}
    named = mapping_of(tree.items["inputs"], "'inputs'", _NAMED)
    if not named.items:
        raise SpecError("'inputs' is empty", named.place, f"such as {_NAMED}")
    found = {}
    for name, axes in named.items.items():
        found[name] = axes if isinstance(axes, MapNode) else MapNode({}, {}, axes.place)
        if not isinstance(axes, MapNode):
            example = _with_axes(name, axes)
            # Axes at once under 'inputs' are those of the only one.
            remedy = example or f"{_NAMED}; a single input stands under 'input:'"
            mistake = SpecError(f"input '{name[:60]}' must be a mapping", axes.place, f"such as {remedy}")
            if not example:
                raise mistake
            mistakes.add(mistake)
    if len(found) > _MAX_INPUTS:
        mistakes.add(SpecError(f"{len(found):,} inputs; a spec has at most {_MAX_INPUTS}", named.place))
    return found


def _with_axes(name: str, tree: Tree) -> str:
    """An input written as [3, 32, 32] or 3x32x32 as it should be, with the usual names of so many axes; else empty."""
    if isinstance(tree, ListNode):
        sizes = [item.text if isinstance(item, Scalar) else "" for item in tree.items]
    else:
        sizes = tree.text.split("x") if isinstance(tree, Scalar) else []
    axes = next((axes for axes in INPUTS if len(axes) == len(sizes) > 1), ())
    if not axes or not all(size.isidentifier() or size.isdecimal() for size in sizes):
        return ""
    named = ", ".join(f"{axis}: {size[:40]}" for axis, size in zip(axes, sizes, strict=True))
    return f"{name[:60]}: {{{named}}}"


def axes_of_input(tree: MapNode) -> tuple[str, ...]:
    """The names that `input:` gives its axes, in the order in which they are written; empty if they are not those of an input."""
    usual = any(set(axes) == set(tree.items) for axes in INPUTS)
    return tuple(tree.items) if usual or set(tree.items) - {*VALUES, *PLACES} else ()


def input_of(tree: MapNode, values: dict[str, Value]) -> Input:
    """The input that a spec states by naming its axes."""
    axes = axes_of_input(tree)
    known = [*VALUES, *PLACES]
    for key, scalar in tree.keys.items():
        if key not in known and (nearest(key, known) or not key.isidentifier()):
            raise unknown("an input", scalar, known, f"it has {', '.join(known)}")
    if not axes:
        more = min((set(axes) - set(tree.items) for axes in INPUTS if set(axes) > set(tree.items)), key=len, default=())
        fact = f"the input has no '{min(more)}'" if more else f"{', '.join(tree.items)} do not make an input"
        raise SpecError(fact, tree.place, f"an input is one of: {'; '.join(', '.join(axes) for axes in INPUTS)}")
    sizes = []
    for axis in axes:
        value = letter_or_value(tree.items[axis], values)
        if not is_dim(value) or (isinstance(value, int) and value < 1):
            written = getattr(tree.items[axis], "text", "a list")
            raise SpecError(f"{axis} must be a whole number of at least 1, not {written}", tree.items[axis].place)
        sizes.append(value)
    return Input(tuple(sizes), axes)
