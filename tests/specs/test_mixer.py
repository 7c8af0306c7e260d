"""Mixer-B/16 against the network in torch, written after the paper's appendix E, its modules named as timm names them."""

from __future__ import annotations

import numpy as np
import torch
from safetensors.numpy import save_file
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from archcalc.language import load
from archcalc.network.parts import needed
from archcalc.profiling.engine import profile
from archcalc.reference import read_weights, run
from archcalc.reference.run import position_of


class Mlp(nn.Sequential):
    """A dense layer to `hidden` features, GELU, and a dense layer back."""

    def __init__(self, features: int, hidden: int) -> None:
        super().__init__()
        self.fc1 = nn.Linear(features, hidden)
        self.act = nn.GELU()
        self.fc2 = nn.Linear(hidden, features)


class Block(nn.Module):
    """The tokens of each channel mixed, then the channels of each token."""

    def __init__(self, tokens: int) -> None:
        super().__init__()
        self.norm1 = nn.LayerNorm(768, 1e-6)
        self.mlp_tokens = Mlp(tokens, 384)
        self.norm2 = nn.LayerNorm(768, 1e-6)
        self.mlp_channels = Mlp(768, 3072)

    def forward(self, x: Tensor) -> Tensor:
        x = x + self.mlp_tokens(self.norm1(x).transpose(1, 2)).transpose(1, 2)
        return x + self.mlp_channels(self.norm2(x))


class Mixer(nn.Module):
    """Patches of 16×16, 12 blocks, and the mean of the tokens before the scores."""

    def __init__(self, side: int) -> None:
        super().__init__()
        self.stem = nn.ModuleDict({"proj": nn.Conv2d(3, 768, 16, 16)})
        self.blocks = nn.Sequential(*(Block((side // 16) ** 2) for _ in range(12)))
        self.norm = nn.LayerNorm(768, 1e-6)
        self.head = nn.Linear(768, 1000)

    def forward(self, x: Tensor) -> Tensor:
        tokens = self.stem["proj"](x).flatten(2).transpose(1, 2)
        return self.head(self.norm(self.blocks(tokens)).mean(1))


def test_params_and_macs() -> None:
    """Array for array, 59,880,472 params in all, and the products that torch's own counter counts."""
    result = profile(load("mixer_b_16"))
    with torch.device("meta"), FlopCounterMode(display=False) as counter:
        model = Mixer(224)
        model(torch.empty(1, 3, 224, 224))
    shapes = [
        shape
        for node in result.graph.nodes
        for shape in node.layer.weights(*(result.graph.nodes[i].shape for i in node.inputs)).values()
    ]

    assert shapes == [tuple(array.shape) for array in model.parameters()]
    assert result.totals.params == sum(array.numel() for array in model.parameters()) == 59_880_472
    assert result.totals.macs == counter.get_total_flops() / 2


def test_scores(tmp_path) -> None:
    """A small image is scored as torch scores it, with weights that the spec's rules find under timm's names."""
    torch.manual_seed(0)
    model = Mixer(48).eval()
    graph = load("mixer_b_16", input_shape=(3, 48, 48))
    path = tmp_path / "mixer.safetensors"
    save_file({name: array.numpy() for name, array in model.state_dict().items()}, path)
    x = np.random.default_rng(0).standard_normal((2, 3, 48, 48), np.float32)

    scores = run(graph, x, read_weights(graph, path, needed(graph, position_of(graph))))

    with torch.no_grad():
        expected = model(torch.from_numpy(x)).numpy()
    assert np.abs(scores - expected).max() <= 1e-4 * np.abs(expected).max()
