"""The smallest input on which a network can be verified, and where that is still much, smaller params."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import msgspec

from archcalc.errors import Source, SpecError
from archcalc.importers import model_of
from archcalc.layers.axes import each_axis
from archcalc.network.graph import Graph, Node, input_axes
from archcalc.network.model import NO_PARAMS, Model, Params
from archcalc.symbols.dims import Dim, Shape, size
from archcalc.symbols.shape import VALUES, axes_of

# A try costs shapes only, but a spec may write out many layers.
_MAX_TRIED = 24
# The products of a sample that a verification has in a few seconds, and those in the time that a weight is drawn in, that an
# exponential takes with what is done around it, as to the scores of attention, and that a layer takes however small it is.
_LIGHT, _DRAWING, _EXPONENTIAL, _LAYER = 4 * 10**9, 16, 30, 10**6
# A param as large as a width is not brought below the first of these, or where the run is still long below the second;
# one such as a depth is not brought below the count.
_LEAST_WIDTHS, _LEAST_COUNT = (16, 4), 2
# What would no longer be tried if it became smaller.
_WINDOWS = ("kernel", "stride", "padding", "dilation", "window", "size")


class Small(NamedTuple):
    """A network on its smallest input, and the params that were set lower, each with its value as text."""

    graph: Graph
    lowered: dict[str, str]


class _Sized(msgspec.Struct, frozen=True):
    """A network with the params and the shapes of inputs that give its size."""

    graph: Graph
    params: dict[str, Dim | str]
    shapes: dict[str, Shape] | None = None


def smallest(source: Source, params: Params = NO_PARAMS) -> Small:
    """A network on the smallest input, with axes in proportion, on which no layer's axis shrinks to one position.

    An axis that has one position on the network's own input is excepted. On less, some window would not move, and a
    wrong stride or padding would show in nothing. It is found by halving and then, for networks that take few sizes
    only, among fair shares of the input and sizes whole strides below it; if there is none, the network is on its own
    input. If a run of that would still be long, the params that are whole numbers are lowered, the least first, to a
    half, a quarter and so on, or the power of two below, until it is short, as far as that leaves all kinds of layers and their
    windows.

    VGG-16 halves its input five times, so 64 leaves 2. On 34 the maps of ResNet-18 are of 17, 8, 4, 2 and 1 positions,
    on 35 of 18, 9, 5, 3 and 2.

    >>> from archcalc.language import source_of
    >>> smallest(source_of("vgg16")).graph.input, smallest(source_of("resnet18")).graph.input
    ((3, 64, 64), (3, 35, 35))
    >>> smallest(source_of("llama3_8b")).lowered
    {'kv_heads': '2', 'depth': '16', 'dim': '128'}
    """
    model = model_of(source)
    whole = model.graph(params)
    if not all(isinstance(n, int) for node in whole.nodes for n in node.shape):
        return Small(whole, {})
    found = _on_least(model, _Sized(whole, {**params}))
    lowered: dict[str, str] = {}
    for width in _LEAST_WIDTHS:
        for name, values in _lower(model, found.params, width):
            if _work(found.graph) <= _LIGHT:
                break
            for either in values:
                sized = next((sized for value in either if (sized := _set(model, found, name, value))), found)
                if _work(sized.graph) < _work(found.graph):
                    found, lowered[name] = sized, str(sized.params[name])
                if _work(found.graph) <= _LIGHT:
                    break
    return Small(found.graph, lowered)


def _on_least(model: Model, whole: _Sized) -> _Sized:
    """The network on its smallest input."""
    before = whole.graph
    inputs = {
        name: [(axis, said) for axis, said in enumerate(input_axes(shape)) if said not in VALUES]
        for name, shape in before.input_shapes.items()
    }
    # An axis may be a param of the spec, which other layers use too.
    declared = model.input_params
    longest = max((before.input_shapes[name][axis] for name, axes in inputs.items() for axis, _ in axes), default=1)

    def on(n: int) -> _Sized | None:
        """The network on inputs whose longest axis is n; None if it does not fit or an axis shrinks to one."""
        given: dict[str, Dim | str] = {}
        shapes: dict[str, Shape] = {}
        for name, axes in inputs.items():
            sizes = [*before.input_shapes[name]]
            for axis, said in axes:
                sizes[axis] = -(-sizes[axis] * n // longest)
                if (name, said) in declared:
                    given[declared[name, said]] = sizes[axis]
            shapes[name] = tuple(sizes)
        sized = _Sized(before, {**whole.params, **given}, shapes)
        graph = _graph(model, sized, before)
        return None if graph is None else msgspec.structs.replace(sized, graph=graph)

    found, low, high = whole, 0, longest
    while high - low > 1:
        middle = (low + high) // 2
        sized = on(middle)
        low, high, found = (middle, high, found) if sized is None else (low, middle, sized)
    # Of at most half the size and the next one too it is the least; near its own size a network may take one here and there.
    if 2 * high <= longest and on(high + 1) is not None:
        return found
    fair = {-(-longest // share) for share in range(2, _MAX_TRIED)}
    below = {longest % stride + stride * i for stride in (16, 32) for i in range(_MAX_TRIED)}
    return next((sized for n in sorted(fair | below) if 1 < n < high and (sized := on(n))), found)


def _graph(model: Model, sized: _Sized, before: Graph) -> Graph | None:
    """The network of that size; None if there is none, or if it no longer has the windows of the one before."""
    try:
        graph = model.graph(sized.params, sized.shapes)
    except SpecError:
        return None
    return graph if _as_wide(graph, before) and _as_windowed(graph, before) else None


def _as_wide(graph: Graph, whole: Graph) -> bool:
    """True if every axis of every layer with several positions in the whole network has several here."""
    before = {node.name: node.shape for node in whole.nodes}
    return all(
        len(shape := before.get(node.name, ())) == len(node.shape)
        and all(n > 1 or m == 1 for n, m in zip(node.shape, shape, strict=True))
        for node in graph.nodes
    )


def _as_windowed(graph: Graph, whole: Graph) -> bool:
    """True if there are the same kinds of layers here, and those of one name have the same windows, or such as see all."""
    before = {node.name: node for node in whole.nodes}
    return {node.layer.kind for node in graph.nodes} == {node.layer.kind for node in whole.nodes} and all(
        getattr(node.layer, said) == getattr(before[node.name].layer, said, None)
        or (said == "window" and _sees_all(graph, node, said) and _sees_all(whole, before[node.name], said))
        for node in graph.nodes
        for said in _WINDOWS
        if said in node.layer.__struct_fields__
    )


def _sees_all(graph: Graph, node: Node, said: str) -> bool:
    """True if a layer's one window is all of its input."""
    x = graph.nodes[node.inputs[0]].shape
    sides = [n for n, axis in zip(x, axes_of(x), strict=True) if axis not in VALUES]
    return [*each_axis(getattr(node.layer, said), len(sides))] == sides


