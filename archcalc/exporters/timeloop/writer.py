"""The writer of Timeloop's problems."""

from __future__ import annotations

from archcalc.errors import printable
from archcalc.exporters.products import Product, products_of
from archcalc.network.graph import Graph

# What each problem projects onto: height is R and P, width S and Q, and a group has inputs, weights and outputs of its own.
_SHAPE = """\
  shape:
    name: Grouped_CNN_Layer
    dimensions: [N, G, C, M, R, S, P, Q]
    coefficients:
    - {name: Hstride, default: 1}
    - {name: Wstride, default: 1}
    - {name: Hdilation, default: 1}
    - {name: Wdilation, default: 1}
    data_spaces:
    - name: Weights
      projection: [[[G]], [[C]], [[M]], [[R]], [[S]]]
    - name: Inputs
      projection: [[[N]], [[G]], [[C]], [[R, Hdilation], [P, Hstride]], [[S, Wdilation], [Q, Wstride]]]
    - name: Outputs
      projection: [[[N]], [[G]], [[M]], [[P]], [[Q]]]
      read_write: true
"""


def write(graph: Graph) -> str:
    """A network's products as problems of Timeloop, version 0.4 of its format."""
    found = products_of(graph)
    total = sum(one.macs for one in found.products)
    head = [f"{printable(graph.name)}: {len(found.products)} products, {total:,} MACs for one sample", *found.remarks]
    comments = "".join(f"# {line}\n" for line in head)
    return (comments + "".join(map(_problem, found.products))).removesuffix("\n")


def _problem(product: Product) -> str:
    instance = {
        "N": 1,
        "G": product.groups,
        "C": product.channels,
        "M": product.filters,
        **dict(zip("RS", product.kernel, strict=True)),
        **dict(zip("PQ", product.places, strict=True)),
        **dict(zip(("Hstride", "Wstride"), product.stride, strict=True)),
        **dict(zip(("Hdilation", "Wdilation"), product.dilation, strict=True)),
    }
    sizes = ", ".join(f"{name}: {n}" for name, n in instance.items())
    said = f"# {product.name}: {product.macs:,} MACs"
    return f"---\n{said}\nproblem:\n  version: 0.4\n  instance: {{{sizes}}}\n{_SHAPE}"
