"""What training keeps of attention in windows whose biases are of queries, as the encoder of SAM computes it."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from archcalc.layers import Layer
from archcalc.layers.base import TrainingContext
from tests.layers.torch_saved import Saved

BATCH = 2


class Windows(nn.Module):
    """Queries, keys and values from one dense layer, and a product of the queries with rows looked up along either axis."""

    def __init__(self, features: int, heads: int, window: int) -> None:
        super().__init__()
        self.heads, self.window = heads, window
        self.qkv, self.out = nn.Linear(features, 3 * features), nn.Linear(features, features)
        self.rows = nn.ParameterList(torch.randn(2 * window - 1, features // heads) for _ in "hw")

    def forward(self, t: Tensor) -> Tensor:
        batch, height, width, features = t.shape
        w, h = self.window, self.heads
        down, right = -height % w, -width % w
        cut = functional.pad(t, (0, 0, 0, right, 0, down)).unflatten(2, (-1, w)).unflatten(1, (-1, w))
        cut = cut.transpose(2, 3).reshape(-1, w * w, features)
        three = self.qkv(cut).view(len(cut), w * w, 3, h, -1).permute(2, 0, 3, 1, 4)
        q, k, v = three.reshape(3, len(cut) * h, w * w, -1).unbind()
        scores = (q * q.shape[-1] ** -0.5) @ k.mT
        places = q.unflatten(1, (w, w))
        along = []
        for axis, rows in zip("ij", self.rows, strict=True):
            apart = torch.arange(w)[:, None] - torch.arange(w) + w - 1
            along.append(torch.einsum(f"nijd,{axis}kd->nijk", places, rows[apart]))
        scores = (scores.unflatten(2, (w, w)).unflatten(1, (w, w)) + along[0][..., None] + along[1][..., None, :]).view(
            scores.shape
        )
        mixed = (scores.softmax(-1) @ v).unflatten(0, (-1, h)).transpose(1, 2).flatten(2)
        y = self.out(mixed).view(batch, (height + down) // w, (width + right) // w, w, w, features)
        return y.transpose(2, 3).reshape(batch, height + down, width + right, features)[:, :height, :width]


@pytest.mark.parametrize("size", [(9, 6), (6, 3), (3, 3)])
@pytest.mark.parametrize(
    "frozen", [(), ("position_0",), ("position_1",), ("position_0", "position_1"), ("out",)], ids="-".join
)
def test_windows_keep_what_torch_keeps(size, frozen):
    """Byte for byte, with padding and without, and whether a row of a distance is trained or not."""
    layer = Layer.kinds["windowattention"](heads=2, window=3, relative="queries")
    module, x = Windows(8, 2, 3), (*size, 8)
    for name, parameter in {
        "position_0": module.rows[0],
        "position_1": module.rows[1],
        "out": module.out.weight,
    }.items():
        parameter.requires_grad_(name not in frozen)
    found = Saved(module)
    with found:
        module(torch.randn(BATCH, *x).requires_grad_())

    layer = layer.placed(x)
    kept = layer.saved_for_backward(TrainingContext((True,), frozen=frozenset(frozen)), x, x)
    values = {"int64": 8}
    total = sum(
        values.get(one.type, 4)
        * (BATCH * 8 * size[0] * size[1] if one.of == 0 else one.values * (1 if one.once else BATCH))
        for one in kept
    )
    assert total == found.nbytes
