"""The rows of attention as one row."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import takewhile
from typing import NamedTuple

from archcalc.errors import SpecError
from archcalc.importers.attention.heads import Heads, heads_at
from archcalc.importers.attention.layout import Cut
from archcalc.importers.attention.net import Net, Way
from archcalc.layers.attention import Attention
from archcalc.layers.base import Layer
from archcalc.layers.linear import Linear
from archcalc.network.graph import weights_of
from archcalc.symbols.dims import Dim, Shape, equal, size
from archcalc.symbols.sums import sum_of

_PROJECTIONS = ("query", "key", "value", "out")


class Folded(NamedTuple):
    """The rows that a layer stands for, the last of which it takes the place of, and the rows that it reads."""

    rows: set[int]
    last: int
    layer: Layer
    inputs: tuple[int, ...]
    # The rows of what hides some scores.
    masks: frozenset[int] = frozenset()
    note: str = ""


def attention_at(net: Net, softmax: int) -> Folded | None:
    """The attention around a softmax; None where it is not exactly one."""
    found = heads_at(net, softmax, axes=2)
    if found is None or not found.scaled or found.scores.added or not divided(net, found):
        return None
    inputs = sources(net, found)
    features, out = net.shape(inputs[0])[-1], net.shape(found.out)[-1]
    layer = Attention(
        found.heads,
        kv_heads=None if equal(found.heads, found.shared) is True else found.shared,
        key=None if equal(found.heads * found.width, features) is True else found.width,
        value=None if equal(found.values, found.width) is True else found.values,
        out=None if equal(out, features) is True else out,
        bias=biases(net, found),
    )
    count = 1 if len(set(inputs)) == 1 else 2 if inputs[1] == inputs[2] else 3
    made = Folded(found.rows, found.out, layer, inputs[:count], found.scores.masks)
    return made if exact(net, made) else None


def divided(net: Net, heads: Heads) -> bool:
    """True if queries, keys and values are all that their projections put out, each value in one of them."""
    ways = (heads.query, heads.key, heads.value)
    for base in {way.base for way in ways}:
        parts = [way for way in ways if way.base == base]
        cuts = [way.layout.cuts for way in parts]
        if len(parts) == 1:
            if cuts[0]:
                return False
            continue
        one_each = [each[0] for each in cuts if len(each) == 1 and each[0].axis == len(net.shape(base)) - 1]
        if len(one_each) != len(parts) or not _apart(one_each):
            return False
        taken = sum_of(_taken(way, net.shape(base)) for way in parts)
        if equal(taken, net.shape(base)[-1]) is not True:
            return False
    return True


def _apart(cuts: list[Cut]) -> bool:
    return all(a.apart(b) for at, a in enumerate(cuts) for b in cuts[:at])


def _taken(way: Way, shape: Shape) -> Dim:
    """The features that a way takes of a projection."""
    last = len(shape) - 1
    return size(tuple(atom.size for atoms in way.layout.axes for atom in atoms if atom.axis == last))


def sources(net: Net, heads: Heads) -> tuple[int, int, int]:
    """The rows that the projections of queries, keys and values read."""
    query, key, value = (net.nodes[way.base].inputs[0] for way in (heads.query, heads.key, heads.value))
    return query, key, value


def biases(net: Net, heads: Heads) -> bool | tuple[str, ...]:
    """The projections that have biases: all, none, or their names."""
    rows = (heads.query.base, heads.key.base, heads.value.base, heads.out)
    layers = [net.layer(at) for at in rows]
    named = tuple(
        name for name, layer in zip(_PROJECTIONS, layers, strict=True) if isinstance(layer, Linear) and layer.bias
    )
    return named if 0 < len(named) < len(_PROJECTIONS) else bool(named)


def exact(net: Net, made: Folded, table: Dim = 0) -> bool:
    """True if a layer has the shape, the trained values and the products of the rows that it is to stand for.

    `table` is the number of values by which its own table has fewer than the array of the file that was made of it.
    """
    if not net.stands(made.rows, made.last):
        return False
    shapes = [net.shape(at) for at in made.inputs]
    try:
        layer = made.layer.placed(*shapes)
        output = layer.output(*shapes)
        macs, trained = layer.work(output, *shapes).macs, sum_of(map(size, layer.weights(*shapes).values()))
    except (SpecError, ValueError, TypeError, IndexError, ZeroDivisionError):
        return False
    nodes = [net.nodes[at] for at in made.rows]
    held = sum_of(size(array) for node in nodes for array in weights_of(node, net.nodes).values())
    stated = sum_of(node.layer.work(node.shape, *net.shapes(node)).macs or 0 for node in nodes)
    whole = net.shape(made.last)
    return (
        len(output) == len(whole)
        and all(equal(n, m) is True for n, m in zip(output, whole, strict=True))
        and equal(macs, stated) is True
        and equal(trained + table, held) is True
    )


def beginning(names: Sequence[Sequence[str]]) -> tuple[str, ...]:
    """The words that all of some names begin with."""
    return tuple(words[0] for words in takewhile(lambda words: len(set(words)) == 1, zip(*names, strict=False)))


def module_of(net: Net, made: Folded) -> tuple[str, tuple[str, ...]]:
    """The module around all rows of a layer that have arrays, by their names, and the calls around all of them."""
    held = [net.nodes[at] for at in made.rows if net.nodes[at].inputs and weights_of(net.nodes[at], net.nodes)]
    return "/".join(beginning([node.name.split("/") for node in held])), beginning([node.blocks for node in held])
