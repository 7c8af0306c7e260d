"""The shape that torch says a layer puts out, beside archcalc's, and where the two may differ."""

from __future__ import annotations

import re
from typing import NamedTuple

import torch
from torch import nn

from archcalc.errors import SpecError
from archcalc.layers import Layer
from archcalc.network.shapes import infer
from tests.layers.inputs import Shape
from tests.layers.torch_twins import Twin

REFUSALS = (RuntimeError, ValueError, IndexError, TypeError, AssertionError)

# What torch refuses though archcalc takes it: the kinds, torch's message, and why.
LAXER = [
    ("avgpool3d", "smaller than kernel size", "torch leaves the padding out here, unlike avg_pool1d and avg_pool2d"),
    ("groupnorm", "more than 1 value per channel", "torch takes the same samples two at a time"),
]


class Refusal(NamedTuple):
    """Why torch does not take a layer or its inputs."""

    error: Exception


class Built(NamedTuple):
    """The twin of a layer, and the shape of its output for one sample."""

    module: nn.Module
    output: Shape


def built(twin: Twin, layer: Layer, shapes: tuple[Shape, ...], *, device: str, batch: int) -> Built | Refusal:
    try:
        with torch.device(device):
            module = twin(layer, *shapes).eval()
            output = module(*(torch.zeros(batch, *x) for x in shapes))
    except REFUSALS as error:
        return Refusal(error)
    return Built(module, tuple(output.shape[1:] if shapes else output.shape))


def inferred(layer: Layer, shapes: tuple[Shape, ...]) -> Shape | SpecError:
    try:
        return infer(layer, shapes).shape
    except SpecError as error:
        return error


def listed(exceptions: list[tuple[str, str, str]], layer: Layer, message: str) -> bool:
    return any(re.fullmatch(kinds, layer.kind) and re.search(said, message) for kinds, said, _ in exceptions)
