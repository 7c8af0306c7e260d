"""The options that formats have of their own, for every command that prints them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import nullcontext
from typing import Any

import click

from archcalc.document.formats import MARKED, Format
from archcalc.document.paper import PaperOption
from archcalc.errors import SpecError


class ReadType(click.ParamType[Any]):
    """A value that a function reads from its text."""

    name = "text"

    def __init__(self, read: Callable[[str], object]) -> None:
        self.read = read

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        try:
            return self.read(str(value))
        except SpecError as error:
            self.fail(str(error), param, ctx)


def options_of(choices: Iterable[str]) -> dict[str, Format]:
    """The options of formats by their names, each with the format that it is of."""
    return {option.name: MARKED[form] for form in choices if form in MARKED for option in MARKED[form].options}


def as_option(option: PaperOption) -> Any:
    """The option of a format as one of the command line."""
    if option.read is None:
        return click.option(f"--{option.name}", is_flag=True, default=None, help=option.says)
    return click.option(f"--{option.name}", type=ReadType(option.read), help=option.says)


def written_as(form: str, given: dict[str, Any], owners: dict[str, Format], *, exact: bool) -> Any:
    """The context in which a format is written with its options; raises UsageError for those of another format."""
    asked = {name: value for name, value in given.items() if value is not None}
    for name in asked:
        if owners[name].name != form:
            raise click.UsageError(f"--{name} is of --format {owners[name].name}, and this prints {form}")
    return MARKED[form].chosen(**asked, exact=exact) if form in MARKED and MARKED[form].options else nullcontext()
