"""Mamba-130M against the network in torch, written after the paper and named as the authors' code names its modules."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from safetensors.numpy import save_file
from torch import Tensor, nn
from torch.nn import functional

from archcalc.language import load
from archcalc.network.parts import needed
from archcalc.profiling.engine import profile
from archcalc.reference import read_weights, run
from archcalc.reference.run import position_of


class Mixer(nn.Module):
    """The selective state space between its projections: figure 3 and algorithm 2 of Gu and Dao 2023."""

    def __init__(self, dim: int, inner: int, state: int, rank: int) -> None:
        super().__init__()
        self.sizes = [rank, state, state]
        self.A_log = nn.Parameter(torch.log(torch.arange(1, state + 1.0)).repeat(inner, 1))
        self.D = nn.Parameter(torch.ones(inner))
        self.in_proj = nn.Linear(dim, 2 * inner, bias=False)
        self.conv1d = nn.Conv1d(inner, inner, 4, groups=inner, padding=3)
        self.x_proj = nn.Linear(inner, rank + 2 * state, bias=False)
        self.dt_proj = nn.Linear(rank, inner)
        self.out_proj = nn.Linear(inner, dim, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        x, z = self.in_proj(x).chunk(2, 2)
        # The outputs for the last three places, which would see what is to come, are cut off.
        x = functional.silu(self.conv1d(x.transpose(1, 2))[..., : x.shape[1]]).transpose(1, 2)
        dt, b, c = self.x_proj(x).split(self.sizes, 2)
        dt = functional.softplus(self.dt_proj(dt))
        a = -torch.exp(self.A_log)
        h = torch.zeros(len(x), *a.shape)
        outputs = []
        for t in range(x.shape[1]):
            h = torch.exp(dt[:, t, :, None] * a) * h + dt[:, t, :, None] * b[:, t, None] * x[:, t, :, None]
            outputs.append((h * c[:, t, None]).sum(2))
        y = torch.stack(outputs, 1) + self.D * x
        return self.out_proj(y * functional.silu(z))


class Block(nn.Module):
    """A mixer on what is normalised, added to what was."""

    def __init__(self, dim: int, *sizes: int) -> None:
        super().__init__()
        self.norm = nn.RMSNorm(dim, 1e-5)
        self.mixer = Mixer(dim, *sizes)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.mixer(self.norm(x))


class Mamba(nn.Module):
    """Blocks between an embedding and its transpose."""

    def __init__(self, vocabulary: int, dim: int, *sizes: int, depth: int = 24) -> None:
        super().__init__()
        self.backbone = nn.ModuleDict(
            {
                "embedding": nn.Embedding(vocabulary, dim),
                "layers": nn.Sequential(*(Block(dim, *sizes) for _ in range(depth))),
                "norm_f": nn.RMSNorm(dim, 1e-5),
            }
        )

    def forward(self, tokens: Tensor) -> Tensor:
        table = self.backbone["embedding"]
        return self.backbone["norm_f"](self.backbone["layers"](table(tokens))) @ table.weight.T


# Widths and depths: table 10 of the paper.
SIZES = {
    "mamba_130m": (768, 24),
    "mamba_370m": (1024, 48),
    "mamba_790m": (1536, 48),
    "mamba_1.4b": (2048, 48),
    "mamba_2.8b": (2560, 64),
}


@pytest.mark.parametrize("name", SIZES)
def test_params(name: str) -> None:
    """The smallest has 2·768·1536 + 5·1536 + 1536·80 + 49·1536 + 17·1536 + 1536·768 + 768 in a block, 129,135,360 in all."""
    dim, depth = SIZES[name]
    with torch.device("meta"):
        model = Mamba(50280, dim, 2 * dim, 16, dim // 16, depth=depth)
    found = profile(load(name))
    arrays = sum(array.numel() for array in model.parameters())

    assert found.totals.params == arrays
    assert found.totals.buffers == 0
    assert name != "mamba_130m" or arrays == 129_135_360


@pytest.mark.parametrize("name", ["mamba_130m", "mamba_370m"])
def test_macs(name: str) -> None:
    """Each weight once for each of 2048 tokens, but for A and D; twice inner·16 for a token in each scan; the head's product."""
    dim, depth = SIZES[name]
    inner, rank = 2 * dim, dim // 16
    block = 2 * dim * inner + 4 * inner + inner * (rank + 32) + rank * inner + inner * dim

    assert profile(load(name)).totals.macs == 2048 * (depth * (block + 2 * inner * 16) + 50280 * dim)


def test_scores(tmp_path) -> None:
    """A narrow network scores nine tokens as torch does, with weights that the spec's rules find under the authors' names."""
    torch.manual_seed(0)
    model = Mamba(50, 32, 64, 16, 2).eval()
    for name, array in model.named_parameters():
        if name.endswith((".D", "norm.weight", "norm_f.weight")):
            nn.init.uniform_(array, 0.5, 1.5)
    graph = load("mamba_130m", vocabulary=50, dim=32, input_shape=(9,))
    path = tmp_path / "mamba.safetensors"
    save_file({name: array.numpy() for name, array in model.state_dict().items()}, path)
    x = np.random.default_rng(0).integers(0, 50, (2, 9))

    scores = run(graph, x, read_weights(graph, path, needed(graph, position_of(graph))))

    with torch.no_grad():
        expected = model(torch.from_numpy(x)).numpy()
    assert scores.shape == (2, 9, 50)
    assert np.abs(scores - expected).max() <= 1e-4 * np.abs(expected).max()
