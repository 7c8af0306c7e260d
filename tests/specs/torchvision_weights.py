"""torchvision's models with the reference's arrays."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from torch import nn

from archcalc.language import load
from archcalc.layers.window_bias import coordinates
from archcalc.layers.window_sides import Side
from archcalc.network.graph import Graph, Node
from tests.layers.torch_weights import multihead
from tests.reference.small_networks import small
from tests.specs.torchvision_models import KINDS, SPECS, WINDOWS, Trace, model_of, torchvision


class Arrays(Trace):
    """Records the names of the parameters and buffers that each operation is given."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.names = {id(array): name for name, array in [*model.named_parameters(), *model.named_buffers()]}
        self.used: list[list[str]] = []

    def record(self, kind: str, shape: tuple[int, ...], arrays: list[Any]) -> None:
        super().record(kind, shape, arrays)
        self.used.append([self.names.pop(id(array)) for array in arrays if id(array) in self.names])


def model_for(spec: str, graph: Graph) -> nn.Module:
    """The model without weights, where it differs from the spec in what sizes do not show made to agree with it."""
    if SPECS[spec].startswith("vit"):
        with torch.device("meta"):
            model = torchvision.models.get_model(SPECS[spec], image_size=graph.input[1])
    else:
        model = copy.deepcopy(model_of(spec))
    for module in model.modules():
        # What is not made of weights has values from the start.
        if isinstance(module, (*WINDOWS[:2], WINDOWS[3])):
            module.define_relative_position_index()
        if isinstance(module, WINDOWS[2]):
            index = torchvision.models.maxvit._get_relative_position_index(module.size, module.size)  # noqa: SLF001
            module.register_buffer("relative_position_index", index)
    if re.fullmatch(r"resnet\d+", spec):
        # The authors' pooling, which rounds up, where torchvision's is padded.
        model.maxpool = nn.MaxPool2d(3, 2, ceil_mode=True)
    if re.fullmatch(r"vgg\d+(_bn)?", spec) and graph.input != (3, 224, 224):
        # torchvision blows the maps of a smaller image up to 7×7, as does the spec that is its own.
        model.avgpool = nn.Identity()
        model.classifier[0] = nn.Linear(512 * (graph.input[1] // 32) ** 2, 4096, device="meta")
    return model.eval()


def smallest(spec: str) -> Graph:
    """A network as small as torchvision takes it; MaxViT's windows divide no image that is smaller than its own."""
    return load(spec) if spec == "maxvit_t" else small(spec)


def operations(graph: Graph, run: Iterator[tuple[Node, Any]]) -> Iterator[tuple[Node, Any]]:
    """The nodes that are operations to torch as well, without the auxiliary heads, which are for training."""
    kinds = {*KINDS.values(), "globalavgpool"}
    for node, y in run:
        adapts = node.layer.kind in {"adaptiveavgpool2d", "globalavgpool"}
        same = adapts and graph.nodes[node.inputs[0]].shape == node.shape
        if node.layer.kind in kinds and not node.auxiliary and not same:
            yield node, y


def fill(model: nn.Module, graph: Graph, arrays: dict[str, dict[str, Any]]) -> None:
    """Let the model's parameters and buffers be ours, in the order of execution."""
    with Arrays(model) as trace:
        model(torch.empty(1, *graph.input, device="meta"))
    nodes = [node for node, _ in operations(graph, ((node, None) for node in graph.nodes))]
    # Those that scale an image have an axis of 1 for each of its own.
    shapes = {name: array.shape for name, array in [*model.named_parameters(), *model.named_buffers()]}
    # The model's own state says of which version it is.
    state = model.state_dict()
    for node, names in zip(nodes, trace.used, strict=True):
        own = arrays[node.name]
        own = OWN_NAMES.get(node.layer.kind, dict)(own)
        state |= {name: torch.from_numpy(own.pop(leaf(name))).reshape(shapes[name]) for name in names}
        assert not own
    for node in graph.nodes:
        if node.layer.kind == "learned":
            # The class token and the positions come into the model's own code, and differ in shape.
            (name,) = (n for n, array in model.named_parameters() if array.shape == (1, *node.shape))
            state[name] = torch.from_numpy(arrays[node.name]["weight"][None])
    model.load_state_dict(state, strict=False, assign=True)
    for module in model.modules():
        if isinstance(module, WINDOWS[1]):
            module.define_relative_position_bias_table()
            # torchvision's are as near as float32 is.
            exact = torch.from_numpy(coordinates(np, [Side(w, w, 0) for w in module.window_size]))
            own = module.relative_coords_table
            torch.testing.assert_close(own, exact.reshape(own.shape).float())
            module.relative_coords_table = exact.reshape(own.shape).to(module.qkv.weight)


# The parameters of torchvision's attention in windows that are its own arrays.
MADE = {
    "relative_position_bias_table": "position_bias",
    "logit_scale": "scale",
    "cpb_mlp.0.weight": "position_hidden",
    "cpb_mlp.0.bias": "position_hidden_bias",
    "cpb_mlp.2.weight": "position_out",
}


def in_windows(arrays: dict[str, Any]) -> dict[str, Any]:
    """The arrays of attention in windows, whose three projections are one; which pairs there are is the model's own."""
    names = ("query", "key", "value")
    if "scale" in arrays:
        # torchvision sets it to zero whenever it is used.
        arrays["key_bias"][:] = 0
    own = {place: arrays[name] for place, name in MADE.items() if name in arrays}
    return own | {
        "qkv.weight": np.concatenate([arrays[name] for name in names]),
        "qkv.bias": np.concatenate([arrays[f"{name}_bias"] for name in names]),
        "proj.weight": arrays["out"],
        "proj.bias": arrays["out_bias"],
    }


OWN_NAMES = {"attention": multihead, "windowattention": in_windows}


def leaf(name: str) -> str:
    """An array's own name; that of attention's last projection belongs to it, and a scale's is the layer's."""
    if name.endswith("layer_scale"):
        return "weight"
    if ".attn." in name:
        return name.partition(".attn.")[2]
    if ".attn_layer.1." in name:
        return name.partition(".attn_layer.1.")[2].replace("to_qkv", "qkv").replace("merge", "proj")
    return name[name.index("out_proj") :] if "out_proj" in name else name.rpartition(".")[2]
