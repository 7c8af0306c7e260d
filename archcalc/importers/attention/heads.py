"""Queries by keys, a softmax, and that by values, for each head."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from archcalc.importers.attention.layout import Atom, Layout, sizes, whole
from archcalc.importers.attention.net import MOST, Net, Way
from archcalc.layers.activation import Dropout
from archcalc.layers.arithmetic import Times
from archcalc.layers.linear import Linear
from archcalc.layers.matmul import MatMul
from archcalc.layers.merge import Add
from archcalc.layers.rearrange import Flatten, Reshape
from archcalc.layers.softmax import Softmax
from archcalc.symbols.dims import Dim, equal, size

# The axis that values of heads are on, which come from another row than queries.
_VALUES = 99


class Scores(NamedTuple):
    """The products before and after a softmax, and what is done to scores between them: a factor, and what is added."""

    first: int
    second: int
    rows: tuple[int, ...]
    factor: float
    # The rows of arrays that hide some scores.
    masks: frozenset[int]
    # The rows of what else is added.
    added: tuple[int, ...]


class Heads(NamedTuple):
    """The heads between projections: the ways to queries, keys and values, and that to what comes after them."""

    query: Way
    key: Way
    value: Way
    mixed: Way
    # The dense layer after them.
    out: int
    heads: Dim
    shared: Dim
    width: Dim
    values: Dim
    # What scores are multiplied by before the softmax.
    factor: float
    scores: Scores

    @property
    def rows(self) -> set[int]:
        """All rows from the projections to the dense layer after them."""
        ways = (self.query, self.key, self.value, self.mixed)
        products = {self.scores.first, self.scores.second, *self.scores.rows}
        return {self.out} | products | {at for way in ways for at in way.rows} | {way.base for way in ways[:3]}

    @property
    def scaled(self) -> bool:
        """True if scores are divided by the root of a head's width."""
        return isinstance(self.width, int) and math.isclose(self.factor, float(self.width) ** -0.5, rel_tol=1e-3)


def heads_at(net: Net, softmax: int, *, axes: int) -> Heads | None:
    """The heads around a softmax, whose projections have so many axes: tokens×features, before them windows."""
    scores = _scores(net, softmax)
    if scores is None:
        return None
    ways = _factors(net, scores)
    if ways is None or any(len(net.shape(way.base)) != axes or not _dense(net, way.base) for way in ways):
        return None
    query, key, value = ways
    before, tokens, features = axes - 2, axes - 2, axes - 1
    windows = whole(net.shape(query.base)).axes[:before]
    q, k, v = (way.layout.axes for way in ways)
    if any(tuple(map(merged, x[:before])) != windows or len(x) < axes for x in (q, k, v)):
        return None
    *q_lead, q_rows, q_sum = q[before:]
    *k_lead, k_sum, columns = k[before:]
    *v_lead, v_rows, v_columns = v[before:]
    q_heads = [atom for atoms in (*q_lead, q_rows) for atom in atoms if atom.axis == features]
    q_tokens = [atom for atom in q_rows if atom.axis == tokens]
    k_heads = [atom for atoms in k_lead for atom in atoms if atom.axis == features]
    count = sum(len(atoms) for atoms in (*q_lead, q_rows))
    fits = (
        _only(q_sum, features)
        and _only(k_sum, features)
        and _only(v_columns, features)
        and sizes(q_sum) == sizes(k_sum)
        and _whole(net, query.base, q_tokens, tokens)
        and _whole(net, key.base, columns, tokens)
        and _whole(net, value.base, v_rows, tokens)
        and len(q_heads) + len(q_tokens) == count
        and _pattern(k_lead, features) == _pattern(v_lead, features) is not None
    )
    if not fits:
        return None
    values = tuple(atom._replace(axis=_VALUES) for atom in v_columns)
    mixed = _mixed(net, scores.second, Layout((*q[:before], *q_lead, q_rows, values)), windows, tuple(q_tokens))
    if mixed is None:
        return None
    width = size(tuple(sizes(q_sum)))
    product = net.of(scores.first, MatMul)
    root = float(width) ** -0.5 if isinstance(width, int) and product is not None and product.scale else 1.0
    return Heads(
        *ways,
        mixed[0],
        mixed[1],
        size(tuple(sizes(q_heads))),
        size(tuple(sizes(k_heads))),
        width,
        size(tuple(sizes(v_columns))),
        scores.factor * query.factor * key.factor * root,
        scores,
    )


