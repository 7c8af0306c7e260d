"""Attention as torch has it."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional

from archcalc.layers import Layer
from tests.layers.inputs import Shape


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
        key = k.key or q[1] // k.heads
        value = k.value or key
        self.query = nn.Linear(q[1], self.heads * key, k.bias)
        self.key = nn.Linear(memory[1], self.kv_heads * key, k.bias)
        self.value = nn.Linear(values[1], self.kv_heads * value, k.bias)
        self.out = nn.Linear(self.heads * value, k.out or q[1], k.bias)
        for name, rank in zip(("query", "key", "value", "out"), k.lora, strict=False):
            if rank:
                setattr(self, name, LowRank(getattr(self, name), rank))

    def forward(self, q: Tensor, memory: Tensor | None = None, values: Tensor | None = None) -> Tensor:
        memory = q if memory is None else memory
        values = memory if values is None else values
        heads = (self.query(q), self.heads), (self.key(memory), self.kv_heads), (self.value(values), self.kv_heads)
        split = [t.unflatten(2, (n, -1)).transpose(1, 2) for t, n in heads]
        mixed = functional.scaled_dot_product_attention(*split, enable_gqa=self.kv_heads != self.heads)
        return self.out(mixed.transpose(1, 2).flatten(2))


class MultiheadAttention(nn.MultiheadAttention):
    """torch's own, for a layer that sets only heads and bias."""

    def __init__(self, k: Layer, q: Shape, memory: Shape | None = None, values: Shape | None = None) -> None:
        memory = q if memory is None else memory
        values = memory if values is None else values
        super().__init__(q[1], k.heads, bias=k.bias, kdim=memory[1], vdim=values[1], batch_first=True)

    def forward(self, q: Tensor, memory: Tensor | None = None, values: Tensor | None = None) -> Tensor:
        memory = q if memory is None else memory
        return super().forward(q, memory, memory if values is None else values, need_weights=False)[0]
