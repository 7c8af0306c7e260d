"""Networks of sound in torch, written after their papers and the code that their specs name; every step has the name of a layer."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from tests.specs.twin import Twin


class Causal(nn.Conv1d):
    """A convolution over the sample itself and one that lies `dilation` before it."""

    def __init__(self, inputs: int, outputs: int, dilation: int, *, bias: bool = True) -> None:
        super().__init__(inputs, outputs, 2, dilation=dilation, bias=bias)

    def forward(self, x: Tensor) -> Any:
        return super().forward(functional.pad(x, (self.dilation[0], 0)))


def wavenet(net: Twin) -> None:
    """Five times ten dilations, with gates, over a second in 256 steps (van den Oord et al. 2016, figure 4)."""
    x = net("causal", Causal(256, 32, 1, bias=False), torch.empty(1, 256, 16000))
    skips = []
    for number in range(50):
        name, dilation = f"layer{number}", 2 ** (number % 10)
        filtered = net(f"{name}/filter/tanh", nn.Tanh(), net(f"{name}/filter/conv1d", Causal(32, 32, dilation), x))
        gate = net(f"{name}/gate/sigmoid", nn.Sigmoid(), net(f"{name}/gate/conv1d", Causal(32, 32, dilation), x))
        gated = net(f"{name}/multiply", torch.mul, filtered, gate)
        skips.append(net(f"{name}/skip", nn.Conv1d(32, 512, 1), gated))
        if number < 49:
            passed = net(f"{name}/residual/conv1d", nn.Conv1d(32, 32, 1), gated)
            x = net(f"{name}/add", torch.add, passed, x)
    y = net("relu", nn.ReLU(), net("skips", lambda *each: sum(each[1:], each[0]), *skips))
    y = net("relu_2", nn.ReLU(), net("conv1d", nn.Conv1d(512, 512, 1), y))
    net("softmax", nn.Softmax(1), net("scores", nn.Conv1d(512, 256, 1), y))


class Both(nn.LSTM):
    """The products of an LSTM in both directions, those of all steps at once, for torch takes its time for each step."""

    def __init__(self, inputs: int) -> None:
        super().__init__(inputs, 1024, bidirectional=True, batch_first=True)

    def forward(self, x: Tensor) -> Any:
        before = x.new_empty(*x.shape[:2], 1024)
        ways = []
        for end in ("l0", "l0_reverse"):
            weights, biases = (
                [getattr(self, f"{array}_{which}_{end}") for which in ("ih", "hh")] for array in ("weight", "bias")
            )
            gates = (functional.linear(*given) for given in zip((x, before), weights, biases, strict=True))
            ways.append(sum(gates)[..., :1024])
        return torch.cat(ways, 2)


def deep_speech(net: Twin) -> None:
    """Two convolutions and five LSTMs, whose directions are added, over two seconds (deepspeech.pytorch's model.py)."""

    def convolved(name: str, convolution: nn.Module, x: Tensor) -> Tensor:
        y = net(f"{name}/batchnorm2d", nn.BatchNorm2d(32), net(f"{name}/conv2d", convolution, x))
        return net(f"{name}/hardtanh", nn.Hardtanh(0, 20), y)

    def normed(name: str, x: Tensor, *permutes: str) -> Tensor:
        turned = net(permutes[0], lambda t: t.mT, x)
        return net(permutes[1], lambda t: t.mT, net(f"{name}batchnorm1d", nn.BatchNorm1d(1024).eval(), turned))

    x = convolved("conv1", nn.Conv2d(1, 32, (41, 11), (2, 2), (20, 5)), torch.empty(1, 1, 161, 201))
    x = convolved("conv2", nn.Conv2d(32, 32, (21, 11), (2, 1), (10, 5)), x)
    x = net("permute", lambda t: t.mT, net("flatten", nn.Flatten(1, 2), x))
    for number in range(1, 6):
        name = f"rnn{number}"
        if number > 1:
            x = normed(f"{name}/", x, f"{name}/permute", f"{name}/permute_2")
        ways = net(f"{name}/lstm", Both(x.shape[2]), x)
        halves = [
            net(f"{name}/{way}/split", lambda t, half: half, ways, half)
            for way, half in zip(("forwards", "backwards"), ways.chunk(2, 2), strict=True)
        ]
        x = net(f"{name}/add", torch.add, *halves)
    x = normed("", x, "permute_2", "permute_3")
    net("softmax", nn.Softmax(2), net("letters", nn.Linear(1024, 29, bias=False), x))
