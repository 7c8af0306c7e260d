"""The writer of SCALE-Sim's topologies."""

from __future__ import annotations

from collections.abc import Iterator

from archcalc.exporters.products import Product, products_of
from archcalc.network.graph import Graph

_HEAD = "Layer name, IFMAP Height, IFMAP Width, Filter Height, Filter Width, Channels, Num Filter, Strides,\n"
# A name with these letters is read as that of a convolution of each channel alone.
_DEPTHWISE = "DP"


def write(graph: Graph) -> str:
    """A network's products as a topology of SCALE-Sim, padding within the sizes of inputs."""
    rows = (row for product in products_of(graph).products for row in _rows(product))
    return _HEAD + "\n".join(", ".join(map(str, row)) + "," for row in rows)


def remarks(graph: Graph) -> list[str]:
    """The layers that the topology leaves out, since a file of rows has no place to name them."""
    return products_of(graph).remarks


def _rows(product: Product) -> Iterator[tuple[str | int, ...]]:
    name = product.name.replace(",", " ").replace(_DEPTHWISE, "dp")
    # A row has one stride and no dilation.
    alike = product.stride[0] == product.stride[1] and product.dilation == (1, 1)
    one = product if alike else product.flat
    # The rows and columns that windows reach: SCALE-Sim rounds up, so one that none reaches would add a place.
    reached = [(p - 1) * s + k for p, s, k in zip(one.places, one.stride, one.kernel, strict=True)]
    sizes = (*reached, *one.kernel)
    if one.groups > 1 and one.channels == 1 and alike:
        yield (f"{name} {_DEPTHWISE}", *sizes, one.groups, one.filters, one.stride[0])
        return
    for group in range(one.groups):
        own = f"{name} {group}" if one.groups > 1 else name
        yield (own, *sizes, one.channels, one.filters, one.stride[0])
