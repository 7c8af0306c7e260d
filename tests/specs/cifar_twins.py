"""Residual and dense networks of CIFAR in torch, by the tables and releases of their authors; every step has the name of a layer."""

from __future__ import annotations

from collections import Counter
from functools import partial

import torch
from torch import Tensor, nn
from torch.nn import functional

from tests.specs.twin import Twin


class Branch:
    """A chain of steps under one name, in which each kind is counted."""

    def __init__(self, net: Twin, name: str) -> None:
        self.net, self.name, self.kinds = net, name, Counter[str]()

    def __call__(self, kind: str, step: object, *inputs: Tensor) -> Tensor:
        self.kinds[kind] += 1
        number = f"_{self.kinds[kind]}" if self.kinds[kind] > 1 else ""
        return self.net(f"{self.name}{'/' if self.name else ''}{kind}{number}", step, *inputs)

    def conv(self, x: Tensor, out: int, kernel: int = 3, stride: int = 1) -> Tensor:
        return self("conv2d", nn.Conv2d(x.shape[1], out, kernel, stride, kernel // 2, bias=False), x)

    def active(self, x: Tensor) -> Tensor:
        return self("relu", nn.ReLU(), self.norm(x))

    def norm(self, x: Tensor) -> Tensor:
        return self("batchnorm2d", nn.BatchNorm2d(x.shape[1]), x)


def scored(net: Twin, x: Tensor, name: str) -> Tensor:
    """Scores of ten classes by the mean over the image."""
    x = net("globalavgpool", nn.AdaptiveAvgPool2d(1), x)
    x = net("flatten", nn.Flatten(), x)
    return net(name, nn.Linear(x.shape[1], 10), x)


def padded(branch: Branch, x: Tensor) -> Tensor:
    """Every other value, between as many maps of zeros."""
    more = x.shape[1] // 2
    x = branch("maxpool2d", lambda x: x[:, :, ::2, ::2], x)
    x = branch("reshape", lambda x: x[:, None], x)
    x = branch("pad", lambda x: functional.pad(x, (0, 0, 0, 0, more, more)), x)
    return branch("reshape", lambda x: x[:, 0], x)


def resnet(net: Twin, depth: int) -> None:
    """He et al. 2015, section 4.2: 6n + 2 layers."""
    x = Branch(net, "conv1").active(Branch(net, "conv1").conv(torch.empty(1, 3, 32, 32), 16))
    for stage, out in enumerate((16, 32, 64), start=2):
        for number in range(1, depth + 1):
            here = f"conv{stage}_{number}"
            main = Branch(net, f"{here}/residual")
            halves = x.shape[1] != out
            y = main.active(main.conv(x, out, stride=1 + halves))
            y = main.norm(main.conv(y, out))
            shortcut = padded(Branch(net, f"{here}/shortcut"), x) if halves else x
            x = net(f"{here}/relu", nn.ReLU(), net(f"{here}/add", torch.add, y, shortcut))
    net("softmax", nn.Softmax(1), scored(net, x, "fc"))


def preactivated(net: Twin, first: str, widths: tuple[int, ...], depth: int, *, bottleneck: bool) -> None:
    """Units with a norm and ReLU before each convolution, of which two branches share the first where the channels change."""
    x = net(first, nn.Conv2d(3, 16, 3, padding=1, bias=False), torch.empty(1, 3, 32, 32))
    for stage, out in enumerate(widths, start=2):
        for number in range(1, depth + 1):
            here = f"conv{stage}_{number}"
            stride = 2 if stage > 2 and number == 1 else 1
            main = Branch(net, f"{here}/residual")
            if x.shape[1] == out:
                y, shortcut = main.active(x), x
            else:
                x = y = Branch(net, here).active(x)
            y = main.conv(y, out // 4, 1, stride) if bottleneck else main.conv(y, out, 3, stride)
            y = main.conv(main.active(y), out // 4 if bottleneck else out)
            y = main.conv(main.active(y), out, 1) if bottleneck else y
            if number == 1:
                shortcut = Branch(net, f"{here}/shortcut").conv(x, out, 1, stride)
            x = net(f"{here}/add", torch.add, y, shortcut)
    scored(net, Branch(net, "").active(x), "fc")


def densenet(net: Twin, growth: int, depth: int) -> None:
    """Huang et al. 2016, section 3: three blocks, each layer of 1×1 and 3×3, and half of the channels between blocks."""
    x = net("conv0", nn.Conv2d(3, 2 * growth, 3, padding=1, bias=False), torch.empty(1, 3, 32, 32))
    for block in (1, 2, 3):
        for number in range(1, depth + 1):
            new = Branch(net, f"dense{block}_{number}/new")
            y = new.conv(new.active(new.conv(new.active(x), 4 * growth, 1)), growth)
            x = net(f"dense{block}_{number}/concat", lambda *parts: torch.cat(parts, 1), x, y)
        if block < 3:
            between = Branch(net, f"transition{block}")
            x = between("avgpool2d", nn.AvgPool2d(2), between.conv(between.active(x), x.shape[1] // 2, 1))
    scored(net, Branch(net, "").active(x), "classifier")


CIFAR = {
    "resnet32": partial(resnet, depth=5),
    "preact_resnet164": partial(preactivated, first="conv1", widths=(64, 128, 256), depth=18, bottleneck=True),
    "wide_resnet28_10": partial(preactivated, first="conv1/conv2d", widths=(160, 320, 640), depth=4, bottleneck=False),
    "densenet_bc_100_12": partial(densenet, growth=12, depth=16),
}
