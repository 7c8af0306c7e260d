"""The smallest input on which a network can be verified."""

from __future__ import annotations

from archcalc.errors import Source, SpecError
from archcalc.importers import model_of
from archcalc.network.graph import Graph, input_axes
from archcalc.network.model import NO_PARAMS, Params
from archcalc.symbols.dims import Dim, Shape
from archcalc.symbols.shape import VALUES

# A try costs shapes only, but a spec may write out many layers.
_MAX_TRIED = 24


def smallest(source: Source, params: Params = NO_PARAMS) -> Graph:
    """A network on the smallest input, with axes in proportion, on which no layer's axis shrinks to one position.

    An axis that has one position on the network's own input is excepted. On less, some window would not move, and a
    wrong stride or padding would show in nothing. It is found by halving and then, for networks that take few sizes
    only, among fair shares of the input and sizes whole strides below it; if there is none, the network is on its own
    input.

    VGG-16 halves its input five times, so 64 leaves 2. On 34 the maps of ResNet-18 are of 17, 8, 4, 2 and 1 positions,
    on 35 of 18, 9, 5, 3 and 2.

    >>> from archcalc.language import source_of
    >>> smallest(source_of("vgg16")).input, smallest(source_of("resnet18")).input
    ((3, 64, 64), (3, 35, 35))
    """
    model = model_of(source)
    whole = model.graph(params)
    if not all(isinstance(n, int) for node in whole.nodes for n in node.shape):
        return whole
    inputs = {
        name: [(axis, said) for axis, said in enumerate(input_axes(shape)) if said not in VALUES]
        for name, shape in whole.input_shapes.items()
    }
    # An axis may be a param of the spec, which other layers use too.
    declared = model.input_params
    longest = max((whole.input_shapes[name][axis] for name, axes in inputs.items() for axis, _ in axes), default=1)

    def on(n: int) -> Graph | None:
        """The network on inputs whose longest axis is n; None if it does not fit or an axis shrinks to one."""
        given: dict[str, Dim | str] = {}
        shapes: dict[str, Shape] = {}
        for name, axes in inputs.items():
            sizes = [*whole.input_shapes[name]]
            for axis, said in axes:
                sizes[axis] = -(-sizes[axis] * n // longest)
                if (name, said) in declared:
                    given[declared[name, said]] = sizes[axis]
            shapes[name] = tuple(sizes)
        try:
            graph = model.graph({**params, **given}, shapes)
        except SpecError:
            return None
        return graph if _as_wide(graph, whole) else None

    found, low, high = whole, 0, longest
    while high - low > 1:
        middle = (low + high) // 2
        graph = on(middle)
        low, high, found = (middle, high, found) if graph is None else (low, middle, graph)
    fair = {-(-longest // share) for share in range(2, _MAX_TRIED)}
    below = {longest % stride + stride * i for stride in (16, 32) for i in range(_MAX_TRIED)}
    return next((graph for n in sorted(fair | below) if 1 < n < high and (graph := on(n))), found)


def _as_wide(graph: Graph, whole: Graph) -> bool:
    """True if every axis of every layer with several positions in the whole network has several here."""
    before = {node.name: node.shape for node in whole.nodes}
    return all(
        len(shape := before.get(node.name, ())) == len(node.shape)
        and all(n > 1 or m == 1 for n, m in zip(node.shape, shape, strict=True))
        for node in graph.nodes
    )
