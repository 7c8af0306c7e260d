"""The layers of a mixture of experts as torch would have them, without a loop, so that they have shapes without values."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import torch
from torch import Tensor, nn

from archcalc.layers import Layer
from tests.layers.inputs import Shape
from tests.layers.torch_function import Function


def fit(*, holds: bool) -> None:
    if not holds:
        message = "the slots are not those of the gates"
        raise ValueError(message)


def chosen(scores: Tensor, n: int) -> Tensor:
    with torch.no_grad():
        return torch.topk(scores, n).indices


def room(k: Layer, gates: Tensor) -> int:
    return math.ceil(Fraction(str(k.capacity)) * gates.shape[1] * k.chosen / gates.shape[2])


def seats(k: Layer, gates: Tensor) -> Tensor:
    """The slot of each token for each of its experts, that after the last where it has none."""
    with torch.no_grad():
        choice, n = chosen(gates.detach().abs(), k.chosen), gates.shape[2]
        asked = (choice.flatten(1)[..., None] == torch.arange(n)).long()
        before = ((asked.cumsum(1) - 1) * asked).sum(2).view_as(choice)
        return torch.where(before < room(k, gates), choice * room(k, gates) + before, n * room(k, gates))


def topk(k: Layer, x: Shape) -> nn.Module:
    def gates(t: Tensor, bias: Tensor | None = None) -> Tensor:
        if bias is None:
            largest, choice = torch.topk(t, k.chosen)
        else:
            choice = chosen(t + bias, k.chosen)
            largest = t.gather(-1, choice)
        if k.normalise:
            largest = largest / largest.sum(-1, keepdim=True)
        return torch.zeros_like(t).scatter(-1, choice, largest)

    return Function(gates, **({"bias": x[1:]} if k.bias else {}))


def dispatch(k: Layer, *_: Shape) -> nn.Module:
    def slots(t: Tensor, gates: Tensor) -> Tensor:
        n, tokens, features = t.shape
        fit(holds=gates.shape[1] == tokens)
        where = seats(k, gates).flatten(1) if k.capacity else chosen(gates, k.chosen).flatten(1)
        if k.capacity is None:
            rows = torch.arange(n * tokens).repeat_interleave(k.chosen)
            return t.flatten(0, 1)[rows].view(n, -1, features)
        of = torch.arange(tokens).repeat_interleave(k.chosen).expand_as(where)
        count = gates.shape[2] * room(k, gates)
        # One row of zeros for the slots that nobody takes, and one slot for those who find none.
        token = torch.full((n, count + 1), tokens).scatter(1, where, of)[:, :-1].clone()
        padded = torch.cat([t, torch.zeros(n, 1, features, dtype=t.dtype)], 1)
        token += (tokens + 1) * torch.arange(n)[:, None]
        return padded.flatten(0, 1)[token]

    return Function(slots)


def expert_linear(k: Layer, x: Shape, gates: Shape) -> nn.Module:
    def products(t: Tensor, gates: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
        choice = chosen(gates.detach().abs(), k.chosen).flatten(1)
        if k.capacity is None:
            fit(holds=t.shape[1] == choice.shape[1])
            y = torch.bmm(t.flatten(0, 1)[:, None], weight[choice].flatten(0, 1).mT).view(*t.shape[:2], -1)
            return y if bias is None else y + bias[choice]
        fit(holds=t.shape[1] == gates.shape[2] * room(k, gates))
        apart = t.unflatten(1, (gates.shape[2], -1)).transpose(0, 1)
        y = torch.bmm(apart.flatten(1, 2), weight.mT)
        y = y if bias is None else y + bias[:, None]
        return y.view(*apart.shape[:3], -1).transpose(0, 1).flatten(1, 2)

    arrays: dict[str, Any] = {"weight": (gates[1], k.out, x[1])}
    return Function(products, **arrays, **({"bias": (gates[1], k.out)} if k.bias else {}))


def combine(k: Layer, *_: Shape) -> nn.Module:
    def summed(t: Tensor, gates: Tensor) -> Tensor:
        choice = chosen(gates.detach().abs(), k.chosen)
        weights = gates.gather(-1, choice)
        if k.capacity is None:
            fit(holds=t.shape[1] == choice.shape[1] * k.chosen)
            rows = t.unflatten(1, (-1, k.chosen))
        else:
            where, count = seats(k, gates), gates.shape[2] * room(k, gates)
            fit(holds=t.shape[1] == count)
            weights = weights.masked_fill(where == count, 0)
            ahead = count * torch.arange(len(t))[:, None, None]
            rows = t.flatten(0, 1)[where.clamp(max=count - 1) + ahead]
        return (rows * weights[..., None]).sum(2)

    return Function(summed)


EXPERT_TWINS = {"topk": topk, "dispatch": dispatch, "expertlinear": expert_linear, "combine": combine}
