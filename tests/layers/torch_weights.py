"""A layer's arrays put into its twin: by the names that torch has for them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import accumulate
from typing import Any

import numpy as np
import torch
from torch import nn

from archcalc.layers import Layer
from tests.layers.torch_attention import Attention
from tests.layers.torch_norms import NAMES
from tests.layers.torch_pooling import PoolingAttention
from tests.layers.torch_twins import Connected
from tests.layers.torch_windows import LatentAttention, WindowAttention

Arrays = dict[str, Any]
# The parameters of torchvision's windows, where queries, keys and values come from one, by the first array of each.
JOINED = {
    "qkv.weight": "query",
    "qkv.bias": "query_bias",
    "proj.weight": "out",
    "proj.bias": "out_bias",
    "relative_position_bias_table": "position_bias",
    "logit_scale": "scale",
    "cpb_mlp.0.weight": "position_hidden",
    "cpb_mlp.0.bias": "position_hidden_bias",
    "cpb_mlp.2.weight": "position_out",
}
# What follows from the sizes of a window, and is read from nowhere.
FOLLOWING = ("position_index", "position_coordinates")


def put(module: nn.Module, layer: Layer, arrays: Arrays) -> None:
    """Let each parameter and buffer of the module be one of the arrays, all of them being used."""
    wanted = {**dict(module.named_parameters()), **dict(module.named_buffers())}
    given = renamed(module, layer, arrays)
    state = {name: torch.as_tensor(given.pop(name.split(".", depth(module))[-1])) for name in wanted if held(name)}
    assert not given, f"{module} has no place for {list(given)}"
    assert {name: tuple(t.shape) for name, t in state.items()} == {name: tuple(wanted[name].shape) for name in state}
    module.load_state_dict(state, strict=False, assign=True)


def parameters_by_array(module: nn.Module, layer: Layer, names: Iterable[str]) -> Iterator[tuple[str, nn.Parameter]]:
    """The parameters of a module, each with the name of the layer's array that it is."""
    if any(isinstance(part, Connected) for part in module.modules()):
        return
    arrays = {place: name for name in names for place in renamed(module, layer, {name: name})}
    if layer.kind == "windowattention":
        arrays |= JOINED
    for place, parameter in module.named_parameters():
        yield arrays[place.split(".", depth(module))[-1].removeprefix("own.")], parameter


def held(name: str) -> bool:
    """torch also counts the batches that a normalisation saw in training, and numbers the pairs of a window."""
    return not name.endswith(("num_batches_tracked", *FOLLOWING))


def depth(module: nn.Module) -> int:
    """How many names of modules stand before that of an array: a twin may lie in a sequence."""
    return int(isinstance(module, nn.Sequential))


def renamed(module: nn.Module, layer: Layer, arrays: Arrays) -> Arrays:
    if isinstance(module, (Attention, LatentAttention, PoolingAttention, WindowAttention)):
        # Which rows of a table are read is no array of numbers.
        return {within(layer, name): array for name, array in arrays.items() if name not in FOLLOWING}
    if isinstance(module, nn.MultiheadAttention):
        return multihead(arrays)
    if isinstance(module, nn.Sequential) and any(isinstance(part, Connected) for part in module):
        return rows(layer, arrays)
    names = NAMES.get(getattr(layer, "norm", None), {})
    return {names.get(name, name): array for name, array in arrays.items()}


def within(layer: Layer, name: str) -> str:
    """The name of an array of attention in its twin, where a projection with an adapter is a module of three."""
    if name.startswith("position") or name in {"sinks", "scale"}:
        # What is no layer of its own has its own name.
        return name
    for adapter in ("lora_a", "lora_b"):
        if name.endswith(f"_{adapter}"):
            return f"{name.removesuffix(f'_{adapter}')}.{adapter}.weight"
    projection = name.removesuffix("_bias")
    ranks = dict(zip(("query", "key", "value", "out"), getattr(layer, "lora", ()), strict=False))
    return f"{projection}{'.base' if ranks.get(projection) else ''}.{'weight' if projection == name else 'bias'}"


def multihead(arrays: Arrays) -> Arrays:
    """torch lays the three projections into one where all inputs are equally wide."""
    projections = [arrays[name] for name in ("query", "key", "value")]
    state = {"out_proj.weight": arrays["out"]}
    if len({array.shape for array in projections}) == 1:
        state["in_proj_weight"] = np.concatenate(projections)
    else:
        state |= {f"{name}_proj_weight": array for name, array in zip("qkv", projections, strict=True)}
    if "out_bias" in arrays:
        state["in_proj_bias"] = np.concatenate([arrays[f"{name}_bias"] for name in ("query", "key", "value")])
        state["out_proj.bias"] = arrays["out_bias"]
    return state


def rows(layer: Layer, arrays: Arrays) -> Arrays:
    """One filter over some of the maps for each row of a connection table."""
    filters = np.split(arrays["weight"], list(accumulate(map(len, layer.connections)))[:-1])
    state = {f"maps.{i}.weight": row[None] for i, row in enumerate(filters)}
    return state | {f"maps.{i}.bias": bias[None] for i, bias in enumerate(arrays.get("bias", ()))}