def _work(graph: Graph) -> int:
    """The products of a run of one sample, and what else takes time is worth in them."""
    work = _LAYER * len(graph.nodes)
    for node in graph.nodes:
        shapes = [graph.nodes[i].shape for i in node.inputs]
        weights = {} if node.share is not None else node.layer.weights(*shapes)
        run = node.layer.work_for(1, node.shape, *shapes)
        work += run.macs + _EXPONENTIAL * run.exponentials + _DRAWING * sum(map(size, weights.values()))
    return work


def _set(model: Model, sized: _Sized, name: str, value: str) -> _Sized | None:
    """The network with another value of a param; None if it does not fit or no longer has its windows."""
    other = msgspec.structs.replace(sized, params={**sized.params, name: value})
    graph = _graph(model, other, sized.graph)
    return None if graph is None else msgspec.structs.replace(other, graph=graph)


def _lower(model: Model, params: Params, width: int) -> Iterator[tuple[str, list[tuple[str, ...]]]]:
    """The params that are numbers or lists of them and not of the input, the least first, each with lower values.

    Half of a width of 71 heads is not one of whole heads; beside it stands what is tried then, the power of two below.
    """
    sizes = {*model.input_params.values()}
    own = {name: _numbers(str(params.get(name, text))) for name, text in model.params().items() if name not in sizes}
    for name, numbers in sorted(own.items(), key=lambda item: max(item[1], default=0)):
        most = max(numbers, default=0)
        least = width if most > width else _LEAST_COUNT
        shares = [2**k for k in range(1, 20) if most // 2**k >= least]
        lower = [[max(min(n, least), n // share) for n in numbers] for share in shares]
        if model.params()[name].startswith("["):
            yield name, [(f"[{', '.join(map(str, each))}]",) for each in lower]
        else:
            yield name, [(str(n), str(2 ** (n.bit_length() - 1))) for (n,) in lower]


def _numbers(text: str) -> list[int]:
    """The whole numbers of a text that is one, or a list of them; none of another."""
    words = [word.strip() for word in text.removeprefix("[").removesuffix("]").split(",")]
    return [int(word) for word in words] if all(word.isdecimal() for word in words) else []
