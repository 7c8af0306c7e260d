"""A small Llama in torch, with attention written out or in a kernel, and blocks that may be computed again."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.utils.checkpoint import checkpoint

WIDTH, HEADS, KV_HEADS, HIDDEN, WORDS, LAYERS = 16, 4, 2, 24, 11, 3
SPEC = f"""name: little
input: {{tokens: T}}
params: {{T: 6}}
blocks:
  layer:
    - add:
        attend: [rmsnorm, attention: {{heads: {HEADS}, kv_heads: {KV_HEADS}, bias: false, causal: true, positions: rotary}}]
        identity: []
    - add: {{feed: [rmsnorm, swiglu], identity: []}}
  swiglu:
    - multiply: {{gate: [linear: {{out: {HIDDEN}, bias: false}}, silu], up: [linear: {{out: {HIDDEN}, bias: false}}]}}
    - linear: {{out: {WIDTH}, bias: false}}
layers:
  - embedding: {{vocabulary: {WORDS}, out: {WIDTH}}}
  - layer: {{repeat: {LAYERS}}}
  - rmsnorm
  - linear: {{name: head, out: {WORDS}, bias: false}}
"""


class Normalised(torch.autograd.Function):
    """The root mean square as one kernel, which keeps its input and a number for each token in fp32."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, scale: Tensor) -> Tensor:
        rate = (x.float() ** 2).mean(-1, keepdim=True).add(1e-6).rsqrt()
        ctx.save_for_backward(x, scale, rate)
        return (x * rate).to(x.dtype) * scale

    @staticmethod
    def backward(ctx: Any, given: Tensor) -> tuple[Tensor, Tensor]:
        x, scale, rate = ctx.saved_tensors
        return given * scale, (given * (x * rate).to(x.dtype)).sum((0, 1))


class Norm(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.ones(WIDTH))

    def forward(self, x: Tensor) -> Tensor:
        return Normalised.apply(x, self.scale)


class Block(nn.Module):
    """A layer; `scores` is fused, eager, dropout or recomputed."""

    def __init__(self, tokens: int, scores: str) -> None:
        super().__init__()
        self.scores, self.each = scores, WIDTH // HEADS
        self.norms = nn.ModuleList([Norm(), Norm()])
        widths = (WIDTH, KV_HEADS * self.each, KV_HEADS * self.each)
        self.inputs = nn.ModuleList(nn.Linear(WIDTH, n, bias=False) for n in widths)
        self.out = nn.Linear(WIDTH, WIDTH, bias=False)
        self.gate, self.up = (nn.Linear(WIDTH, HIDDEN, bias=False) for _ in "gu")
        self.down = nn.Linear(HIDDEN, WIDTH, bias=False)
        # Constants, which are no activations.
        self.register_buffer("cos", torch.rand(tokens, 1, self.each))
        self.register_buffer("sin", torch.rand(tokens, 1, self.each))
        self.register_buffer("hidden", torch.ones(tokens, tokens).triu(1).bool().repeat(HEADS // KV_HEADS, 1))

    def forward(self, x: Tensor) -> Tensor:
        x = x + self.attended(self.norms[0](x))
        y = self.norms[1](x)
        return x + self.down(functional.silu(self.gate(y)) * self.up(y))

    def turned(self, x: Tensor) -> Tensor:
        return x * self.cos + x.roll(1, -1) * self.sin

    def attended(self, x: Tensor) -> Tensor:
        queries, keys, values = (made(x).unflatten(2, (-1, self.each)) for made in self.inputs)
        queries, keys = self.turned(queries), self.turned(keys)
        if self.scores == "fused":
            heads = (t.transpose(1, 2) for t in (queries, keys, values))
            mixed = functional.scaled_dot_product_attention(*heads, is_causal=True, enable_gqa=True)
            return self.out(mixed.transpose(1, 2).flatten(2))
        if self.scores == "recomputed":
            return self.out(checkpoint(self.written, queries, keys, values, use_reentrant=False))
        return self.out(self.written(queries, keys, values))

    def written(self, queries: Tensor, keys: Tensor, values: Tensor) -> Tensor:
        """Products one after the other; the queries that share keys are rows of one matrix."""
        n, tokens = queries.shape[:2]
        rows = queries.unflatten(2, (KV_HEADS, -1)).permute(0, 2, 3, 1, 4).flatten(2, 3).flatten(0, 1)
        keys, values = (t.transpose(1, 2).flatten(0, 1) for t in (keys, values))
        scores = (rows @ keys.mT) * self.each**-0.5
        shares = scores.masked_fill_(self.hidden, float("-inf")).softmax(-1)
        if self.scores == "dropout":
            shares = torch.native_dropout(shares, 0.1, train=True)[0]
        mixed = (shares @ values).unflatten(0, (n, KV_HEADS)).unflatten(2, (-1, tokens))
        return mixed.permute(0, 3, 1, 2, 4).flatten(2)


class Llama(nn.Module):
    def __init__(self, tokens: int, scores: str, *, again: bool = False) -> None:
        super().__init__()
        self.words = nn.Embedding(WORDS, WIDTH)
        self.blocks = nn.ModuleList(Block(tokens, scores) for _ in range(LAYERS))
        self.norm, self.head, self.again = Norm(), nn.Linear(WIDTH, WORDS, bias=False), again

    def forward(self, ids: Tensor) -> Tensor:
        x = self.words(ids)
        for block in self.blocks:
            x = checkpoint(block, x, use_reentrant=False) if self.again else block(x)
        return self.head(self.norm(x))
