"""A mixture of experts in torch, written as model code has it: a loop over the experts, or slots sorted by expert once."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional


class Gated(nn.Module):
    """The feed-forward layers of one expert (Shazeer 2020, arXiv:2002.05202)."""

    def __init__(self, dim: int, hidden: int) -> None:
        super().__init__()
        self.gate = nn.Linear(dim, hidden, bias=False)
        self.up = nn.Linear(dim, hidden, bias=False)
        self.down = nn.Linear(hidden, dim)

    def forward(self, x: Tensor) -> Tensor:
        return self.down(functional.silu(self.gate(x)) * self.up(x))


class Mixture(nn.Module):
    """`chosen` of `count` experts for each token, and one beside them that sees all tokens."""

    def __init__(self, dim: int, hidden: int, count: int, chosen: int) -> None:
        super().__init__()
        self.chosen = chosen
        self.router = nn.Linear(dim, count, bias=False)
        self.offset = nn.Parameter(torch.zeros(count))
        self.experts = nn.ModuleList(Gated(dim, hidden) for _ in range(count))
        self.shared = Gated(dim, hidden)

    def routed(self, x: Tensor) -> tuple[Tensor, Tensor]:
        scores = self.router(x).sigmoid()
        choice = torch.topk(scores.detach() + self.offset, self.chosen).indices
        weights = scores.gather(-1, choice)
        return choice, weights / weights.sum(-1, keepdim=True)

    def forward(self, x: Tensor) -> Tensor:
        """Tokens×features, without a batch."""
        choice, weights = self.routed(x)
        y = torch.zeros_like(x)
        for number, expert in enumerate(self.experts):
            token, which = torch.where(choice == number)
            y.index_add_(0, token, expert(x[token]) * weights[token, which, None])
        return y + self.shared(x)

    def take(self, arrays: dict[str, dict[str, Any]]) -> None:
        """The weights of archcalc's layers of the same mixture, whose experts lie one after the other."""

        def put(parameter: nn.Parameter, array: Any) -> None:
            assert parameter.shape == array.shape
            parameter.data = torch.from_numpy(array)

        put(self.router.weight, arrays["moe/router/linear"]["weight"])
        put(self.offset, arrays["moe/topk"]["bias"])
        for place, one in [("shared", self.shared), *((number, one) for number, one in enumerate(self.experts))]:
            own = (
                {name: arrays[f"moe/shared/{name}"] for name in ("gate/linear", "up/linear", "linear")}
                if place == "shared"
                else {
                    name: {key: array[place] for key, array in arrays[f"moe/expert/{name}"].items()}
                    for name in ("gate/linear", "up/linear", "linear")
                }
            )
            put(one.gate.weight, own["gate/linear"]["weight"])
            put(one.up.weight, own["up/linear"]["weight"])
            put(one.down.weight, own["linear"]["weight"])
            put(one.down.bias, own["linear"]["bias"])


def sorted_experts(x: Tensor, choice: Tensor, weights: Tensor, stacked: dict[str, Tensor]) -> Tensor:
    """The experts of a mixture where the slots are sorted once, and each product is one of neighbouring rows.

    `stacked` holds the weights of all experts, experts×out×in; so grouped kernels have them.
    """
    order = choice.flatten().argsort(stable=True)
    token = order // choice.shape[1]
    sizes = torch.bincount(choice.flatten(), minlength=len(stacked["up"])).tolist()

    def each(rows: Tensor, name: str) -> Tensor:
        products = [part @ weight.mT for part, weight in zip(rows.split(sizes), stacked[name], strict=True)]
        return torch.cat(products)

    rows = x[token]
    hidden = functional.silu(each(rows, "gate")) * each(rows, "up")
    put_out = each(hidden, "down") * weights.flatten()[order][:, None]
    return put_out[order.argsort()].view(*choice.shape, -1).sum(1)
