"""Options that commands share, and the types of their values."""

from __future__ import annotations

from typing import Any

import click

from archcalc.conventions import CONVENTIONS
from archcalc.symbols.dims import Dim, Shape, is_letter, symbol

# No network takes more, and longer numbers than this take long to read.
_MAX_DIGITS = 15


def size_of(text: str) -> Dim | None:
    """A size written as a whole number or as a letter, or None for what is neither."""
    if text.isdecimal() and len(text) <= _MAX_DIGITS and int(text):
        return int(text)
    return symbol(text) if is_letter(text) else None


class ShapeType(click.ParamType[Any]):
    """3x224x224, with letters for sizes left open."""

    name = "shape"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Shape:
        if isinstance(value, tuple):
            return value
        sizes = [size_of(part) for part in str(value).replace("×", "x").split("x")]
        shape = tuple(size for size in sizes if size is not None)
        if len(shape) < len(sizes):
            self.fail(f"'{value}' is not a shape such as 3x224x224", param, ctx)
        return shape


class BatchType(click.ParamType[Any]):
    """A whole number of at least 1, or a letter."""

    name = "n"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Dim:
        size = size_of(str(value))
        if size is None:
            self.fail(f"'{value}' is not a whole number of at least 1, or a letter", param, ctx)
        return size


class SettingType(click.ParamType[Any]):
    """name=value."""

    name = "name=value"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, str]:
        name, equals, text = str(value).partition("=")
        if not equals or not name or not text:
            self.fail(f"'{value}' is not name=value", param, ctx)
        return name, text


class PointsType(click.ParamType[Any]):
    """name=value,value,..."""

    name = "letter=n,n,..."

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, tuple[int, ...]]:
        name, _, text = str(value).partition("=")
        sizes = [size_of(part) for part in text.split(",")]
        numbers = tuple(n for n in sizes if isinstance(n, int))
        if not name.isidentifier() or len(numbers) < len(sizes):
            self.fail(f"'{value}' is not values for a letter, such as C=64,128,256", param, ctx)
        return name, numbers


input_option = click.option("--input", "input_shape", type=ShapeType(), help="Another input shape, such as 3x320x320.")
set_option = click.option(
    "--set", "settings", type=SettingType(), multiple=True, help="Set a param that the spec declares."
)
limit_option = click.option(
    "--limit", default="8GiB", show_default=True, help="Bytes that the run may take, known before it begins."
)
convention_option = click.option(
    "--convention",
    type=click.Choice(list(CONVENTIONS)),
    default="macs",
    show_default=True,
    help="What counts, and for how much.",
)
