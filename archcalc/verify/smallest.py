"""The smallest input on which a network can be proved."""

from __future__ import annotations

from archcalc.errors import Source, SpecError
from archcalc.language.load import NO_PARAMS, Params, assembled, document_of
from archcalc.language.tree import Scalar
from archcalc.network.graph import Graph
from archcalc.symbols.dims import Shape

# A try costs shapes only, but a spec may write out many layers.
_MAX_TRIED = 24


def smallest(source: Source, params: Params = NO_PARAMS) -> Graph:
    """A network on the smallest input, its axes in proportion, on which whatever has several places has several.

    On less, some window would stay where it is, and a wrong stride or padding would show in nothing. It is found by halving
    and then, for networks that take few sizes only, among fair shares of the input and what lies whole strides below it;
    where there is none, the network is on its own input.

    VGG-16 halves its input five times, so 64 leaves 2. On 34 the maps of ResNet-18 are of 17, 8, 4, 2 and 1 places, on 35 of
    18, 9, 5, 3 and 2.

    >>> from archcalc.language import source_of
    >>> smallest(source_of("vgg16")).input, smallest(source_of("resnet18")).input
    ((3, 64, 64), (3, 35, 35))
    """
    document = document_of(source)
    whole = assembled(document, params)
    if not all(isinstance(n, int) for node in whole.nodes for n in node.shape):
        return whole
    axes = [axis for axis, name in enumerate(whole.input_axes) if name not in {"channels", "features"}]
    # An axis may be a param of the spec, which other layers ask for too.
    sizes = [document.input.items[name] for name in whole.input_axes]
    named = {
        axis: size.text
        for axis in axes
        if isinstance(size := sizes[axis], Scalar) and size.text in document.params.items
    }
    longest = max((whole.input[axis] for axis in axes), default=1)

    def on(n: int) -> Graph | None:
        """The network on an input whose longest axis is n, where it is alive and no axis of any layer lost its places."""
        shape: Shape = tuple(-(-size * n // longest) if axis in axes else size for axis, size in enumerate(whole.input))
        given = {name: shape[axis] for axis, name in named.items()}
        try:
            graph = assembled(document, {**params, **given}, input_shape=shape)
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
    """Whether every axis of every layer that has several places in the whole network has several here."""
    before = {node.name: node.shape for node in whole.nodes}
    return all(
        len(shape := before.get(node.name, ())) == len(node.shape)
        and all(n > 1 or m == 1 for n, m in zip(node.shape, shape, strict=True))
        for node in graph.nodes
    )
