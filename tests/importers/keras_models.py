"""Descriptions of Keras models, written as Keras writes them, and the networks that they make."""

from __future__ import annotations

import json
from typing import Any

from archcalc.errors import Source
from archcalc.importers import parse
from archcalc.network.graph import Graph
from archcalc.profiling.engine import profile


def layer(kind: str, name: str = "", **config: Any) -> dict[str, Any]:
    return {"class_name": kind, "config": {"name": name or kind.lower(), **config}}


def sequential(shape: list[int | None], *layers: dict[str, Any]) -> dict[str, Any]:
    first = layer("InputLayer", "input", batch_input_shape=[None, *shape])
    return {"class_name": "Sequential", "config": {"name": "net", "layers": [first, *layers]}}


def called(entry: dict[str, Any], *calls: Any) -> dict[str, Any]:
    """A layer of a functional model of Keras 1 or 2, with what each call of it is called on."""
    return {**entry, "name": entry["config"]["name"], "inbound_nodes": [[[*at] for at in call] for call in calls]}


def functional(layers: list[dict[str, Any]], inputs: Any, outputs: Any, name: str = "net") -> dict[str, Any]:
    config = {"name": name, "layers": layers, "input_layers": inputs, "output_layers": outputs}
    return {"class_name": "Functional", "config": config}


def tensor(shape: list[int | None], *history: Any) -> dict[str, Any]:
    """A tensor as Keras 3 writes it, with the shape that it states."""
    config = {"shape": [None, *shape], "dtype": "float32", "keras_history": [*history]}
    return {"class_name": "__keras_tensor__", "config": config}


def graph(model: dict[str, Any]) -> Graph:
    return parse(Source("net.json", json.dumps(model)))


def params(made: Graph) -> Any:
    return profile(made).totals.params


def shapes(made: Graph) -> dict[str, tuple[Any, ...]]:
    return {node.name: tuple(node.shape) for node in made.nodes}
