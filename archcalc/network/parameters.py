"""The formats of a network's trained arrays and those of them that are frozen, as stated by patterns of names."""

from __future__ import annotations

from archcalc.layers.normed_weights import MAGNITUDE
from archcalc.network.dtypes import SINGLE, Format
from archcalc.network.graph import Graph, Node, weights_of
from archcalc.network.wildcards import fits
from archcalc.symbols.dims import Dim, Shape
from archcalc.symbols.sums import sum_of

# What stands before a pattern of layers that are not frozen, though another pattern fits them.
NOT = "not "
# The names of an adapter's two arrays, or of the layers that have them, after what the adapter stands beside.
DOWN, UP = "_lora_a", "_lora_b"


def fits_array(pattern: str, layer: str, array: str) -> bool:
    """True if a pattern fits a layer, and so all of its arrays, or the array by the layer's name and its own.

    >>> fits_array("block*", "block1/conv", "bias"), fits_array("*.bias", "block1/conv", "bias")
    (True, True)
    """
    return fits(layer, pattern) or fits(f"{layer}.{array}", pattern)


def held_of(graph: Graph, layer: str, array: str, shape: Shape) -> tuple[str, Format] | None:
    """The last pattern that fits an array, with the format that it states; None if none does.

    Groups are for frozen matrices: vectors, magnitudes and adapters keep the format stated before (Dettmers et al. 2023, arXiv:2305.14314).
    """
    grouped = not array.endswith((DOWN, UP, MAGNITUDE)) and not layer.endswith((DOWN, UP))
    for pattern, form in reversed(graph.formats):
        if form.takes(shape) and (grouped or form.group is None) and fits_array(pattern, layer, array):
            return pattern, form
    return None


def format_of(graph: Graph, layer: str, array: str, shape: Shape) -> Format | None:
    """The format stated for an array; None if nothing is stated."""
    held = held_of(graph, layer, array, shape)
    return None if held is None else held[1]


def owner_of(graph: Graph, node: Node, array: str) -> Node:
    """The layer whose array it is: the node itself, or the one that it shares weights with."""
    if node.share is None:
        return node
    owner = graph.nodes[node.share]
    return owner if array in weights_of(owner, graph.nodes) else node


def is_frozen(graph: Graph, node: Node, array: str) -> bool:
    """True if an array that a layer uses is not trained, by the last pattern that fits it."""
    if not graph.frozen:
        return False
    name = owner_of(graph, node, array).name
    for pattern in reversed(graph.frozen):
        if fits_array(pattern.removeprefix(NOT), name, array):
            return not pattern.startswith(NOT)
    return False


def frozen_arrays(graph: Graph, node: Node) -> frozenset[str]:
    """The names of the arrays that a layer uses and that are not trained."""
    if not graph.frozen:
        return frozenset()
    arrays = weights_of(node, graph.nodes)
    return frozenset(name for name in arrays if is_frozen(graph, node, name))


def frozen_values(graph: Graph, node: Node, own: dict[str, Dim]) -> Dim:
    """The number of values in those of a layer's own arrays, given with their sizes, that are not trained."""
    return sum_of([n for name, n in own.items() if is_frozen(graph, node, name)]) if graph.frozen else 0


def stored_bytes(graph: Graph, node: Node, own: dict[str, Dim], buffers: Dim) -> Dim:
    """The bytes of a layer's own arrays and buffers, given with their sizes, in the formats stated for them or in fp32."""
    if not graph.formats:
        return 4 * (sum_of([*own.values()]) + buffers)
    shapes = [graph.nodes[i].shape for i in node.inputs]
    arrays = {name: shape for name, shape in node.layer.weights(*shapes).items() if name in own}
    if node.share is None:
        arrays |= node.layer.buffers(*shapes)
    return sum_of([(format_of(graph, node.name, name, x) or SINGLE).bytes(x) for name, x in arrays.items()])
