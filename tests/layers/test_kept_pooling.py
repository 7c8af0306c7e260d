"""What attention with pools keeps for the backward pass, against autograd: scores kept, with dropout, or computed again."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch
from torch import nn
from torch.utils.checkpoint import checkpoint

from archcalc.layers import Layer
from archcalc.layers.base import TrainingContext
from tests.layers.torch_saved import Saved

BATCH, BYTES = 2, {"activation": 4, "float32": 4, "bool": 1}
SETTINGS: dict[str, dict[str, Any]] = {
    "all pooled": {"query_stride": (2, 1), "key_stride": 2},
    "keys and values pooled": {"key_stride": 2},
    "queries pooled": {"query_stride": 1, "kernel": (3, 1)},
    "none": {},
    "wider": {"key_stride": (1, 2), "out": 12},
}


class Pooled(nn.Module):
    """The layer with all heads at once, without biases by distance, and with the kernel of dropout that a GPU takes."""

    def __init__(self, layer: Layer, x: tuple[int, ...], scores: str) -> None:
        super().__init__()
        self.layer, self.scores, self.pools = layer, scores, layer.pools(x)
        wide, width = layer.heads * layer.width(x), layer.width(x)
        self.projections = nn.ModuleDict({pool.name: nn.Linear(x[1], wide) for pool in self.pools})
        self.convolutions = nn.ModuleDict()
        self.norms = nn.ModuleDict()
        for pool in self.pools:
            if (own := pool.convolution) is not None:
                pads = tuple(before for before, _ in own.padding) if isinstance(own.padding[0], tuple) else own.padding
                convolution = nn.Conv2d(width, width, own.kernel, own.stride, pads, groups=width, bias=False)
                self.convolutions[pool.name], self.norms[pool.name] = convolution, nn.LayerNorm(width, eps=1e-6)
        self.out = nn.Linear(wide, wide)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        heads = [self.pooled(pool, self.projections[pool.name](x)) for pool in self.pools]
        y = checkpoint(self.mixed, *heads, use_reentrant=True) if self.scores == "recomputed" else self.mixed(*heads)
        y = y.reshape(len(x), self.layer.heads, *y.shape[1:]).transpose(1, 2)
        return self.out(y.reshape(len(x), y.shape[1], -1))

    def pooled(self, pool: Any, x: torch.Tensor) -> torch.Tensor:
        x = x.reshape(*x.shape[:2], self.layer.heads, -1).transpose(1, 2)
        x = x.reshape(-1, *x.shape[2:])
        if pool.convolution is None:
            return x
        # A copy without the class token, as torchvision's MViT makes it.
        places = x[:, 1:].transpose(1, 2).reshape(len(x), *pool.before).contiguous()
        y = self.convolutions[pool.name](places).flatten(2).transpose(1, 2)
        return self.norms[pool.name](torch.cat([x[:, :1], y], 1))

    def mixed(self, queries: torch.Tensor, keys: torch.Tensor, values: torch.Tensor) -> torch.Tensor:
        shares = torch.softmax(torch.bmm(queries, keys.transpose(1, 2)) / math.sqrt(keys.shape[2]), -1)
        if self.scores == "dropout":
            shares = torch.native_dropout(shares, 0.5, train=True)[0]
        return torch.bmm(shares, values)


@pytest.mark.parametrize("scores", ["fused", "eager", "dropout", "recomputed"])
@pytest.mark.parametrize("settings", SETTINGS)
def test_it_keeps_what_torch_keeps(settings, scores):
    """Byte for byte; it has no fused kernel, so that asked for one it keeps its shares all the same."""
    x = (1 + 4 * 6, 8)
    layer = Layer.kinds["poolingattention"](heads=2, places=(4, 6), **SETTINGS[settings]).placed(x)
    module = Pooled(layer, x, scores).train()
    found = Saved(module)
    with found:
        module(torch.randn(BATCH, *x).requires_grad_())

    use = TrainingContext(scores=scores)
    kept = list(layer.saved_for_backward(use, layer.output(x), x))
    sizes = [math.prod(x) if entry.of == 0 else entry.values for entry in kept]
    assert sum(BATCH * n * BYTES[entry.type] for n, entry in zip(sizes, kept, strict=True)) == found.nbytes


def test_scores_computed_again_are_what_is_left_out():
    """Two heads of 25 queries and 25 keys keep a share for each, or with dropout a mask and what it leaves beside that."""
    x = (25, 8)
    layer = Layer.kinds["poolingattention"](heads=2, places=(4, 6)).placed(x)
    names = {
        scores: {
            str(entry.of): entry.values for entry in layer.saved_for_backward(TrainingContext(scores=scores), x, x)
        }
        for scores in ("eager", "dropout", "recomputed")
    }

    assert names["eager"].items() - names["recomputed"].items() == {("probabilities", 2 * 25 * 25)}
    assert {name for name in names["dropout"] if name not in names["eager"]} == {
        "mask of dropout",
        "probabilities left by dropout",
    }
