"""The products of a network, by their sizes, as programs that map them onto hardware take them."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple, TypeAlias

from archcalc.errors import SpecError
from archcalc.layers.axes import each_axis
from archcalc.network.graph import Graph, Node
from archcalc.symbols.dims import Dim, Shape, format_shape

Pair: TypeAlias = tuple[int, int]


class Product(NamedTuple):
    """One product: for each of `groups` and each place of the output, `filters` sums over `channels` and the kernel.

    A product of matrices has a kernel of 1×1, and its rows for places.
    """

    name: str
    channels: int
    filters: int
    places: Pair
    groups: int = 1
    kernel: Pair = (1, 1)
    stride: Pair = (1, 1)
    dilation: Pair = (1, 1)

    @property
    def macs(self) -> int:
        """The multiply-accumulates."""
        return self.groups * self.channels * self.filters * math.prod((*self.places, *self.kernel))

    @property
    def flat(self) -> Product:
        """The same as a product of matrices, in which each window is a row."""
        rows = (math.prod(self.places), 1)
        return Product(self.name, self.channels * math.prod(self.kernel), self.filters, rows, self.groups)


class Found(NamedTuple):
    """The products of a network, and the layers with products of another form, each with its MACs."""

    products: list[Product]
    left_out: list[tuple[Node, int]]

    @property
    def remarks(self) -> list[str]:
        """The layers that are left out, in words: those of one kind together."""
        found = []
        for kind in dict.fromkeys(node.layer.kind for node, _ in self.left_out):
            names = [node.name for node, _ in self.left_out if node.layer.kind == kind]
            total = sum(macs for node, macs in self.left_out if node.layer.kind == kind)
            more = f" and {len(names) - 1:,} more" if len(names) > 1 else ""
            found.append(f"left out: {names[0]}{more} ({kind}, {total:,} MACs), no product of one form")
        return found


def products_of(graph: Graph) -> Found:
    """The products of a network's layers but auxiliary heads; raises SpecError for a size that is a letter."""
    found = Found([], [])
    for node in graph.nodes:
        if node.auxiliary:
            continue
        shapes = [tuple(graph.nodes[i].shape) for i in node.inputs]
        macs = node.layer.work_for(1, tuple(node.shape), *shapes).macs
        if not isinstance(macs, int):
            fact = f"{node.name} puts out {format_shape(tuple(node.shape))}, and its products need numbers"
            raise SpecError(fact, node.place, "give the letters with --set")
        made = list(_MAKERS[node.layer.kind](node, shapes)) if node.layer.kind in _MAKERS else []
        if sum(one.macs for one in made) == macs:
            found.products.extend(made)
        elif macs:
            found.left_out.append((node, macs))
    return found


def _convolution(node: Node, shapes: Sequence[Shape]) -> Iterator[Product]:
    layer: Any = node.layer
    rank = layer.rank
    kernel, stride, dilation = (each_axis(of, rank) for of in (layer.kernel, layer.stride, layer.dilation))
    places = tuple(node.shape)[1:]
    channels = shapes[0][0]
    if layer.connections is not None:
        for row, seen in enumerate(layer.connections):
            yield _sized(f"{node.name}/{row}", (len(seen), 1, 1), places, (kernel, stride, dilation))
        return
    yield _sized(node.name, (channels, layer.out, layer.groups), places, (kernel, stride, dilation))


