"""What a step of the fast path works on: arrays that stay where they are from one run to the next."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import msgspec
import numpy as np

from archcalc.reference.fast.arena import Scratch

Step: TypeAlias = Callable[[], None]
Sides: TypeAlias = tuple[tuple[int, int], tuple[int, int]]


class Site(msgspec.Struct, frozen=True):
    """A convolution in place: its input and output, its weights with any normalisation folded in, its geometry."""

    x: Any
    y: Any
    weight: Any
    bias: Any
    stride: tuple[int, int]
    padding: Sides
    dilation: tuple[int, int]
    groups: int
    scratch: Scratch
    relu: bool

    def finish(self, rows: Any) -> None:
        """Add the biases to rows of outputs, one row a channel, and take their ReLU where it follows."""
        rows += self.bias.reshape(-1, 1)
        if self.relu:
            np.maximum(rows, 0, out=rows)

    def group(self, number: int) -> Site:
        """One group of the convolution as a convolution of its own."""
        seen, own = self.x.shape[1] // self.groups, len(self.weight) // self.groups
        outs = slice(number * own, (number + 1) * own)
        return msgspec.structs.replace(
            self,
            x=self.x[:, number * seen : (number + 1) * seen],
            y=self.y[:, outs],
            weight=self.weight[outs],
            bias=self.bias[outs],
            groups=1,
        )


def in_order(steps: list[Step]) -> Step:
    """Steps as one."""

    def step() -> None:
        for each in steps:
            each()

    return step
