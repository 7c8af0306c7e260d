"""Attention inside the windows of an image, which are moved into an axis of their own and back."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, TypeAlias

from archcalc.importers.attention.heads import Heads, heads_at, merged
from archcalc.importers.attention.layout import Layout, whole
from archcalc.importers.attention.net import MOST, Net, Way
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
    way = _into_windows(net, start[0]) if len(set(start)) == 1 else None
    window = None if way is None else _window(way.layout)
    if way is None or window is None:
        return None
    back = _back(net, found.out, way.base, way.layout)
    if back is None:
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


def _into_windows(net: Net, at: int) -> Way | None:
    """The way to a row of windows from an image, the first of several on the way that may be it."""
    whole_way = net.behind(at)
    if whole_way is None:
        return None
    starts = (whole_way.base, *whole_way.rows[:-1])
    ways = (
        net.along(base, whole_way.rows[count:]) for count, base in enumerate(starts) if len(net.shape(base)) == _RANK
    )
    return next((way for way in ways if way and not way.layout.cuts and way.factor == 1 and _window(way.layout)), None)


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
    """The image before it was rolled to a row, along each axis at most once."""
    rows: set[int] = set()
    shift = [0, 0]
    layer = net.layer(at)
    if isinstance(layer, Roll) and {*map(int, layer.axes)} <= {0, 1}:
        shifts = layer.shifts if isinstance(layer.shifts, tuple) else (layer.shifts,) * len(layer.axes)
        for axis, by in zip(layer.axes, shifts, strict=True):
            shift[axis] += by
        return Moved(net.nodes[at].inputs[0], frozenset({at}), (shift[0], shift[1]))
    for _ in range(2):
        found = _roll(net, at)
        if found is not None:
            rows |= {at, *found.parts}
            shift[found.axis] += found.shift
            at = found.before
    return Moved(at, frozenset(rows), (shift[0], shift[1]))


def _rolled_from(net: Net, at: int) -> Moved:
    """The last row of those that roll the image of a row, and all of them but that."""
    ends = [at]
    for _ in range(2):
        found = net.readers[at]
        if at in net.ends:
            break
        if len(found) == 1 and isinstance(net.layer(found[0]), Roll):
            ends.append(found[0])
            break
        joins = {net.reader(part) for part in found}
        if len(found) != 2 or len(joins) != 1 or None in joins:
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


class _Ends(NamedTuple):
    """A row that joins two ends of another, which rolls it along an axis, and the rows of both ends."""

    axis: int
    shift: int
    before: int
    parts: tuple[int, ...]


def _roll(net: Net, at: int) -> _Ends | None:
    """A row as one that rolls another by joining two ends of it; None for any other."""
    joined, parts = net.of(at, Concat), net.nodes[at].inputs
    if joined is None or len(parts) != 2 or joined.axis not in {0, 1}:
        return None
    first, second = (net.of(part, Slice) for part in parts)
    before, other = (net.nodes[part].inputs[:1] for part in parts)
    if first is None or second is None or before != other or not joined.axis == first.axis == second.axis:
        return None
    axis, (source,) = int(joined.axis), before
    n, start = net.shape(source)[axis], first.start
    if (second.start, first.stop, second.stop) != (0, n, start) or not isinstance(n, int) or not isinstance(start, int):
        return None
    # The nearer way round.
    return _Ends(axis, -start if 2 * start <= n else n - start, source, parts)


def _table(net: Net, heads: Heads, window: Window, relative: Relative) -> tuple[set[int], Dim] | None:
    """The rows of what is added to scores by distance, and by how many values they have more than its table."""
    if len(heads.scores.added) != 1:
        return None if heads.scores.added else (set(), 0)
    own = ((2 * window[0] - 1) * (2 * window[1] - 1), heads.heads)
    rows = _array(net, heads.scores.added[0])
    held = net.layer(rows[-1])
    if isinstance(held, Embedding) and net.mask(net.nodes[rows[-1]].inputs[0]) is not None:
        [index] = net.nodes[rows[-1]].inputs
        alone = {index} if len(net.readers[index]) == 1 else set[int]()
        return ({*rows} | alone, 0) if (held.vocabulary, held.out) == own else None
    if not isinstance(held, Learned):
        return None
    if len(rows) > 1 and held.shape == own:
        return {*rows}, 0
    inside = window[0] * window[1]
    matrices = held.shape[-_RANK:] == (heads.heads, inside, inside)
    return ({*rows}, size(held.shape) - size(own)) if matrices and relative(rows[-1], window) else None


def _array(net: Net, at: int) -> list[int]:
    """A row and those before it up to an array of which it has entries, each in some places."""
    rows = [at]
    while (
        len(rows) < MOST
        and isinstance(layer := net.layer(rows[-1]), (Reshape, Permute, Unknown))
        and len(net.nodes[rows[-1]].inputs) == 1
    ):
        if isinstance(layer, Unknown) and (layer.parameters or not layer.operator.startswith(("rows of", "index"))):
            break
        rows += net.nodes[rows[-1]].inputs
    return rows