def _sized(name: str, sizes: tuple[Any, Any, int], places: Shape, window: tuple[Shape, ...]) -> Product:
    """A convolution over one or two axes, or over three as a product of matrices."""
    channels, filters, groups = sizes
    if len(places) > 2:
        values = channels // groups * math.prod(_whole(window[0]))
        return Product(name, values, filters // groups, (math.prod(_whole(places)), 1), groups)
    one: list[Any] = [_pair(sizes) for sizes in (places, *window)]
    return Product(name, channels // groups, filters // groups, one[0], groups, *one[1:])


def _pair(sizes: Shape) -> Pair:
    """The sizes of two axes, the first of which is 1 where there is one alone."""
    height, width = (1, *_whole(sizes))[-2:]
    return height, width


def _whole(sizes: Sequence[Dim]) -> tuple[int, ...]:
    return tuple(int(n) for n in sizes)


def _transposed(node: Node, shapes: Sequence[Shape]) -> Iterator[Product]:
    """A transposed convolution: for each place of the input all that its filters add to the output."""
    layer: Any = node.layer
    channels, *places = _whole(shapes[0])
    values = layer.out // layer.groups * math.prod(each_axis(layer.kernel, layer.rank))
    yield Product(node.name, channels // layer.groups, values, (math.prod(places), 1), layer.groups)


def _linear(node: Node, shapes: Sequence[Shape]) -> Iterator[Product]:
    layer: Any = node.layer
    sizes = _whole(shapes[0])
    features = sizes[layer.axis]
    yield Product(node.name, features, layer.out, (math.prod(sizes) // features, 1))


def _matmul(node: Node, shapes: Sequence[Shape]) -> Iterator[Product]:
    layer: Any = node.layer
    a, b = (_whole(shape) for shape in shapes)
    first, second = (layer.transpose in {"both", which} for which in ("first", "second"))
    rows, summed = (a[-1], a[-2]) if first else (a[-2], a[-1])
    columns = b[-2] if second else b[-1]
    heads = layer.heads or math.prod(a[:-2])
    if layer.heads is not None:
        summed = summed // heads if len(a) == 2 else summed
        columns = columns // heads if len(b) == 2 and not second else columns
    yield Product(node.name, summed, columns, (rows, 1), heads)


def _attention(node: Node, shapes: Sequence[Shape]) -> Iterator[Product]:
    """The four dense layers of attention, and its two products of branches."""
    layer: Any = node.layer
    q, k, v = (_whole(shapes[min(which, len(shapes) - 1)]) for which in range(3))
    weights = layer.weights(*shapes)
    tokens = {"query": q[0], "key": k[0], "value": v[0], "out": q[0]}
    dense = {name: _dense(node, name, weights, n) for name, n in tokens.items()}
    _, key, value = layer.widths(q)
    yield from (dense[name] for name in ("query", "key", "value"))
    yield Product(f"{node.name}/scores", key, k[0], (q[0], 1), layer.heads)
    yield Product(f"{node.name}/mixed", k[0], value, (q[0], 1), layer.heads)
    yield dense["out"]


def _dense(node: Node, name: str, weights: dict[str, Shape], tokens: int) -> Product:
    filters, channels = _whole(weights[name])
    return Product(f"{node.name}/{name}", channels, filters, (tokens, 1))


def _window_attention(node: Node, shapes: Sequence[Shape]) -> Iterator[Product]:
    """The same in each window."""
    layer: Any = node.layer
    sides = layer.sides(shapes[0])
    windows, inside = math.prod(side.windows for side in sides), math.prod(side.w for side in sides)
    weights = layer.weights(*shapes)
    (width,) = _whole((layer.width(shapes[0]),))
    for name in ("query", "key", "value"):
        yield _dense(node, name, weights, windows * inside)
    yield Product(f"{node.name}/scores", width, inside, (inside, 1), windows * layer.heads)
    yield Product(f"{node.name}/mixed", inside, width, (inside, 1), windows * layer.heads)
    yield _dense(node, "out", weights, windows * inside)
    if layer.relative == "queries":
        # All queries of one place along the axis meet the rows of its distances.
        for axis, side in enumerate(sides):
            rows = windows * layer.heads * inside // side.w
            yield Product(f"{node.name}/position_{axis}", width, side.w, (rows, 1), side.w)
    if layer.relative == "mlp":
        distances = math.prod(2 * side.w - 1 for side in sides)
        yield from (_dense(node, name, weights, distances) for name in ("position_hidden", "position_out"))


_MAKERS: dict[str, Callable[[Node, Sequence[Shape]], Iterator[Product]]] = {
    **{f"conv{rank}d": _convolution for rank in (1, 2, 3)},
    **{f"convtranspose{rank}d": _transposed for rank in (1, 2, 3)},
    "linear": _linear,
    "matmul": _matmul,
    "attention": _attention,
    "windowattention": _window_attention,
}
