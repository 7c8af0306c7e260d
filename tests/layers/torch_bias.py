"""The bias of scores by distance as T5 has it in its own code and in the usual library: a bucket for each pair, by floats."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

from archcalc.layers import Layer
from tests.layers.inputs import Shape


class RelativeBias(nn.Module):
    """A table of buckets×heads, looked up for each query and key; keys after the query are masked by a sum with −∞."""

    def __init__(self, k: Layer, x: Shape) -> None:
        super().__init__()
        heads, self.queries, self.keys = x
        self.both, self.buckets, self.distance = not k.causal, k.buckets, k.distance
        # The logarithms below need more than one bucket of a direction, and distances that they can tell apart.
        exact = self.buckets // (2 if self.both else 1) // 2
        if exact < 1 or self.distance <= exact:
            message = "no bucket is left for near or for far distances"
            raise ValueError(message)
        self.weight = nn.Parameter(torch.randn(self.buckets, heads))

    def bucket(self) -> Tensor:
        apart = torch.arange(self.keys)[None] - torch.arange(self.queries)[:, None]
        buckets, found = self.buckets, torch.zeros_like(apart)
        if self.both:
            buckets //= 2
            found = found + (apart > 0) * buckets
            apart = apart.abs()
        else:
            apart = -apart.clamp(max=0)
        exact = buckets // 2
        grown = torch.log(apart.double().clamp(min=1) / exact) / math.log(self.distance / exact) * (buckets - exact)
        # A distance at which a bucket begins must not fall short of it by rounding.
        far = (exact + (grown + 1e-9).floor().long()).clamp(max=buckets - 1)
        return found + torch.where(apart < exact, apart, far)

    def forward(self, scores: Tensor) -> Tensor:
        bias = functional.embedding(self.bucket().to(scores.device), self.weight).permute(2, 0, 1)
        if not self.both:
            later = torch.ones(self.queries, self.keys, dtype=torch.bool, device=scores.device).triu(1)
            bias = bias + torch.zeros_like(later, dtype=scores.dtype).masked_fill(later, float("-inf"))
        return scores + bias
