"""What every value of a network sees, found by following all values of all layers from the settings of each.

It knows nothing of windows. For every value of a layer it keeps, along one axis of the input, the first and the last place that
is seen, and whether any step on the way reached beyond what there is, where a formula goes on and a network has zeroes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from archcalc.layers.axes import both_sides, each_axis
from archcalc.network.graph import Graph, Node
from tests.receptive_field.seen import NONE, Seen, blocks, gathered, nothing, of_input, ordered, union, whole


def turned(layer: Any, seen: Seen, *_: Any) -> Seen:
    along = frozenset(layer.order.index(axis) for axis in seen.along)
    return Seen(*(part.transpose(layer.order) for part in seen[:3]), along, seen.moot)


def followed(graph: Graph, axis: int, *, local: bool = False) -> list[Seen]:
    """What each value of each layer sees along one axis of the input; with `local` without paths on which all see the same."""
    found = [of_input(graph.input, axis)]
    for node in graph.nodes[1:]:
        sides = [side(graph, node, which, found[i], local=local) for which, i in enumerate(node.inputs)]
        found.append(union(nothing(node.shape), *sides))
    return found


def alone(graph: Graph, axis: int, position: int) -> Iterator[tuple[tuple[int, ...], Seen]]:
    """Every single path from the input to a layer, as the layers on it, with what is seen by it alone."""
    if position == 0:
        yield (0,), of_input(graph.input, axis)
        return
    node = graph.nodes[position]
    for which, source in enumerate(node.inputs):
        for path, seen in alone(graph, axis, source):
            yield (*path, position), union(nothing(node.shape), side(graph, node, which, seen, local=False))


def side(graph: Graph, node: Node, which: int, seen: Seen, *, local: bool) -> Seen:
    """What a layer sees through one of its inputs."""
    shapes = [graph.nodes[i].shape for i in node.inputs]
    layer = node.layer
    after = KINDS.get(layer.kind, pointwise)(layer, seen, node.shape, shapes, which)
    # Without what all places see alike.
    if local and seen.along and not after.along:
        return nothing(node.shape)._replace(moot=after.moot)
    return after._replace(moot=after.moot or stilled(after))


def stilled(seen: Seen) -> bool:
    """Whether places along the axes that tell them apart all see the same somewhere, and no end made it so."""
    if not seen.along:
        return False
    axes = tuple(seen.along)
    least, most = (values.min(axes, keepdims=True) for values in (seen.lo, -seen.hi))
    same = ((seen.lo == least) & (-seen.hi == most)).all(axes)
    return bool((same & (seen.lo != NONE).any(axes)).any())


def pointwise(_layer: Any, seen: Seen, shape: Any, shapes: Any, which: int) -> Seen:
    for axis, n in enumerate(shapes[which]):
        if n == 1 != shape[axis]:
            seen = whole(seen, axis, shape[axis])
    return seen


def slid(layer: Any, seen: Seen, shape: Any, shapes: Any, which: int) -> Seen:
    x, rank = shapes[which], len(shape) - 1
    kernel = each_axis(layer.kernel, rank)
    stride = each_axis(layer.kernel if getattr(layer, "stride", None) is None else layer.stride, rank)
    dilation, padding = each_axis(getattr(layer, "dilation", 1), rank), getattr(layer, "padding", 0)
    for axis, (n, k, s, d) in enumerate(zip(x[1:], kernel, stride, dilation, strict=True), start=1):
        if padding == "same":
            before = max(0, (-(-n // s) - 1) * s + d * (k - 1) + 1 - n) // 2
        else:
            before = both_sides(padding, rank)[axis - 1][0]
        seen = gathered(seen, axis, [[i * s - before + d * t for t in range(k)] for i in range(shape[axis])])
    if hasattr(layer, "groups"):
        seen = blocks(seen, 0, layer.groups, shape[0])
    return seen


def spread(layer: Any, seen: Seen, shape: Any, *_: Any) -> Seen:
    rank = len(shape) - 1
    fields = (each_axis(field, rank) for field in (layer.kernel, layer.stride, layer.dilation))
    for axis, (k, s, d, (before, _)) in enumerate(zip(*fields, both_sides(layer.padding, rank), strict=True), start=1):
        rows = [
            [(o + before - d * t) // s for t in range(k) if (o + before - d * t) % s == 0] for o in range(shape[axis])
        ]
        seen = gathered(seen, axis, rows)
    return blocks(seen, 0, layer.groups, shape[0])


def adapted(_layer: Any, seen: Seen, shape: Any, shapes: Any, which: int) -> Seen:
    for axis, (n, m) in enumerate(zip(shapes[which], shape, strict=True)):
        if axis and m == 1:
            seen = whole(seen, axis, 1)
        elif axis:
            seen = gathered(seen, axis, [list(range(i * n // m, -(-(i + 1) * n // m))) for i in range(m)])
    return seen


def enlarged(layer: Any, seen: Seen, shape: Any, shapes: Any, which: int) -> Seen:
    for axis, (n, m) in enumerate(zip(shapes[which], shape, strict=True)):
        if axis:
            s = m // n
            centres = [(2 * o + 1 - s, 2 * s) for o in range(m)]
            rows = [[o // s] if layer.mode == "nearest" else [a // b, -(-a // b)] for o, (a, b) in enumerate(centres)]
            seen = gathered(seen, axis, rows)
    return seen


def moved(layer: Any, seen: Seen, shape: Any, *_: Any) -> Seen:
    rank = len(shape) - 1
    sign = -1 if layer.kind == "pad" else 1
    for axis, (before, _) in enumerate(both_sides(layer.margin, rank), start=1):
        seen = gathered(seen, axis, [[i + sign * before] for i in range(shape[axis])])
    return seen


def joined(layer: Any, seen: Seen, shape: Any, shapes: Any, which: int) -> Seen:
    axis = layer.axis % len(shape)
    start, n = sum(x[axis] for x in shapes[:which]), shapes[which][axis]
    return gathered(seen, axis, [[i - start] if 0 <= i - start < n else [] for i in range(shape[axis])])


def recurrent(layer: Any, seen: Seen, shape: Any, shapes: Any, which: int) -> Seen:
    n = shapes[which][0]
    seen = whole(seen, 1, shape[1])
    so_far = gathered(seen, 0, [list(range(i + 1)) for i in range(n)])
    if not layer.bidirectional:
        return so_far
    if layer.layers > 1:
        return whole(seen, 0, n)
    to_come = gathered(seen, 0, [list(range(i, n)) for i in range(n)])
    first = np.arange(shape[1]) < shape[1] // 2
    ends = (np.where(first, a, b) for a, b in zip(so_far[:3], to_come[:3], strict=True))
    return Seen(*ends, so_far.along, seen.moot)


def over(*axes: int) -> Callable[..., Seen]:
    def kind(_layer: Any, seen: Seen, shape: Any, _shapes: Any, _which: int) -> Seen:
        for axis in axes:
            seen = whole(seen, axis % len(shape), shape[axis])
        return seen

    return kind


def attended(layer: Any, seen: Seen, shape: Any, shapes: Any, which: int) -> Seen:
    seen = whole(seen, 1, shape[1])
    if len(shapes) > 1 and which == 0:
        return seen
    causal, window = layer.causal, getattr(layer, "window", None)
    if not causal and window is None:
        return whole(seen, 0, shape[0])
    if window is None:
        return gathered(seen, 0, [list(range(i + 1)) for i in range(shape[0])])
    # A band reaches beyond the ends.
    before, after = (window - 1, 0) if causal else (window // 2, window // 2)
    return gathered(seen, 0, [list(range(i - before, i + after + 1)) for i in range(shape[0])])


def in_windows(layer: Any, seen: Seen, shape: Any, *_: Any) -> Seen:
    """Windows from a shift on, of which the first and the last reach beyond the ends, unless one window holds all."""
    seen = whole(seen, len(shape) - 1, shape[-1])
    for axis, n in enumerate(shape[:-1]):
        w, s = (value[axis] if isinstance(value, tuple) else value for value in (layer.window, layer.shift))
        s = s if w < n else 0
        rows = [range((i - s) // w * w + s, (i - s) // w * w + s + w) for i in range(n)]
        if layer.grid:
            apart = -(-n // w)
            rows = [range(i % apart, w * apart, apart) for i in range(n)]
        seen = gathered(seen, axis, [list(row) for row in rows])
    return seen


def so_far(seen: Seen, axis: int) -> Seen:
    return gathered(seen, axis, [list(range(i + 1)) for i in range(seen.lo.shape[axis])])


def scanned(_layer: Any, seen: Seen, shape: Any, _shapes: Any, which: int) -> Seen:
    """B and C by all their values, and all but C by the tokens so far."""
    seen = whole(seen, 1, shape[1]) if which > 1 else seen
    return seen if which == 3 else so_far(seen, 0)


def scanned_in_heads(layer: Any, seen: Seen, shape: Any, shapes: Any, which: int) -> Seen:
    """Step sizes head by head, B and C group by group, and all but C by the tokens so far."""
    if which:
        seen = blocks(seen, 1, shapes[1][1] if which == 1 else layer.groups, shape[1])
    return seen if which == 3 else so_far(seen, 0)


def linearly_attended(layer: Any, seen: Seen, shape: Any, _shapes: Any, which: int) -> Seen:
    """Queries and keys head by head, and keys and values of all tokens or of those so far."""
    seen = seen if which == 2 else blocks(seen, 1, layer.heads, shape[1])
    if which == 0:
        return seen
    return so_far(seen, 0) if layer.causal else whole(seen, 0, shape[0])


def normed(layer: Any, seen: Seen, shape: Any, *_: Any) -> Seen:
    for axis in range(1, len(shape)):
        seen = whole(seen, axis, shape[axis])
    return blocks(seen, 0, layer.groups, shape[0])


def biased(layer: Any, seen: Seen, shape: Any, *_: Any) -> Seen:
    """A score sees its own place, and nothing where it is hidden because its key comes after its query."""
    hidden = np.broadcast_to(np.triu(np.ones(shape[1:], bool), 1) & layer.causal, shape)
    return seen._replace(lo=np.where(hidden, NONE, seen.lo), hi=np.where(hidden, -NONE, seen.hi))


KINDS: dict[str, Callable[..., Seen]] = {
    **{f"{kind}{rank}d": slid for kind in ("conv", "maxpool", "avgpool") for rank in (1, 2, 3)},
    **{f"convtranspose{rank}d": spread for rank in (1, 2, 3)},
    **{f"adaptive{kind}pool{rank}d": adapted for kind in ("max", "avg") for rank in (1, 2, 3)},
    **dict.fromkeys(("globalavgpool", "globalmaxpool"), lambda layer, *rest: over(*layer.axes)(layer, *rest)),
    "upsample": enlarged,
    **dict.fromkeys(("pad", "crop"), moved),
    "concat": joined,
    **dict.fromkeys(("lstm", "gru", "rnn"), recurrent),
    **dict.fromkeys(
        ("l2norm", "linear", "rmsnorm", "softmax", "squash"), lambda layer, *rest: over(layer.axis)(layer, *rest)
    ),
    "layernorm": lambda layer, *rest: over(*layer.axes)(layer, *rest),
    **dict.fromkeys(("attention", "latentattention"), attended),
    "windowattention": in_windows,
    "gridbias": lambda _layer, seen, *_: seen,
    "relativebias": biased,
    "groupnorm": normed,
    "scan": scanned,
    "ssd": scanned_in_heads,
    "wkv": lambda _layer, seen, *_: so_far(seen, 0),
    "linearattention": linearly_attended,
    **dict.fromkeys(("cumsum", "cummean"), lambda layer, seen, *_: so_far(seen, layer.axis)),
    **dict.fromkeys(("reshape", "flatten"), lambda _l, seen, shape, *_: ordered(seen, shape)),
    "permute": turned,
    "slice": lambda layer, seen, shape, *_: gathered(
        seen, layer.axis, [[i + layer.start] for i in range(shape[layer.axis])]
    ),
    "split": lambda layer, seen, shape, *_: gathered(
        seen, layer.axis, [[i + layer.part * shape[layer.axis]] for i in range(shape[layer.axis])]
    ),
    "maxout": lambda _layer, seen, shape, *_: blocks(seen, 0, shape[0], shape[0]),
    "channelshuffle": lambda layer, seen, shape, *_: gathered(
        seen, 0, [[i % layer.groups * (shape[0] // layer.groups) + i // layer.groups] for i in range(shape[0])]
    ),
}
