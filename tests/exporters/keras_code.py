"""Written code as Keras runs it, with the arrays of the graph that it was written of."""

from __future__ import annotations

import os
from functools import reduce
from typing import Any

import numpy as np

from archcalc.exporters.keras.writer import written
from archcalc.network.graph import Graph, Node
from archcalc.reference.random_arrays import seeded
from archcalc.reference.run import run
from archcalc.symbols.dims import Shape
from tests.exporters.graphs import drawn

os.environ["KERAS_BACKEND"] = "torch"

# The gates of a cell in the order of Keras, by their places in ours.
_GATES = {"lstm": [0, 1, 2, 3], "gru": [1, 0, 2], "rnn": [0]}
_NAMES = {
    "weight": "gamma",
    "bias": "beta",
    "running_mean": "moving_mean",
    "running_var": "moving_variance",
}


class Loaded:
    """The network that code makes, and what its layers are called there."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.text, self.names, self.orders = written(graph)
        space: dict[str, Any] = {"__name__": "net"}
        exec(compile(self.text, "net.py", "exec"), space)  # noqa: S102 - the code is what is tested
        self.network = space["model"]
        self.layers = {layer.name: layer for layer in self.network.layers}

    def params(self) -> int:
        return sum(int(np.prod(one.shape)) for one in self.network.trainable_variables)

    def shapes(self) -> dict[str, tuple[Shape, Shape]]:
        """The shapes of the layers that have their names in Keras, there and in our order of axes."""
        found = {}
        for node in self.graph.nodes:
            name = self.names.get(node.name, "")
            layer = self.layers.get(f"{name}_crop", self.layers.get(name))
            if layer is not None and node.share is None and node.layer.kind != "maxout":
                theirs = getattr(layer.output, "shape", None)
                found[node.name] = tuple(theirs[1:]), tuple(node.shape[axis] for axis in self.orders[node.name])
        return found

    def run(self, arrays: dict[str, dict[str, Any]], *inputs: Any) -> list[Any]:
        """The outputs for a batch with these arrays, their axes in our order."""
        for node in self.graph.nodes:
            if node.share is None and not node.auxiliary and arrays[node.name]:
                self._assign(node, arrays[node.name])
        given = [
            _turned(x, self.orders[self.graph.nodes[i].name]) for x, i in zip(inputs, self.graph.inputs, strict=True)
        ]
        found = self.network(given if len(given) > 1 else given[0])
        outputs = found if isinstance(found, (list, tuple)) else [found]
        names = [self.graph.nodes[i].name for i in self.graph.outputs]
        return [
            _turned(one.detach().numpy(), np.argsort(self.orders[name]))
            for one, name in zip(outputs, names, strict=True)
        ]

    def _assign(self, node: Node, arrays: dict[str, Any]) -> None:
        layer = self.layers[self.names[node.name]]
        for name, array in _of_keras(node, layer, arrays, self.orders[node.name]).items():
            variable = reduce(getattr, name.split("."), layer)
            variable.assign(np.ascontiguousarray(array).reshape(variable.shape))


def _turned(x: Any, order: Any) -> Any:
    """A batch with its axes in another order."""
    return np.transpose(x, (0, *(int(axis) + 1 for axis in order)))


def _of_keras(node: Node, layer: Any, arrays: dict[str, Any], order: tuple[int, ...]) -> dict[str, Any]:
    """The arrays of a layer as Keras has them, by their names there."""
    kind = node.layer.kind
    if kind.startswith("conv") and not getattr(node.layer, "connections", None):
        return _kernel(arrays, lambda w: np.moveaxis(w, (0, 1), (-1, -2)))
    if kind == "linear":
        return _kernel(arrays, np.transpose)
    if kind == "attention":
        return _attention(arrays) if hasattr(layer, "_query_dense") else _written_out(node, arrays)
    if kind in _GATES:
        return _cells(node, arrays)
    if kind == "layernorm" and arrays["weight"].ndim > 1:
        own = [axis for axis in order if axis in node.layer.axes]
        arrays = {name: np.transpose(array, np.argsort(np.argsort(own))) for name, array in arrays.items()}
    names = {**_NAMES, **_OWN.get(kind, {})}
    return {names[name]: _placed(array, node, order) for name, array in arrays.items()}


_OWN = {
    "conv2d": {"weight": "kernel", "bias": "bias"},
    "embedding": {"weight": "embeddings"},
    "gridbias": {"weight": "table"},
    "relativebias": {"weight": "table"},
    "learned": {"weight": "array"},
    "prelu": {"weight": "alpha"},
    "rmsnorm": {"weight": "scale"},
    "scale": {"weight": "factor", "bias": "bias"},
    "subsample2d": {"weight": "factor", "bias": "bias"},
}


def _placed(array: Any, node: Node, order: tuple[int, ...]) -> Any:
    return np.transpose(array, order) if array.ndim == len(order) and node.layer.kind == "prelu" else array


def _kernel(arrays: dict[str, Any], turned: Any) -> dict[str, Any]:
    return {
        ("kernel" if name == "weight" else name): turned(a) if name == "weight" else a for name, a in arrays.items()
    }


def _attention(arrays: dict[str, Any]) -> dict[str, Any]:
    found = {}
    for name, array in arrays.items():
        plain = name.removesuffix("_bias")
        owner = "_output_dense" if plain == "out" else f"_{plain}_dense"
        found[f"{owner}.{'kernel' if plain == name else 'bias'}"] = array.T
    return found


def _written_out(node: Node, arrays: dict[str, Any]) -> dict[str, Any]:
    found = {}
    for name, array in arrays.items():
        plain, norm = name.removesuffix("_bias"), "_norm" in name
        own = "bias" if plain != name else "kernel"
        if norm:
            factors = "scale" if node.layer.qk_norm == "rms" else "gamma"
            own = {"kernel": factors, "bias": "beta"}[own]
        found[f"{plain}.{own}"] = array.T
    return found


def _cells(node: Node, arrays: dict[str, Any]) -> dict[str, Any]:
    gates = _GATES[node.layer.kind]

    def ordered(array: Any) -> Any:
        parts = np.split(array, len(gates))
        return np.concatenate([parts[gate] for gate in gates])

    found = {}
    for way, owner in {"": "forward_layer.", "_reverse": "backward_layer."}.items():
        suffix = f"l0{way}"
        if f"weight_ih_{suffix}" not in arrays:
            continue
        at = owner if node.layer.bidirectional else ""
        found[f"{at}cell.kernel"] = ordered(arrays[f"weight_ih_{suffix}"]).T
        found[f"{at}cell.recurrent_kernel"] = ordered(arrays[f"weight_hh_{suffix}"]).T
        biases = [ordered(arrays[name]) for name in (f"bias_ih_{suffix}", f"bias_hh_{suffix}") if name in arrays]
        if biases:
            found[f"{at}cell.bias"] = np.stack(biases) if len(biases) > 1 else biases[0]
    return found


def close(graph: Graph, batch: int = 2) -> None:
    """The outputs and shapes of the code and of the definition are equal, for the same arrays and inputs."""
    loaded = Loaded(graph)
    arrays = seeded(graph)
    given = drawn(graph, batch, np.float32)
    with np.errstate(all="ignore"):
        ours = run(graph, given if len(given) > 1 else next(iter(given.values())), arrays)
    theirs = loaded.run(arrays, *given.values())

    assert all(theirs == ours for theirs, ours in loaded.shapes().values())
    for one, other in zip(ours.values() if isinstance(ours, dict) else [ours], theirs, strict=True):
        np.testing.assert_allclose(other, one, rtol=1e-4, atol=1e-4)
