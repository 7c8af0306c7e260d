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


def head_scan(k: Layer, x: Shape, dt: Shape, b: Shape, c: Shape) -> nn.Module:
    """Dao and Gu 2024, section 2 with the discretisation of their code; outer products for each group of heads."""
    groups = k.groups
    if not x[0] == dt[0] == len_of(b, c) or b != c or x[1] % dt[1] or dt[1] % groups or b[1] % groups:
        raise ValueError("inputs that do not fit")

    def run(x: Tensor, dt: Tensor, b: Tensor, c: Tensor, **arrays: Tensor) -> Tensor:
        n, tokens, features = x.shape
        decays = torch.exp(-(dt * torch.exp(arrays["A_log"])))
        x = x.unflatten(2, (dt.shape[2], -1))
        driven = (dt[..., None] * x).view(n, tokens, groups, -1, 1)
        b, c = (t.view(n, tokens, groups, 1, -1) for t in (b, c))
        h = x.new_zeros(n * groups, features // groups, b.shape[4])
        found = []
        for t in range(tokens):
            decayed = decays[:, t, :, None, None] * h.view(n, dt.shape[2], -1, h.shape[2])
            h = torch.baddbmm(decayed.view_as(h), driven[:, t].flatten(0, 1), b[:, t].flatten(0, 1))
            found.append(torch.bmm(h, c[:, t].flatten(0, 1).mT).view(n, features))
        return torch.stack(found, 1) + (arrays["D"][:, None] * x).flatten(2)

    return Function(run, A_log=dt[1:], D=dt[1:])


def wkv(_k: Layer, keys: Shape, values: Shape) -> nn.Module:
    """Peng et al. 2023, equation 16, its sums carried on from token to token, without what keeps powers finite."""
    if keys != values:
        raise ValueError("keys and values differ")

    def run(keys: Tensor, values: Tensor, **arrays: Tensor) -> Tensor:
        decay = torch.exp(-torch.exp(arrays["decay"]))
        weights, own = torch.exp(keys), torch.exp(arrays["first"] + keys)
        # What each token finds is of those before it.
        driven, shifted = (functional.pad(t, (0, 0, 1, 0)) for t in (products(weights, values), weights))
        owned = products(own, values)
        above, below = torch.zeros_like(values[:, 0]), torch.zeros_like(values[:, 0])
        found = []
        for t in range(keys.shape[1]):
            above, below = decay * above + driven[:, t], decay * below + shifted[:, t]
            found.append((above + owned[:, t]) / (below + own[:, t]))
        return torch.stack(found, 1)

    return Function(run, decay=keys[1:], first=keys[1:])


def products(weights: Tensor, values: Tensor) -> Tensor:
    """Value by value, each as a matrix of one, so that torch counts it."""
    return torch.bmm(weights.view(-1, 1, 1), values.reshape(-1, 1, 1)).view_as(weights)


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
