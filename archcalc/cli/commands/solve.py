"""The command `archcalc solve`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click
import msgspec

from archcalc.characters import visible
from archcalc.cli.options import Request, takes_network
from archcalc.cli.output import put
from archcalc.comparison.goal import goal
from archcalc.comparison.solve import asked, solve
from archcalc.document.formats import TABLES
from archcalc.errors import SpecError
from archcalc.formats.solve import render
from archcalc.network.measures import MEASURES
from archcalc.network.model import InputShape
from archcalc.profiling.rows import Profile
from archcalc.symbols.dims import symbol
from archcalc.symbols.evaluate import letters, substitute


@click.command("solve")
@takes_network("SPEC", "input", "set", "batch", "bias", formats=TABLES)
@click.option(
    "--for",
    "goals",
    multiple=True,
    required=True,
    help=f"What to meet, such as 'params <= 5M' or 'output length = 98'; of {', '.join(MEASURES)}.",
)
@click.option(
    "--up-to",
    type=click.IntRange(1, 10_000),
    help="The last value to try where no formula decides, such as for a depth; else until growth settles it, or 200.",
)
def command(request: Request, goals: tuple[str, ...], up_to: int | None) -> None:
    """The sizes that meet a goal, such as params <= 5M.

    One letter is left open, as in --set width=w --for "params <= 5M" or --input 3xRxR --for "macs < 1G".
    """
    settings, batch = request.settings, request.batch
    names = sorted(
        {
            *_letters(request.input_shape or ()),
            *letters(batch),
            *(value for _, value in settings if _is_letter(value)),
        }
    )
    aims = [goal(text) for text in goals]
    own: InputShape = ()
    if len(names) != 1:
        # The spec itself may have letters, and of several the goals may depend on one.
        whole = request.profiled(request.graphs()[0])
        own = whole.graph.input_shapes if len(whole.graph.inputs) > 1 else whole.graph.input
        names = sorted(asked(whole, aims))
    if len(names) != 1:
        said = f"the goals depend on {' and '.join(names)}" if names else "the goals depend on no letter"
        raise SpecError(said, None, "leave one open, such as --set width=w or --input 3xRxR")
    name, spec = names[0], request.specs[0]
    shape = request.input_shape or (own if name in _letters(own) else None)
    # The letters of a one-line network are its params, except those of an input given in numbers.
    given = _open_params(request, shape and _put(shape, {name: 1})) | request.params

    def of(number: Any) -> Profile:
        if not isinstance(number, int):
            return request.profiled(request.graphs()[0])
        values = settings + tuple((key, number) for key, value in given.items() if value == name)
        other = msgspec.structs.replace(
            request,
            settings=values,
            input_shape=shape and _put(shape, {name: number}),
            batch=substitute(batch, {name: number}),
        )
        return other.profiled(other.graphs()[0])

    found = solve(of, symbol(name), aims, up_to)
    put(render(found, request.form, visible(spec), request.screen), request.form)


def _letters(shape: InputShape) -> tuple[str, ...]:
    return letters(tuple(shape.values()) if isinstance(shape, Mapping) else shape)


def _put(shape: InputShape, values: Mapping[str, int]) -> InputShape:
    """Shapes with numbers in place of letters."""
    if isinstance(shape, Mapping):
        return {name: substitute(one, values) for name, one in shape.items()}
    found: InputShape = substitute(shape, values)
    return found


def _open_params(request: Request, shape: InputShape | None) -> dict[str, str]:
    """The params that the network leaves as letters, with the letter of each."""
    texts = request.models()[0].params(shape)
    return {name: text for name, text in texts.items() if text.isidentifier() and texts.get(text, text) == text}


def _is_letter(text: str) -> bool:
    return text.isidentifier() and text not in {"true", "false"}
