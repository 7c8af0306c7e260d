"""The networks that course documents list in PyTorch, written for the tests from what those documents say of them."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class Concat(nn.Module):
    """Branches over one input, their channels one after the other; as a module, so that a hook sees the result."""

    def forward(self, branches: list[Tensor]) -> Tensor:
        return torch.cat(branches, dim=1)


def conv(channels: int, out: int, kernel: int = 1, stride: int = 1, padding: int = 0) -> list[nn.Module]:
    """A convolution and its ReLU."""
    return [nn.Conv2d(channels, out, kernel, stride, padding), nn.ReLU()]


def alexnet() -> nn.Sequential:
    """AlexNet with 64, 192, 384, 256 and 256 kernels and an adaptive pool to 6×6."""
    return nn.Sequential(
        *conv(3, 64, 11, stride=4, padding=2),
        nn.MaxPool2d(3, 2),
        *conv(64, 192, 5, padding=2),
        nn.MaxPool2d(3, 2),
        *conv(192, 384, 3, padding=1),
        *conv(384, 256, 3, padding=1),
        *conv(256, 256, 3, padding=1),
        nn.MaxPool2d(3, 2),
        nn.AdaptiveAvgPool2d(6),
        nn.Flatten(),
        *(nn.Dropout(), nn.Linear(256 * 6 * 6, 4096), nn.ReLU()),
        *(nn.Dropout(), nn.Linear(4096, 4096), nn.ReLU()),
        nn.Linear(4096, 1000),
    )


def vgg16() -> nn.Sequential:
    """VGG-16: 13 convolutions of 3×3 in five stages, then three dense layers."""
    layers: list[nn.Module] = []
    channels = 3
    for out, depth in ((64, 2), (128, 2), (256, 3), (512, 3), (512, 3)):
        for _ in range(depth):
            layers += conv(channels, out, 3, padding=1)
            channels = out
        layers.append(nn.MaxPool2d(2, 2))
    return nn.Sequential(
        *layers,
        nn.Flatten(),
        *(nn.Linear(512 * 7 * 7, 4096), nn.ReLU(), nn.Dropout()),
        *(nn.Linear(4096, 4096), nn.ReLU(), nn.Dropout()),
        nn.Linear(4096, 1000),
    )


class Inception(nn.Module):
    """Four branches over one input; `out` are 1×1, 3×3 reduced, 3×3, 5×5 reduced, 5×5 and what the pool is projected to."""

    def __init__(self, channels: int, *out: int) -> None:
        super().__init__()
        c1, r3, c3, r5, c5, projected = out
        self.out = c1 + c3 + c5 + projected
        self.branches = nn.ModuleList(
            [
                nn.Sequential(*conv(channels, c1)),
                nn.Sequential(*conv(channels, r3), *conv(r3, c3, 3, padding=1)),
                nn.Sequential(*conv(channels, r5), *conv(r5, c5, 5, padding=2)),
                nn.Sequential(nn.MaxPool2d(3, 1, padding=1), *conv(channels, projected)),
            ]
        )
        self.concat = Concat()

    def forward(self, x: Tensor) -> Tensor:
        return self.concat([branch(x) for branch in self.branches])


def head(channels: int) -> nn.Sequential:
    """An auxiliary classifier over 14×14 maps, which starts with a max pool."""
    return nn.Sequential(
        nn.MaxPool2d(5, 3),
        *conv(channels, 128),
        nn.Flatten(),
        *(nn.Linear(4 * 4 * 128, 1024), nn.ReLU(), nn.Dropout(0.7)),
        nn.Linear(1024, 1000),
    )


class GoogLeNet(nn.Module):
    """GoogLeNet with its heads after 4a and 4d."""

    def __init__(self) -> None:
        super().__init__()
        widths = {
            "3a": (64, 96, 128, 16, 32, 32),
            "3b": (128, 128, 192, 32, 96, 64),
            "4a": (192, 96, 208, 16, 48, 64),
            "4b": (160, 112, 224, 24, 64, 64),
            "4c": (128, 128, 256, 24, 64, 64),
            "4d": (112, 144, 288, 32, 64, 64),
            "4e": (256, 160, 320, 32, 128, 128),
            "5a": (256, 160, 320, 32, 128, 128),
            "5b": (384, 192, 384, 48, 128, 128),
        }
        self.stem = nn.Sequential(
            *conv(3, 64, 7, stride=2, padding=3),
            nn.MaxPool2d(3, 2, padding=1),
            *conv(64, 64),
            *conv(64, 192, 3, padding=1),
            nn.MaxPool2d(3, 2, padding=1),
        )
        self.inceptions = nn.ModuleDict()
        self.heads = nn.ModuleDict()
        channels = 192
        for name, out in widths.items():
            self.inceptions[name] = inception = Inception(channels, *out)
            channels = inception.out
            if name in {"4a", "4d"}:
                self.heads[name] = head(channels)
        self.pools = nn.ModuleDict({"3b": nn.MaxPool2d(3, 2, padding=1), "4e": nn.MaxPool2d(3, 2, padding=1)})
        self.classifier = nn.Sequential(nn.AvgPool2d(7, 1), nn.Flatten(), nn.Dropout(0.4), nn.Linear(channels, 1000))

    def forward(self, x: Tensor) -> list[Tensor]:
        x = self.stem(x)
        scores = []
        for name, inception in self.inceptions.items():
            x = inception(x)
            if name in self.heads:
                scores.append(self.heads[name](x))
            if name in self.pools:
                x = self.pools[name](x)
        return [*scores, self.classifier(x)]
