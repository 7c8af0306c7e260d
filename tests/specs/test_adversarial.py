"""Generators and discriminators against torch modules written here, one by one."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
import torch
from torch import nn

from archcalc.language import load
from archcalc.profiling.engine import profile
from tests.specs.modules import modules_of, traced


def dcgan_generator() -> nn.Module:
    """Transposed convolutions that double the sides from 4 to 64."""
    widths = [100, 512, 256, 128, 64]
    layers: list[nn.Module] = []
    for place, (before, after) in enumerate(pairwise(widths)):
        layers += [
            nn.ConvTranspose2d(before, after, 4, *((2, 1) if place else (1, 0)), bias=False),
            nn.BatchNorm2d(after),
        ]
    return nn.Sequential(*layers, nn.ConvTranspose2d(64, 3, 4, 2, 1, bias=False))


def dcgan_discriminator() -> nn.Module:
    """The way back, to one number."""
    layers: list[nn.Module] = [nn.Conv2d(3, 64, 4, 2, 1, bias=False)]
    for before, after in pairwise([64, 128, 256, 512]):
        layers += [nn.Conv2d(before, after, 4, 2, 1, bias=False), nn.BatchNorm2d(after)]
    return nn.Sequential(*layers, nn.Conv2d(512, 1, 4, bias=False), nn.Flatten())


def patchgan() -> nn.Module:
    """Three layers that halve the image, and two that do not."""
    layers: list[nn.Module] = [nn.Conv2d(6, 64, 4, 2, 1)]
    for before, after, stride in ((64, 128, 2), (128, 256, 2), (256, 512, 1)):
        layers += [nn.Conv2d(before, after, 4, stride, 1, bias=False), nn.BatchNorm2d(after)]
    return nn.Sequential(*layers, nn.Conv2d(512, 1, 4, 1, 1))


class Level(nn.Module):
    """A convolution down, the levels inside, and one up, beside which stands what came in."""

    def __init__(self, outside: int, widths: list[int], place: int = 0) -> None:
        super().__init__()
        own, *inside = widths
        down: list[nn.Module] = [nn.Conv2d(outside, own, 4, 2, 1, bias=False)]
        self.down = nn.Sequential(*down, *([nn.BatchNorm2d(own)] if place and inside else []))
        self.inside = Level(own, inside, place + 1) if inside else nn.Identity()
        up: list[nn.Module] = [nn.ConvTranspose2d(2 * own if inside else own, outside, 4, 2, 1, bias=not place)]
        self.up = nn.Sequential(*up, *([nn.BatchNorm2d(outside)] if place else []))
        self.place = place

    def forward(self, x: torch.Tensor) -> Any:
        y = self.up(self.inside(self.down(x)))
        return torch.cat([x, y], 1) if self.place else y


def pix2pix_generator() -> nn.Module:
    """Eight levels, down to a single place."""
    return Level(3, [64, 128, 256, 512, 512, 512, 512, 512])


@pytest.mark.parametrize("model", [dcgan_generator, dcgan_discriminator, patchgan, pix2pix_generator])
def test_every_module_has_its_row(model):
    """With its output's shape and its params, in order."""
    result = profile(load(model.__name__))
    with torch.device("meta"):
        made = model()
        image = torch.empty(2, *result.graph.input)

    assert modules_of(result.rows) == traced(made, lambda: made(image))
