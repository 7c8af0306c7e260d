"""Low-rank adapters beside convolutions: params, products and what training keeps against modules in torch, as peft has them."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from archcalc.errors import Source
from archcalc.language import parse
from archcalc.memory_plan.saved_tensors import kept_bytes, saved_tensors
from archcalc.network.graph import Graph
from archcalc.profiling.engine import profile
from archcalc.verification.verification import verified
from tests.layers.torch_saved import Saved

BATCH = 2
AXES = ("length", "height, width", "depth, height, width")
MODULES = (nn.Conv1d, nn.Conv2d, nn.Conv3d)


class Adapted(nn.Module):
    """The second of two convolutions with an adapter: A reads all channels through its window, and B has its groups."""

    def __init__(self, rank: int, axes: int, groups: int, window: dict[str, Any]) -> None:
        super().__init__()
        conv = MODULES[axes - 1]
        window = {"kernel_size" if name == "kernel" else name: value for name, value in window.items()}
        self.stem = conv(3, 4, 1)
        self.base = conv(4, 6, groups=groups, **window)
        self.down = conv(4, rank, bias=False, **window)
        self.up = conv(rank, 6, 1, groups=groups, bias=False)
        for part in (self.stem, self.base):
            part.requires_grad_(requires_grad=False)

    def forward(self, x: Tensor) -> Tensor:
        x = self.stem(x)
        return self.base(x) + self.up(self.down(x))


def spec(rank: int, axes: int, groups: int, window: dict[str, Any]) -> Graph:
    sizes = ", ".join(f"{name}: 5" for name in AXES[axes - 1].split(", "))
    settings = ", ".join(f"{name}: {value}" for name, value in window.items())
    text = (
        f"input: {{channels: 3, {sizes}}}\nlayers:\n  - conv{axes}d: {{name: stem, out: 4, kernel: 1}}\n"
        f"  - conv{axes}d: {{name: base, out: 6, groups: {groups}, {settings}}}\nadapt: {{base: {rank}}}\n"
    )
    return parse(Source("x.yaml", text))


@pytest.mark.parametrize(
    ("rank", "axes", "groups", "window"),
    [
        (2, 1, 1, {"kernel": 3, "padding": 1}),
        (4, 2, 1, {"kernel": 3, "stride": 2, "padding": 1}),
        (2, 2, 2, {"kernel": 3}),
        (3, 2, 1, {"kernel": 1}),
        (2, 2, 1, {"kernel": 2, "dilation": 2}),
        (1, 3, 1, {"kernel": 2, "padding": 1, "padding_mode": "circular"}),
    ],
)
def test_an_adapted_convolution_is_torchs(rank: int, axes: int, groups: int, window: dict[str, Any]) -> None:
    """Params, those trained, products of a forward pass, and bytes kept for the backward pass; and it runs as it says."""
    graph, module = spec(rank, axes, groups, window), Adapted(rank, axes, groups, window)
    found, counted = Saved(module), FlopCounterMode(display=False)
    with found, counted:
        module(torch.randn(BATCH, 3, *(5,) * axes))
    totals = profile(graph).totals

    assert totals.params == sum(parameter.numel() for parameter in module.parameters())
    assert sum(row.trained for row in profile(graph).rows) == sum(
        parameter.numel() for parameter in module.parameters() if parameter.requires_grad
    )
    assert kept_bytes(graph, saved_tensors(graph), BATCH) == found.nbytes
    assert BATCH * totals.macs == counted.get_total_flops() // 2
    assert verified(graph).differences == []


def test_an_adapter_leaves_a_norm_to_its_layer() -> None:
    """A and B are plain, whatever is done to the weights that they stand beside."""
    graph = spec(2, 1, 1, {"kernel": 3, "norm": "weight", "magnitudes": "taps"})
    arrays = {node.name: node.layer.weights((4, 5)).keys() for node in graph.nodes if node.name.startswith("base")}

    assert arrays["base"] == {"weight", "magnitude", "bias"}
    assert arrays["base_lora_a"] == {"weight"}
    assert graph.nodes[-2].layer.weights((2, 3)) == {"weight": (6, 2, 1)}
