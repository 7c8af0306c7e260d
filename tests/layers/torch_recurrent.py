"""Recurrent layers in torch, with the cells that torch has and with those that it has not."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional

from archcalc.layers import Layer

Shape = tuple[int, ...]


class Outputs(nn.Module):
    """Of what cells put out, the outputs without the last state."""

    def forward(self, found: tuple[Tensor, Tensor]) -> Tensor:
        return found[0]


def recurrent(module: type[nn.Module], *names: str) -> Callable[..., nn.Module]:
    def twin(k: Layer, x: Shape) -> nn.Module:
        if not getattr(k, "reset_after", True):
            return ResetBefore(k, x)
        options = {name: getattr(k, name) for name in ("bidirectional", "bias", *names)}
        if getattr(k, "proj", None) is not None:
            options["proj_size"] = k.proj
        cells = module(x[1], k.hidden, k.layers, batch_first=True, **options)
        if k.bias and k.bias_mode == "single":
            one_bias(cells)
        return nn.Sequential(cells, Outputs())

    return twin


def one_bias(cells: nn.RNNBase) -> None:
    """Of the two biases that torch's cells have, leave one that is trained and a zero."""
    zeros = [name for name, _ in cells.named_parameters() if name.startswith("bias_hh")]
    for name in zeros:
        delattr(cells, name)

    def put(cells: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        for name in zeros:
            # No parameter and no buffer, so it follows the dtype of what comes in.
            setattr(cells, name, inputs[0].new_zeros(cells.bias_ih_l0.shape))

    cells.register_forward_pre_hook(put)


class ResetBefore(nn.Module):
    """The cell of Cho et al., whose reset gate comes before the candidate's product; torch has it after only."""

    def __init__(self, k: Layer, x: Shape) -> None:
        super().__init__()
        if k.layers < 1:
            message = "there must be a layer, as in torch's own cells"
            raise ValueError(message)
        self.k = k
        for name, shape in k.weights(x).items():
            self.register_parameter(name, nn.Parameter(torch.zeros(shape).uniform_(-1, 1)))

    def forward(self, x: Tensor) -> Tensor:
        for layer in range(self.k.layers):
            ways = [self.run(x, f"l{layer}")]
            if self.k.bidirectional:
                ways.append(self.run(x, f"l{layer}_reverse", -1))
            x = torch.cat(ways, 2) if len(ways) > 1 else ways[0]
        return x

    def run(self, x: Tensor, suffix: str, way: int = 1) -> Tensor:
        weight, n = getattr(self, f"weight_hh_{suffix}"), 2 * self.k.hidden
        biases = [getattr(self, f"bias_{which}_{suffix}", None) for which in ("ih", "hh")]
        driven = functional.linear(x, getattr(self, f"weight_ih_{suffix}"), biases[0])
        more = x.new_zeros(len(weight)) if biases[1] is None else biases[1]
        h = x.new_zeros(len(x), self.k.hidden)
        found = []
        for token in range(x.shape[1])[::way]:
            gates = (functional.linear(h, weight[:n], more[:n]) + driven[:, token, :n]).sigmoid_()
            r, z = gates.chunk(2, 1)
            new = (functional.linear(r * h, weight[n:], more[n:]) + driven[:, token, n:]).tanh_()
            h = (h - new).mul_(z).add_(new)
            found.append(h)
        return torch.stack(found[::way], 1)
