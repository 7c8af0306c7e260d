"""Attention inside the windows of an image, which are moved into an axis of their own and back."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, TypeAlias

from archcalc.importers.attention.heads import Heads, heads_at, merged
from archcalc.importers.attention.layout import Layout, whole
from archcalc.importers.attention.net import Net
from archcalc.importers.attention.rows import Folded, biases, divided, exact, sources
from archcalc.layers.axes import one_for_all
from archcalc.layers.linear import Embedding, Learned
from archcalc.layers.merge import Concat
from archcalc.layers.rearrange import Permute, Reshape, Slice
from archcalc.layers.roll import Roll
from archcalc.layers.unknown import Unknown
from archcalc.layers.window_attention import WindowAttention
from archcalc.symbols.dims import Dim, equal, size

Window: TypeAlias = tuple[int, int]
# True for a row that is an array in which each number depends on the distance of two places of a window alone.
Relative: TypeAlias = Callable[[int, Window], bool]

_RANK, _CHANNELS = 3, 2


class Moved(NamedTuple):
    """An image that was rolled: the row before it, the rows that do so, and how far along each of two axes."""

    at: int
    rows: frozenset[int]
    shift: Window


def windows_at(net: Net, softmax: int, relative: Relative) -> Folded | None:
    """The attention in windows around a softmax; None where it is not exactly one."""
    found = heads_at(net, softmax, axes=_RANK) or _in_one(heads_at(net, softmax, axes=_RANK - 1))
    if found is None or not found.scaled or not divided(net, found) or equal(found.heads, found.shared) is not True:
        return None
    start = sources(net, found)
    way = net.behind(start[0])
    if way is None or len(set(start)) != 1 or way.factor != 1 or way.layout.cuts or len(net.shape(way.base)) != _RANK:
        return None
    window = _window(way.layout)
    back = _back(net, found.out, way.base, way.layout)
    if window is None or back is None:
        return None
    ahead, behind = _rolled_to(net, way.base), _rolled_from(net, back[-1])
    if ahead.shift != tuple(-n for n in behind.shift) or not all(
        0 <= -n < w for n, w in zip(ahead.shift, window, strict=True)
    ):
        return None
    rows = found.rows | {*way.rows, *back, *ahead.rows, *behind.rows}
    table = _table(net, found, window, relative)
    if table is None:
        return None
    shift = tuple(-n for n in ahead.shift)
    layer = WindowAttention(
        found.heads,
        window=one_for_all(window),
        shift=one_for_all(shift),
        relative=bool(found.scores.added),
        bias=biases(net, found),
    )
    made = Folded(rows | table[0], behind.at, layer, (ahead.at,), found.scores.masks)
    return made if exact(net, made, table[1]) else None


def _in_one(heads: Heads | None) -> Heads | None:
    """Heads in the only window of an image, which is told from other attention by what is added to scores."""
    return heads if heads is not None and heads.scores.added else None


def _window(layout: Layout) -> Window | None:
    """The sizes of the windows of an image whose places are windows×places of one."""
    *before, places, channels = layout.axes
    if any(atom.axis != _CHANNELS for atom in channels):
        return None
    inside = {atom.axis: atom for atom in places}
    sizes = [inside[axis].size if axis in inside else 1 for axis in (0, 1)]
    [height, width] = sizes
    first = [atom.axis for atoms in before for atom in atoms]
    if (
        not isinstance(height, int)
        or not isinstance(width, int)
        or first != sorted(set(first))
        or len(inside) != len(places)
    ):
        return None
    return (
        (height, width) if [*inside] == sorted(inside) and all(atom.stride == 1 for atom in inside.values()) else None
    )


def _back(net: Net, out: int, base: int, layout: Layout) -> list[int] | None:
    """The rows after the last projection that put windows back in their places."""
    channels = whole(net.shape(out)).axes[-1]
    start = Layout((*layout.axes[:-1], tuple(atom._replace(axis=_CHANNELS) for atom in channels)))
    moves = net.moves_after(out)
    for count in range(1, len(moves) + 1):
        way = net.along(out, moves[:count], start)
        if way is None:
            return None
        if tuple(map(merged, way.layout.axes)) == whole(net.shape(base)).axes and not way.layout.cuts:
            return moves[:count]
    return None


def _rolled_to(net: Net, at: int) -> Moved:
    """The image before it was rolled to a row."""
    rows: set[int] = set()
    shift = [0, 0]
    while True:
        layer, node = net.layer(at), net.nodes[at]
        if isinstance(layer, Roll) and {*map(int, layer.axes)} <= {0, 1} and not rows:
            shifts = layer.shifts if isinstance(layer.shifts, tuple) else (layer.shifts,) * len(layer.axes)
            for axis, by in zip(layer.axes, shifts, strict=True):
                shift[axis] += by
            return Moved(node.inputs[0], frozenset({at}), (shift[0], shift[1]))
        found = _roll(net, at)
        if found is None:
            return Moved(at, frozenset(rows), (shift[0], shift[1]))
        axis, by, before, parts = found
        rows |= {at, *parts}
        shift[axis] += by
        at = before


def _rolled_from(net: Net, at: int) -> Moved:
    """The last row of those that roll the image of a row, and all of them but that."""
    ends = [at]
    while True:
        found = net.readers[at]
        if at in net.ends:
            break
        if len(found) == 1 and isinstance(net.layer(found[0]), Roll):
            ends.append(found[0])
            break
        joins = {net.reader(part) for part in found}
        if len(found) != 2 or len(joins) != 1 or None in joins:  # noqa: PLR2004 - both ends
            break
        [last] = joins
        if last is None or _roll(net, last) is None:
            break
        ends.append(last)
        at = last
    moved = _rolled_to(net, ends[-1])
    if moved.at != ends[0]:
        return Moved(ends[0], frozenset(), (0, 0))
    return Moved(ends[-1], moved.rows, moved.shift)


def _roll(net: Net, at: int) -> tuple[int, int, int, tuple[int, ...]] | None:
    """The axis and the entries by which a row that joins two ends of another rolls it, that, and the rows of both ends."""
    layer, parts = net.layer(at), net.nodes[at].inputs
    if not isinstance(layer, Concat) or len(parts) != 2 or not all(isinstance(net.layer(i), Slice) for i in parts):  # noqa: PLR2004
        return None
    first, second = (net.layer(i) for i in parts)
    [before, other] = (net.nodes[i].inputs[0] for i in parts)
    axis = int(layer.axis)
    n = net.shape(before)[axis]
    fits = (
        before == other
        and axis in {0, 1}
        and {int(first.axis), int(second.axis)} == {axis}
        and (second.start, first.stop) == (0, n)
        and first.start == second.stop
        and isinstance(n, int)
        and isinstance(first.start, int)
    )
    if not fits:
        return None
    # The nearer way round.
    by = -first.start if 2 * first.start <= n else n - first.start
    return axis, by, before, parts


def _table(net: Net, heads: Heads, window: Window, relative: Relative) -> tuple[set[int], Dim] | None:
    """The rows of what is added to scores by distance, and by how many values they have more than its table."""
    if not heads.scores.added:
        return set(), 0
    if len(heads.scores.added) != 1:
        return None
    [at] = heads.scores.added
    own = ((2 * window[0] - 1) * (2 * window[1] - 1), heads.heads)
    rows, given = {at}, net.layer(at)
    while isinstance(given, (Reshape, Permute, Unknown)) and len(net.nodes[at].inputs) == 1:
        if isinstance(given, Unknown) and (given.parameters or not given.operator.startswith(("rows of", "index"))):
            return None
        [at] = net.nodes[at].inputs
        rows.add(at)
        given = net.layer(at)
    if isinstance(given, Embedding) and net.constant(net.nodes[at].inputs[0]) is not None:
        index = {*net.nodes[at].inputs} if len(net.readers[net.nodes[at].inputs[0]]) == 1 else set[int]()
        return (rows | index, 0) if (given.vocabulary, given.out) == own else None
    if not isinstance(given, Learned):
        return None
    if len(rows) > 1 and given.shape == own:
        return rows, 0
    inside = window[0] * window[1]
    if given.shape[-3:] == (heads.heads, inside, inside) and relative(at, window):
        return rows, size(given.shape) - size(own)
    return None
