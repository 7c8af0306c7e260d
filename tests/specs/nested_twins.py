"""A nested U-Net and a highway network in torch, by their papers; every step has the name of a layer."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from tests.specs.cifar_twins import Branch
from tests.specs.image_twins import joined
from tests.specs.twin import Twin


def unit(net: Twin, name: str, x: Tensor, out: int) -> Tensor:
    """Two convolutions of 3×3, each with ReLU and dropout."""
    branch = Branch(net, name)
    for _ in range(2):
        x = branch("conv2d", nn.Conv2d(x.shape[1], out, 3, padding=1), x)
        x = branch("dropout", nn.Dropout(), branch("relu", nn.ReLU(), x))
    return x


def nested(net: Twin) -> None:
    """Zhou et al. 2018, section 3, in the order of the authors' code: each unit as soon as all that it reads is there."""
    x = torch.empty(1, 1, 96, 96)
    levels: list[list[Tensor]] = []
    for depth, width in enumerate((32, 64, 128, 256, 512), start=1):
        if levels:
            x = net(f"pool{depth - 1}", nn.MaxPool2d(2), levels[-1][0])
        x = unit(net, f"conv{depth}_1", x, width)
        levels.append([x])
        for level in range(depth - 1, 0, -1):
            row, below = levels[level - 1], levels[level][-1]
            here, out = f"{level}_{len(row) + 1}", row[0].shape[1]
            up = net(f"up{here}", nn.ConvTranspose2d(below.shape[1], out, 2, 2), below)
            row.append(unit(net, f"conv{here}", net(f"merge{here}", joined, up, *row), out))
    net("sigmoid", nn.Sigmoid(), net("output", nn.Conv2d(32, 1, 1), levels[0][-1]))


def highway(net: Twin) -> None:
    """Srivastava et al. 2015, section 3.1: fifty units in each of twenty layers."""
    x = net("relu", nn.ReLU(), net("first", nn.Linear(784, 50), torch.empty(1, 784)))
    for number in range(2, 21):
        h = net(f"{number}/h_act", nn.ReLU(), net(f"{number}/h", nn.Linear(50, 50), x))
        gate = net(f"{number}/gate", nn.Sigmoid(), net(f"{number}/t", nn.Linear(50, 50), x))
        change = net(f"{number}/change", torch.sub, h, x)
        x = net(f"{number}/add", torch.add, x, net(f"{number}/passed", torch.mul, gate, change))
    net("softmax", nn.Softmax(1), net("last", nn.Linear(50, 10), x))


NESTED = {"unet_plus_plus": nested, "highway_20": highway}
