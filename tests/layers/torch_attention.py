"""Attention as torch has it."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from archcalc.layers import Layer
from tests.layers.inputs import Shape

NORMS = {"rms": nn.RMSNorm, "layer": nn.LayerNorm}


def turned(t: Tensor, base: float) -> Tensor:
    """Pairs of values as complex numbers, each times a number on the unit circle; of batch×tokens×heads×values."""
    tokens, values = t.shape[1], t.shape[3]
    speeds = torch.pow(
        torch.tensor(base, dtype=torch.float64), -torch.arange(0, values, 2, dtype=torch.float64) / values
    )
    angles = torch.outer(torch.arange(tokens, dtype=torch.float64), speeds)
    circle = torch.polar(torch.ones_like(angles), angles)[:, None].to(t.device, t.dtype.to_complex())
    pairs = torch.view_as_complex(t.unflatten(-1, (-1, 2)).clone(memory_format=torch.contiguous_format))
    turns = pairs * circle
    return torch.stack([turns.real, turns.imag], -1).flatten(-2)


class LowRank(nn.Module):
    """A dense layer with a low-rank adapter beside it, not merged, as in peft."""

    def __init__(self, base: nn.Linear, rank: int) -> None:
        super().__init__()
        if rank > min(base.in_features, base.out_features):
            message = "the rank is above a side of the matrix"
            raise ValueError(message)
        self.base = base
        self.lora_a = nn.Linear(base.in_features, rank, bias=False)
        self.lora_b = nn.Linear(rank, base.out_features, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        return self.base(x) + self.lora_b(self.lora_a(x))


class Attention(nn.Module):
    """Four projections around torch's attention, for heads of any width."""

    def __init__(self, k: Layer, q: Shape, memory: Shape | None = None, values: Shape | None = None) -> None:
        super().__init__()
        memory = q if memory is None else memory
        values = memory if values is None else values
        if k.key is None and q[1] % k.heads:
            message = "heads must divide the features"
            raise ValueError(message)
        self.heads, self.kv_heads = k.heads, k.kv_heads or k.heads
        self.causal, self.window, self.cap = k.causal, k.window, k.softcap
        self.sinks = nn.Parameter(torch.randn(k.heads)) if k.sinks else None
        self.base = k.base if k.positions else None
        key = k.key or q[1] // k.heads
        value = k.value or key
        biased = {
            name: name in k.bias if isinstance(k.bias, tuple) else k.bias for name in ("query", "key", "value", "out")
        }
        self.query = nn.Linear(q[1], self.heads * key, biased["query"])
        self.key = nn.Linear(memory[1], self.kv_heads * key, biased["key"])
        self.value = nn.Linear(values[1], self.kv_heads * value, biased["value"])
        self.out = nn.Linear(self.heads * value, k.out or q[1], biased["out"])
        for name, rank in zip(biased, k.lora, strict=False):
            if rank:
                setattr(self, name, LowRank(getattr(self, name), rank))
        self.query_norm, self.key_norm = (NORMS[k.qk_norm](key, 1e-6) if k.qk_norm else nn.Identity() for _ in "qk")

    def forward(self, q: Tensor, memory: Tensor | None = None, values: Tensor | None = None) -> Tensor:
        memory = q if memory is None else memory
        values = memory if values is None else values
        heads = (self.query(q), self.heads), (self.key(memory), self.kv_heads), (self.value(values), self.kv_heads)
        queries, keys, read = (t.unflatten(2, (n, -1)) for t, n in heads)
        queries, keys = self.query_norm(queries), self.key_norm(keys)
        if self.base is not None:
            queries, keys = turned(queries, self.base), turned(keys, self.base)
        queries, keys, read = (t.transpose(1, 2) for t in (queries, keys, read))
        mask = self.band(queries.shape[2], keys.shape[2], queries.device) if self.window else None
        grouped = self.kv_heads != self.heads
        if self.cap is None and self.sinks is None:
            causal = self.causal and mask is None
            mixed = functional.scaled_dot_product_attention(
                queries, keys, read, mask, is_causal=causal, enable_gqa=grouped
            )
        else:
            mixed = self.written(queries, keys, read, mask)
        return self.out(mixed.transpose(1, 2).flatten(2))

    def band(self, queries: int, keys: int, device: torch.device) -> Tensor:
        """The pairs inside a window, those that see nothing at all being refused."""
        ones = torch.ones(queries, keys, dtype=torch.bool, device="cpu")
        before, after = (self.window - 1, 0) if self.causal else (self.window // 2, self.window // 2)
        mask = ones.tril(after).triu(-before)
        if not mask.any(1).all():
            message = "a query without a key has no softmax"
            raise ValueError(message)
        return mask.to(device)

    def written(self, queries: Tensor, keys: Tensor, read: Tensor, mask: Tensor | None) -> Tensor:
        """As Gemma 2 and gpt-oss have it, for torch has no such kernel."""
        keys, read = (t.repeat_interleave(self.heads // self.kv_heads, 1) for t in (keys, read))
        scores = queries @ keys.transpose(2, 3) / queries.shape[3] ** 0.5
        if self.cap is not None:
            scores = self.cap * torch.tanh(scores / self.cap)
        if mask is None and self.causal:
            mask = torch.ones_like(scores[0, 0], dtype=torch.bool).tril()
        if mask is not None:
            scores = scores.masked_fill(~mask, float("-inf"))
        if self.sinks is None:
            return torch.softmax(scores, -1) @ read
        # The sink's share of each row is left out of the sum.
        beside = self.sinks.view(1, -1, 1, 1)
        rest = torch.logaddexp(torch.logsumexp(scores, -1, keepdim=True), beside)
        return torch.exp(scores - rest) @ read


class MultiheadAttention(nn.MultiheadAttention):
    """torch's own, for a layer that sets only heads and bias."""

    def __init__(self, k: Layer, q: Shape, memory: Shape | None = None, values: Shape | None = None) -> None:
        memory = q if memory is None else memory
        values = memory if values is None else values
        super().__init__(q[1], k.heads, bias=k.bias, kdim=memory[1], vdim=values[1], batch_first=True)

    def forward(self, q: Tensor, memory: Tensor | None = None, values: Tensor | None = None) -> Tensor:
        memory = q if memory is None else memory
        return super().forward(q, memory, memory if values is None else values, need_weights=False)[0]
