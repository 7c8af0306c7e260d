"""Written code as torch runs it, with the arrays of the graph that it was written of."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from archcalc.exporters.torch.writer import written
from archcalc.network.graph import Graph
from archcalc.symbols.dims import Shape


class Loaded:
    """The network that code makes, and where in it each layer is."""

    def __init__(self, graph: Graph, device: str = "cpu") -> None:
        self.graph = graph
        self.text, self.paths = written(graph)
        space: dict[str, Any] = {}
        exec(compile(self.text, "net.py", "exec"), space)  # noqa: S102 - the code is what is tested
        [*_, network] = [one for one in space.values() if isinstance(one, type) and one.__module__ == "builtins"]
        with torch.device(device):
            self.network: nn.Module = network().eval()
        self.state = {**dict(self.network.named_parameters()), **dict(self.network.named_buffers())}

    def place(self, layer: str, array: str) -> str:
        """Where an array of a layer is: in its module, or that of one of its projections or norms."""
        path, plain = self.paths[layer], array.removesuffix("_bias")
        found = [path, f"{path}.{array}", f"{path}.{array}.weight", f"{path}.{plain}.bias"]
        return next(one for one in found if one in self.state)

    def shapes(self, layer: str, arrays: dict[str, Shape]) -> dict[str, Shape]:
        """The shapes that a layer's arrays have in the network."""
        return {array: tuple(self.state[self.place(layer, array)].shape) for array in arrays}

    def run(self, arrays: dict[str, dict[str, Any]], *inputs: Any) -> list[Tensor]:
        """The outputs for a batch with these arrays."""
        for node in self.graph.nodes:
            if node.share is None and not node.auxiliary:
                for name, array in arrays[node.name].items():
                    place = "" if name in {"position_index", "position_coordinates"} else self.place(node.name, name)
                    if place:
                        self.state[place].data = torch.as_tensor(array)
        return self.outputs(*map(torch.as_tensor, inputs))

    def outputs(self, *inputs: Tensor) -> list[Tensor]:
        """The outputs for a batch, as the network is."""
        with torch.no_grad():
            found = self.network(*inputs)
        return list(found) if isinstance(found, tuple) else [found]


def own_arrays(graph: Graph) -> dict[str, dict[str, Shape]]:
    """The trained arrays of each layer outside auxiliary heads, those of shared ones once."""
    return {
        node.name: node.layer.weights(*(graph.nodes[i].shape for i in node.inputs))
        for node in graph.nodes
        if not node.auxiliary and node.share is None
    }
