"""Options that commands share, and the types of their values."""

from __future__ import annotations

from typing import Any

import click

from archcalc.dims import Shape, symbol


class ShapeType(click.ParamType[Any]):
    """3x224x224, with letters for sizes left open."""

    name = "shape"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Shape:
        parts = str(value).replace("×", "x").split("x")
        if not all(
            part.isidentifier() or (part.isdecimal() and int(part[:16]) > 0 and len(part) <= 15) for part in parts
        ):
            self.fail(f"'{value}' is not a shape such as 3x224x224", param, ctx)
        return tuple(int(part) if part.isdecimal() else symbol(part) for part in parts)


class BatchType(ShapeType):
    """A whole number of at least 1, or a letter."""

    name = "n"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        sizes = super().convert(value, param, ctx)
        if len(sizes) != 1:
            self.fail(f"'{value}' is not a number of samples", param, ctx)
        return sizes[0]


class SettingType(click.ParamType[Any]):
    """name=value."""

    name = "name=value"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, str]:
        name, equals, text = str(value).partition("=")
        if not equals or not name or not text:
            self.fail(f"'{value}' is not name=value", param, ctx)
        return name, text


input_option = click.option("--input", "input_shape", type=ShapeType(), help="Another input shape, such as 3x320x320.")
set_option = click.option(
    "--set", "settings", type=SettingType(), multiple=True, help="Set a param that the spec declares."
)
