"""A network in torch, run step by step as it is written down, and its parts."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode


class Twin:
    """The steps of a network in torch by name: what each puts out for a sample, the params it adds, and its products."""

    def __init__(self) -> None:
        self.found: dict[str, tuple[tuple[int, ...], int, int]] = {}
        self._arrays: dict[int, Tensor] = {}

    def __call__(self, name: str, step: Callable[..., Tensor], *inputs: Tensor) -> Tensor:
        """The output of a step, which is a module or a function."""
        with FlopCounterMode(display=False) as counter:
            y = step(*inputs)
        arrays = {id(array): array for array in step.parameters()} if isinstance(step, nn.Module) else {}
        new = sum(array.numel() for key, array in arrays.items() if key not in self._arrays)
        self._arrays |= arrays
        assert name not in self.found
        self.found[name] = (tuple(y.shape[1:]), new, counter.get_total_flops() // 2)
        return y


class Learned(nn.Module):
    """A trained array."""

    def __init__(self, *shape: int) -> None:
        super().__init__()
        self.array = nn.Parameter(torch.empty(1, *shape))

    def forward(self) -> Tensor:
        return self.array


class Attention(nn.Module):
    """Multi-head attention with a dense layer for each of queries, keys, values and the output, some of them with biases."""

    def __init__(self, features: int, heads: int, biases: str = "qkvo") -> None:
        super().__init__()
        self.heads = heads
        self.q, self.k, self.v, self.o = (nn.Linear(features, features, bias=name in biases) for name in "qkvo")

    def forward(self, x: Tensor, memory: Tensor | None = None) -> Tensor:
        seen = x if memory is None else memory
        scores = products(self.q(x), self.k(seen), self.heads)
        return self.o(mixtures(scores.softmax(-1), self.v(seen)))


def products(queries: Tensor, keys: Tensor, heads: int) -> Tensor:
    """The product of each query with each key, in heads."""
    q, k = (x.unflatten(-1, (heads, -1)).transpose(1, 2) for x in (queries, keys))
    return q @ k.transpose(2, 3)


def mixtures(shares: Tensor, values: Tensor) -> Tensor:
    """The values mixed by the shares of each head, the heads side by side."""
    v = values.unflatten(-1, (shares.shape[1], -1)).transpose(1, 2)
    return (shares @ v).transpose(1, 2).flatten(2)


def scored(words: nn.Embedding) -> Callable[[Tensor], Tensor]:
    """The head that has the table of the words for its weights."""
    return lambda x: nn.functional.linear(x, words.weight)
