"""Queries by keys, a softmax, and that by values, for each head."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from archcalc.importers.attention.layout import Atom, Layout, sizes, whole
from archcalc.importers.attention.net import Net, Way
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
    first, second = scores.first, scores.second
    ways = _factors(net, first, second)
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
    mixed = _mixed(net, second, Layout((*q[:before], *q_lead, q_rows, values)), windows, tuple(q_tokens))
    if mixed is None:
        return None
    width = size(tuple(sizes(q_sum)))
    root = float(width) ** -0.5 if isinstance(width, int) and net.layer(first).scale else 1.0
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
    rows, factor, at, masks, tables = [softmax], 1.0, softmax, set[int](), list[int]()
    if net.layer(softmax).axis != len(net.shape(softmax)) - 1 or not isinstance(net.layer(softmax), Softmax):
        return None
    while isinstance(net.layer(at := net.nodes[at].inputs[0]), (Times, Reshape, Flatten, Add)):
        rows.insert(0, at)
        if isinstance(net.layer(at), Add):
            if len(net.nodes[at].inputs) != 2 or net.shape(at) != net.shape(net.nodes[at].inputs[0]):
                return None
            added = net.nodes[at].inputs[1]
            mask = net.constant(added)
            masks |= mask or set()
            tables += [added] if mask is None else []
        if isinstance(net.layer(at), Times):
            factor *= net.layer(at).factor
    first, at = at, softmax
    while (found := net.reader(at)) is not None and isinstance(net.layer(found), (Dropout, Reshape, Flatten)):
        rows.append(found)
        at = found
    if found is None or not _plain(net, first) or not _plain(net, found):
        return None
    layer = net.layer(found)
    keys = net.shape(first)[-1]
    moved = [row for row in rows if not isinstance(net.layer(row), (Times, Dropout, Softmax, Add))]
    way = net.along(first, moved)
    same = way is not None and way.layout == whole(net.shape(first)) and len(net.shape(at)) == len(net.shape(first))
    if (
        not same
        or net.nodes[found].inputs[0] != at
        or net.nodes[found].inputs[1] == at
        or layer.scale
        or layer.transpose in {"first", "both"}
        or any(equal(net.shape(row)[-1], keys) is not True for row in rows)
    ):
        return None
    return Scores(first, found, tuple(rows), factor, frozenset(masks), tuple(tables))


def _plain(net: Net, at: int) -> bool:
    layer = net.layer(at)
    return isinstance(layer, MatMul) and layer.heads is None and len(net.shape(at)) >= 2


def _dense(net: Net, at: int) -> bool:
    layer = net.layer(at)
    return isinstance(layer, Linear) and layer.norm is None and layer.axis == len(net.shape(at)) - 1


def _factors(net: Net, first: int, second: int) -> tuple[Way, Way, Way] | None:
    """The ways to queries, keys with their tokens last, and values."""
    scores, mixed = net.nodes[first], net.nodes[second]
    turned = net.layer(first).transpose
    query, key, value = net.behind(scores.inputs[0]), net.behind(scores.inputs[1]), net.behind(mixed.inputs[1])
    if query is None or key is None or value is None or value.factor != 1:
        return None
    return (
        query.turned(turned in {"first", "both"}),
        key.turned(turned in {"second", "both"}),
        value.turned(net.layer(second).transpose == "second"),
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
