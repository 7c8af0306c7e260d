"""Functions as torch's modules."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

Shape = tuple[int, ...]


class Function(nn.Module):
    """A function of the inputs and, by name, of trained arrays of these shapes."""

    def __init__(self, function: Callable[..., Tensor], **arrays: Shape) -> None:
        super().__init__()
        self.function = function
        for name, shape in arrays.items():
            self.register_parameter(name, nn.Parameter(torch.zeros(shape)))

    def forward(self, *inputs: Tensor) -> Tensor:
        return self.function(*inputs, **dict(self.named_parameters()))


class Kept(nn.Module):
    """An array that is not trained."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.register_buffer("value", torch.zeros(shape))

    def forward(self) -> Tensor:
        value: Tensor = self.value
        return value


def each(function: Callable[..., Tensor]) -> Callable[..., Tensor]:
    """A function of samples made one of batches, so that it counts axes without the batch's."""
    return lambda *batches, **arrays: torch.stack([function(*xs, **arrays) for xs in zip(*batches, strict=True)])
