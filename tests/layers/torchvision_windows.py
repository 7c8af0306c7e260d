"""Attention inside windows of an image as torchvision has it, with the parts of either Swin."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from archcalc.layers import Layer
from tests.layers.inputs import Shape
from tests.layers.torch_margins import per_axis


def torchvision_windows(k: Layer, x: Shape) -> nn.Module:
    """torchvision's module, for an image and biases of all projections or of none."""
    from tests.specs.torchvision_models import torchvision  # noqa: PLC0415 - it is not everywhere

    window, shift = (per_axis(value, 2) for value in (k.window, k.shift))
    swin = torchvision.models.swin_transformer
    newer = k.relative == "mlp"
    kind = swin.ShiftedWindowAttentionV2 if newer else swin.ShiftedWindowAttention
    module = kind(x[2], window, shift, k.heads, k.bias, k.bias)
    if newer:
        module.cpb_mlp[0] = nn.Linear(2, k.hidden)
        module.cpb_mlp[2] = nn.Linear(k.hidden, k.heads, bias=False)
        del module.logit_scale
    elif not k.relative:
        del module.relative_position_bias_table
        module.get_relative_position_bias = lambda: torch.zeros(())
    if k.scores == "cosine":
        module.logit_scale = nn.Parameter(torch.zeros(k.heads, 1, 1))
    return Windows(module, swin.shifted_window_attention, grid=k.grid)


class Windows(nn.Module):
    """A module of torchvision's, with cosines or without whichever bias it has, and on a grid or not."""

    def __init__(self, module: nn.Module, attention: object, *, grid: bool) -> None:
        super().__init__()
        self.own, self.attention, self.grid = module, attention, grid

    def forward(self, t: Tensor) -> Tensor:
        return self.on_grid(t) if self.grid else self.attended(t)

    def on_grid(self, t: Tensor) -> Tensor:
        """What lies apart is put side by side first, and back again afterwards."""
        (height, width), channels = self.own.window_size, t.shape[-1]
        counts = [-(-n // w) for n, w in zip(t.shape[1:3], (height, width), strict=True)]
        if counts == [1, 1]:
            return self.attended(t)
        down, across = counts
        pad = (0, 0, 0, width * across - t.shape[2], 0, height * down - t.shape[1])
        apart = nn.functional.pad(t, pad).reshape(-1, height, down, width, across, channels)
        beside = apart.permute(0, 2, 1, 4, 3, 5).reshape(-1, height * down, width * across, channels)
        y = self.attended(beside).reshape(-1, down, height, across, width, channels).permute(0, 2, 1, 4, 3, 5)
        return y.reshape(-1, height * down, width * across, channels)[:, : t.shape[1], : t.shape[2]].contiguous()

    def attended(self, t: Tensor) -> Tensor:
        own = self.own
        bias = own.get_relative_position_bias()
        return self.attention(
            t,
            own.qkv.weight,
            own.proj.weight,
            bias,
            own.window_size,
            own.num_heads,
            own.shift_size,
            qkv_bias=own.qkv.bias,
            proj_bias=own.proj.bias,
            logit_scale=getattr(own, "logit_scale", None),
        )
