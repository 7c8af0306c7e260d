"""Attention with pools as MViT's code has it, head by head."""

from __future__ import annotations

import math
from itertools import product

import torch
from torch import Tensor, nn

from archcalc.layers import Layer
from tests.layers.inputs import Shape
from tests.layers.torch_margins import per_axis


class PoolingAttention(nn.Module):
    """Each head by itself; the class token passes by the pools, and has no distance to any place."""

    def __init__(self, k: Layer, x: Shape) -> None:
        super().__init__()
        tokens, f = x
        self.k, self.places = k, k.places if isinstance(k.places, tuple) else (k.places,)
        rank, wide = len(self.places), f if k.out is None else k.out
        if 1 + math.prod(self.places) != tokens or wide % k.heads or rank > 3:
            message = "other places than there are, or heads that do not divide the features"
            raise ValueError(message)
        self.width = wide // k.heads
        convolution = (nn.Conv1d, nn.Conv2d, nn.Conv3d)[rank - 1]
        kernel = per_axis(k.kernel, rank)
        left = []
        for name, stride in (("query", k.query_stride), ("key", k.key_stride), ("value", k.key_stride)):
            self.add_module(name, nn.Linear(f, wide))
            if stride is not None:
                half = [n // 2 for n in kernel]
                pool = convolution(
                    self.width, self.width, kernel, per_axis(stride, rank), half, groups=self.width, bias=False
                )
                self.add_module(f"{name}_pool", pool)
                self.add_module(f"{name}_norm", nn.LayerNorm(self.width, 1e-6))
            steps = per_axis(1 if stride is None else stride, rank)
            ends = [2 * (n // 2) - n if stride is not None else -1 for n in kernel]
            left.append([(n + end) // step + 1 for n, end, step in zip(self.places, ends, steps, strict=True)])
        self.out = nn.Linear(wide, wide)
        self.asked, self.seen, _ = left
        if k.relative:
            for axis, (q, s) in enumerate(zip(self.asked, self.seen, strict=True)):
                if q % s and s % q:
                    message = "distances between the places of other places"
                    raise ValueError(message)
                self.register_parameter(f"position_{axis}", nn.Parameter(torch.zeros(2 * max(q, s) - 1, self.width)))

    def pooled(self, name: str, rows: Tensor) -> Tensor:
        if not hasattr(self, f"{name}_pool"):
            return rows
        places = getattr(self, f"{name}_pool")(rows[:, 1:].transpose(1, 2).unflatten(2, self.places))
        return getattr(self, f"{name}_norm")(torch.cat([rows[:, :1], places.flatten(2).transpose(1, 2)], 1))

    def bias(self, queries: Tensor) -> Tensor:
        """For each place of a query, one after the other, its products with the vectors of all distances."""
        lines = []
        for number, at in enumerate(product(*map(range, self.asked))):
            total: Tensor | float = 0.0
            for axis, (i, q, s) in enumerate(zip(at, self.asked, self.seen, strict=True)):
                apart = [i * max(s / q, 1) - (j + 1 - s) * max(q / s, 1) for j in range(s)]
                vectors = getattr(self, f"position_{axis}")[[int(d) for d in apart]]
                along = queries[:, number] @ vectors.T
                total = total + along.reshape(-1, *(s if other == axis else 1 for other in range(len(self.seen))))
            lines.append(torch.broadcast_to(total, (len(queries), *self.seen)).flatten(1))
        return torch.stack(lines, 1)

    def forward(self, t: Tensor) -> Tensor:
        heads = []
        whole = {name: getattr(self, name)(t) for name in ("query", "key", "value")}
        for at in range(self.k.heads):
            own = slice(at * self.width, (at + 1) * self.width)
            q, k, v = (self.pooled(name, rows[..., own]) for name, rows in whole.items())
            scores = q @ k.transpose(1, 2) / self.width**0.5
            if self.k.relative:
                scores = scores + nn.functional.pad(self.bias(q[:, 1:]), (1, 0, 1, 0))
            y = scores.softmax(-1) @ v
            if self.k.residual:
                y = torch.cat([y[:, :1], y[:, 1:] + q[:, 1:]], 1)
            heads.append(y)
        return self.out(torch.cat(heads, -1))
