"""The types of the values of options: sizes, shapes, params, and values for letters."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import click

from archcalc.errors import SpecError
from archcalc.network.model import InputShape
from archcalc.symbols.dims import Dim, Shape
from archcalc.symbols.sizes import shape_of, size_of
from archcalc.symbols.times import seconds
from archcalc.symbols.units import amount


class ShapeType(click.ParamType[Any]):
    """A shape such as 3x224x224, with letters for sizes left open, after the name of its input if there are several."""

    name = "shape"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, Shape]:
        if isinstance(value, tuple):
            return value
        name, equals, text = str(value).rpartition("=")
        shape = shape_of(text)
        if shape is None or (equals and not name):
            self.fail(
                f"'{value}' is not a shape such as 3x224x224, or source=128 for one of several inputs", param, ctx
            )
        return name, shape


def asked_shape(
    _ctx: click.Context, _param: click.Parameter, given: tuple[tuple[str, Shape], ...]
) -> InputShape | None:
    """The shape asked for the only input, the last if it is given twice, or those of several inputs by name."""
    if not given:
        return None
    by_name = dict(given)
    if "" not in by_name:
        return by_name
    if len(by_name) > 1:
        raise click.UsageError("an input is given with its name and another without; name each, such as source=128")
    return by_name[""]


class BatchType(click.ParamType[Any]):
    """A batch: a whole number of at least 1, or a letter."""

    name = "n"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Dim:
        size = size_of(str(value))
        if size is None:
            self.fail(f"'{value}' is not a whole number of at least 1, or a letter", param, ctx)
        return size


class LengthType(click.ParamType[Any]):
    """A number of tokens, where k is 1,024 as in the names of networks (8k, 128k), or a letter."""

    name = "tokens"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Dim:
        text = str(value)
        thousands = text[:-1] if text.endswith(("k", "K")) else ""
        size = size_of(thousands) if thousands.isdecimal() else size_of(text)
        if size is None:
            self.fail(f"'{value}' is not a number of tokens such as 8192 or 8k, or a letter", param, ctx)
        return 1024 * size if thousands.isdecimal() else size


class SettingType(click.ParamType[Any]):
    """A setting of a param: name=value."""

    name = "name=value"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, str]:
        name, equals, text = str(value).partition("=")
        if not equals or not name or not text:
            self.fail(f"'{value}' is not name=value", param, ctx)
        return name, text


class AmountType(click.ParamType[Any]):
    """A number of values or operations, with a unit or without: 5M, 8B, 600000."""

    name = "amount"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        try:
            return value if isinstance(value, int) else int(amount(str(value)).value)
        except SpecError as error:
            self.fail(error.fact, param, ctx)


class PointsType(click.ParamType[Any]):
    """The values of a letter: name=value,value,..."""

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


class TimeType(click.ParamType[Any]):
    """A time with its unit: 12.3ms."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Fraction:
        try:
            return value if isinstance(value, Fraction) else seconds(str(value))
        except SpecError as error:
            self.fail(", ".join((error.fact, *error.notes)), param, ctx)
