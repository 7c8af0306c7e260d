"""The options of the command `archcalc run`, and the types of their values."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import click
import msgspec

# No side of a picture that a network takes is longer.
_MAX_SIDE = 20_000


class NumbersType(click.ParamType[Any]):
    """A list of numbers such as 0.485,0.456,0.406."""

    name = "numbers"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[float, ...]:
        if isinstance(value, tuple):
            return value
        try:
            numbers = tuple(float(part) for part in str(value).split(","))
        except ValueError:
            self.fail(f"'{value}' is not one or more numbers such as 0.485,0.456,0.406", param, ctx)
        if not all(map(math.isfinite, numbers)):
            self.fail(f"'{value}' holds what is not a number", param, ctx)
        return numbers


class SidesType(click.ParamType[Any]):
    """One side of a picture, or its height and width: 256, or 224x320."""

    name = "n or hxw"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[int, ...]:
        if isinstance(value, tuple):
            return value
        parts = str(value).replace("×", "x").split("x")
        sides = tuple(int(part) for part in parts if part.isdecimal() and len(part) < 6)
        if len(sides) < len(parts) or len(sides) > 2 or not all(0 < side <= _MAX_SIDE for side in sides):
            self.fail(
                f"'{value}' is neither a side of 1 to {_MAX_SIDE:,} nor height x width such as 224x320", param, ctx
            )
        return sides


class RunOptions(msgspec.Struct, frozen=True):
    """The options of the command: the input, the weights, and the output to print."""

    photo: Path | None
    sources: tuple[Path, ...]
    weights: Path | None
    layer: str
    output: Path | None
    top: int
    labels: Path | None
    resize: tuple[int, ...]
    crop: tuple[int, ...]
    mean: tuple[float, ...]
    std: tuple[float, ...]
    seed: int
    dtype: str
    limit: str
