"""`archcalc solve`."""

from __future__ import annotations

from typing import Any

import click

from archcalc.characters import visible
from archcalc.cli.options import BatchType, input_option, set_option
from archcalc.cli.output import put
from archcalc.comparison.goal import goal
from archcalc.comparison.solve import asked, solve
from archcalc.errors import SpecError
from archcalc.formats.solve import FORMATS, render
from archcalc.language.shorthand import graphs, open_params
from archcalc.network.measures import MEASURES
from archcalc.profiling.engine import profile
from archcalc.profiling.rows import Profile
from archcalc.symbols.dims import Dim, Shape, symbol
from archcalc.symbols.evaluate import letters, substitute


@click.command("solve")
@click.argument("spec")
@click.option(
    "--for",
    "goals",
    multiple=True,
    required=True,
    help=f"What to meet, such as 'params <= 5M' or 'output length = 98'; of {', '.join(MEASURES)}.",
)
@input_option
@set_option
@click.option("--batch", type=BatchType(), default="1", show_default=True, help="Samples in a batch.")
@click.option(
    "--bias/--no-bias", default=True, show_default=True, help="Whether the layers of a one-liner have biases."
)
@click.option(
    "--up-to",
    type=click.IntRange(1, 10_000),
    help="The last value to try where no formula decides, such as for a depth; else until growth settles it, or 200.",
)
@click.option("--format", "form", type=click.Choice(FORMATS), default="text", show_default=True)
def command(  # noqa: PLR0913, PLR0917 - one parameter for each option
    spec: str,
    goals: tuple[str, ...],
    input_shape: Shape | None,
    settings: tuple[tuple[str, str], ...],
    batch: Dim,
    bias: bool,
    up_to: int | None,
    form: str,
) -> None:
    """The sizes that meet a goal, such as params <= 5M.

    One letter is left open, as in --set width=w --for "params <= 5M" or --input 3xRxR --for "macs < 1G".
    """
    names = sorted(
        {*letters(input_shape or ()), *letters(batch), *(value for _, value in settings if _is_letter(value))}
    )
    aims = [goal(text) for text in goals]
    own: Shape = ()
    if len(names) != 1:
        # Letters may stand in the spec itself, and of several the goals may ask for one.
        whole = profile(graphs([spec], dict(settings), input_shape=input_shape, bias=bias)[0], batch)
        own = whole.graph.input
        names = sorted(asked(whole, aims))
    if len(names) != 1:
        said = f"the goals depend on {' and '.join(names)}" if names else "the goals depend on no letter"
        raise SpecError(said, None, "leave one open, such as --set width=w or --input 3xRxR")
    name = names[0]
    shape = input_shape or (own if name in letters(own) else None)
    # A line's letters are its params, but for those of an input that is given in numbers.
    given = open_params(spec, shape and substitute(shape, {name: 1}), bias=bias) | dict(settings)

    def of(number: Any) -> Profile:
        if not isinstance(number, int):
            return profile(graphs([spec], dict(settings), input_shape=input_shape, bias=bias)[0], batch)
        values = dict(settings) | {key: number for key, value in given.items() if value == name}
        sizes = shape and substitute(shape, {name: number})
        return profile(graphs([spec], values, input_shape=sizes, bias=bias)[0], substitute(batch, {name: number}))

    found = solve(of, symbol(name), aims, up_to)
    put(render(found, form, visible(spec)), form)


def _is_letter(text: str) -> bool:
    return text.isidentifier() and text not in {"true", "false"}
