"""Selective state spaces and linear attention in torch, written out after the equations of their papers."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from archcalc.layers import Layer
from tests.layers.torch_axes import working
from tests.layers.torch_function import Function

Shape = tuple[int, ...]


def scan(_k: Layer, x: Shape, dt: Shape, b: Shape, c: Shape) -> nn.Module:
    """Gu and Dao 2023, equation 2 with the discretisation of their code; a state for each feature, by outer products."""
    if not x == dt == (len_of(b, c), x[1]) or b[1] != c[1]:
        raise ValueError("inputs of different sizes")

    def run(x: Tensor, dt: Tensor, b: Tensor, c: Tensor, **arrays: Tensor) -> Tensor:
        decays = torch.exp(-(dt[..., None] * torch.exp(arrays["A_log"])))
        driven = dt * x
        h = x.new_zeros(len(x), *arrays["A_log"].shape)
        found = []
        for t in range(x.shape[1]):
            h = torch.baddbmm(decays[:, t] * h, driven[:, t, :, None], b[:, t, None])
            found.append(torch.bmm(h, c[:, t, :, None]).squeeze(2))
        return torch.stack(found, 1) + arrays["D"] * x

    return Function(run, A_log=(x[1], b[1]), D=x[1:])


def len_of(b: Shape, c: Shape) -> int:
    """The number of tokens that two sequences have in common; 0 if they differ."""
    return b[0] if b[0] == c[0] else 0


def linear_attention(k: Layer, q: Shape, keys: Shape, values: Shape) -> nn.Module:
    """Katharopoulos et al. 2020, equations 5 and 7, or 9 to 12 where it is causal; one matrix for each sample and head."""
    if keys[0] != values[0] or q[1] != keys[1] or (k.causal and q[0] != keys[0]):
        raise ValueError("inputs of different sizes")

    def heads(t: Tensor) -> Tensor:
        return t.unflatten(2, (k.heads, t.shape[2] // k.heads)).transpose(1, 2).flatten(0, 1)

    def run(q: Tensor, keys: Tensor, values: Tensor) -> Tensor:
        n = len(q)
        q, keys, values = heads(functional.elu(q) + 1), heads(functional.elu(keys) + 1), heads(values)
        if k.causal:
            state = q.new_zeros(len(q), keys.shape[2], values.shape[2])
            rows = []
            for t in range(q.shape[1]):
                state = torch.baddbmm(state, keys[:, t, :, None], values[:, t, None])
                rows.append(torch.bmm(q[:, t, None], state))
            mixed = torch.cat(rows, 1)
            sums = keys.cumsum(1)
            weights = torch.bmm(q.flatten(0, 1)[:, None], sums.flatten(0, 1)[..., None]).view(*q.shape[:2], 1)
        else:
            mixed = torch.bmm(q, torch.bmm(keys.transpose(1, 2), values))
            weights = torch.bmm(q, keys.sum(1)[..., None])
        return (mixed / weights).unflatten(0, (n, k.heads)).transpose(1, 2).flatten(2)

    return Function(run)


def cumulative(k: Layer, x: Shape) -> nn.Module:
    """torch.cumsum, and for the mean its quotient by how many entries there are so far."""
    axis = working(k.kind, k.axis, x)
    if k.kind == "cumsum":
        return Function(lambda t: t.cumsum(axis + 1))

    def mean(t: Tensor) -> Tensor:
        entries = torch.arange(1, x[axis] + 1, dtype=t.dtype, device=t.device)
        return t.cumsum(axis + 1) / entries.view(-1, *[1] * (len(x) - axis - 1))

    return Function(mean)
