"""Biases of scores by distance: as T5 has it in its own code, a bucket for each pair, by floats; and on a grid, pair by pair."""

from __future__ import annotations

import math
from itertools import product

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


class GridBias(nn.Module):
    """A table of distances×heads, whose row is found for each pair of tokens from where they are."""

    def __init__(self, k: Layer, x: Shape) -> None:
        super().__init__()
        heads, *pairs = x
        self.grid = k.grid
        places = [None] * k.class_token + list(product(*map(range, k.grid)))
        if pairs != [len(places)] * 2 or not k.grid:
            message = "other tokens than the grid has"
            raise ValueError(message)
        spans = math.prod(2 * n - 1 for n in k.grid)
        self.weight = nn.Parameter(torch.randn(spans + 3 * k.class_token, heads))
        ends = {(True, False): spans, (False, True): spans + 1, (True, True): spans + 2}
        rows = [[self.row(q, p) if q and p else ends[q is None, p is None] for p in places] for q in places]
        self.rows = torch.tensor(rows, device="cpu")

    def row(self, query: tuple[int, ...], key: tuple[int, ...]) -> int:
        found = 0
        for n, q, k in zip(self.grid, query, key, strict=True):
            found = found * (2 * n - 1) + q - k + n - 1
        return found

    def forward(self, scores: Tensor) -> Tensor:
        return scores + self.weight[self.rows.to(scores.device)].permute(2, 0, 1)
