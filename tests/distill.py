"""The networks and end points of the Distill article's receptive fields as specs and rows; `data/README.md` has the source."""

from __future__ import annotations

import csv
import re
from functools import cache
from pathlib import Path
from typing import Any

from archcalc.graph import Graph
from archcalc.spec import load

DATA = Path(__file__).parent / "data"

# Networks of the tables whose spec has another name, and what is set in it.
SPECS: dict[str, tuple[str, dict[str, Any]]] = {
    "vgg_a": ("vgg11", {}),
    "vgg_16": ("vgg16", {}),
    "inception_v2-no-separable-conv": ("inception_v2", {"separable": 0}),
    "inception_v3": ("inception_v3-slim", {}),
    "inception_resnet_v2-same": ("inception_resnet_v2", {"aligned": 1}),
    "mobilenet_v1_075": ("mobilenet_v1", {"alpha": "0.75"}),
}


def table(name: str) -> list[dict[str, str]]:
    with (DATA / f"{name}.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


@cache
def network(name: str, resolution: int | None = None) -> Graph:
    """The spec of a network, on a square image of so many pixels a side."""
    spec, params = SPECS.get(name, (name, {}))
    return load(spec, input_shape=resolution and (3, resolution, resolution), **params)


def row_of(end_point: str, graph: Graph) -> int:
    """The position of the layer that an end point is the output of: the last of those under its name.

    MobileNet's rows are named as in its paper, where the first convolution is number 1.
    """
    name = end_point.rsplit("/", maxsplit=1)[-1]
    if number := re.fullmatch(r"Conv2d_(\d+)(?:_pointwise)?", name):
        name = f"conv{int(number[1]) + 1}"
    return max(i for i, node in enumerate(graph.nodes) if node.name == name or node.name.startswith(f"{name}/"))