def _scores(net: Net, softmax: int) -> Scores | None:
    """The products before and after a softmax over keys, the rows between them, their factor, and what is added."""
    layer = net.of(softmax, Softmax)
    before = _before(net, softmax)
    if layer is None or layer.axis != len(net.shape(softmax)) - 1 or before is None:
        return None
    rows, at = [*before.rows, softmax], softmax
    while (
        len(rows) < 2 * MOST
        and (found := net.reader(at)) is not None
        and isinstance(net.layer(found), (Dropout, Reshape, Flatten))
    ):
        rows.append(found)
        at = found
    mixed = None if found is None else net.of(found, MatMul)
    if found is None or mixed is None or mixed.heads is not None or mixed.scale:
        return None
    way = net.along(before.first, [row for row in rows if isinstance(net.layer(row), (Reshape, Flatten))])
    shape = net.shape(before.first)
    fits = (
        way is not None
        and way.layout == whole(shape)
        and len(net.shape(at)) == len(shape)
        and net.nodes[found].inputs[0] == at != net.nodes[found].inputs[1]
        and mixed.transpose in {None, "second"}
        and all(equal(net.shape(row)[-1], shape[-1]) is True for row in rows)
    )
    return before._replace(second=found, rows=tuple(rows)) if fits else None


def _before(net: Net, softmax: int) -> Scores | None:
    """The product before a softmax and what is done to its scores."""
    rows, factor, masks, added = list[int](), 1.0, set[int](), list[int]()
    at = net.nodes[softmax].inputs[0]
    while isinstance(layer := net.layer(at), (Times, Reshape, Flatten, Add)) and len(rows) < MOST:
        rows.insert(0, at)
        if isinstance(layer, Times):
            factor *= layer.factor
        elif isinstance(layer, Add):
            if len(net.nodes[at].inputs) != 2 or net.shape(at) != net.shape(net.nodes[at].inputs[0]):
                return None
            other = net.nodes[at].inputs[1]
            mask = net.mask(other)
            masks |= mask or set()
            added += [other] if mask is None else []
        [at, *_] = net.nodes[at].inputs
    product = net.of(at, MatMul)
    if product is None or product.heads is not None:
        return None
    return Scores(at, at, tuple(rows), factor, frozenset(masks), tuple(added))


def _dense(net: Net, at: int) -> bool:
    layer = net.of(at, Linear)
    return layer is not None and layer.norm is None and layer.axis == len(net.shape(at)) - 1


def _factors(net: Net, scores: Scores) -> tuple[Way, Way, Way] | None:
    """The ways to queries, keys with their tokens last, and values."""
    products = [net.of(at, MatMul) for at in (scores.first, scores.second)]
    turned, mixed = (None if product is None else product.transpose for product in products)
    first, second = net.nodes[scores.first].inputs, net.nodes[scores.second].inputs
    query, key, value = net.behind(first[0]), net.behind(first[1]), net.behind(second[1])
    if query is None or key is None or value is None or value.factor != 1:
        return None
    return (
        query.turned(turned in {"first", "both"}),
        key.turned(turned in {"second", "both"}),
        value.turned(mixed == "second"),
    )


def merged(atoms: Sequence[Atom]) -> tuple[Atom, ...]:
    """Parts that follow each other as one."""
    found: list[Atom] = []
    for atom in atoms:
        if found and found[-1].axis == atom.axis and equal(found[-1].stride, atom.stride * atom.size) is True:
            found[-1] = atom._replace(size=found[-1].size * atom.size)
        else:
            found.append(atom)
    return tuple(found)


def _only(atoms: Sequence[Atom], axis: int) -> bool:
    return bool(atoms) and all(atom.axis == axis for atom in atoms)


def _whole(net: Net, base: int, atoms: Sequence[Atom], axis: int) -> bool:
    """True for parts that are together an axis of a row, in its order."""
    return merged(atoms) == whole(net.shape(base)).axes[axis]


def _pattern(lead: Sequence[Sequence[Atom]], features: int) -> list[list[tuple[bool, Dim]]] | None:
    """The parts of heads on each axis, which are repeated and which are not; None if there are others."""
    if any(atom.axis not in {-1, features} for atoms in lead for atom in atoms):
        return None
    return [[(atom.axis < 0, atom.size) for atom in atoms] for atoms in lead]


def _mixed(
    net: Net, second: int, layout: Layout, windows: tuple[tuple[Atom, ...], ...], tokens: tuple[Atom, ...]
) -> tuple[Way, int] | None:
    """The way from mixed values to the dense layer after them, which reads all heads of a token."""
    moves = net.moves_after(second)
    way = net.along(second, moves, layout)
    out = net.reader(moves[-1] if moves else second)
    if way is None or out is None or not _dense(net, out) or way.layout.cuts:
        return None
    axes = way.layout.axes
    fits = (
        len(axes) == len(windows) + 2
        and tuple(map(merged, axes[:-2])) == windows
        and merged(axes[-2]) == merged(tokens)
        and not {atom.axis for atom in tokens} & {atom.axis for atom in axes[-1]}
    )
    return (way, out) if fits else None
