"""The command `archcalc serve`."""

from __future__ import annotations

from importlib import import_module

import click
import msgspec

from archcalc.cli.options import Request, completes, limit_option, takes_network, takes_settings, weights_option
from archcalc.cli.output import put
from archcalc.cli.values import LengthType
from archcalc.devices.device import Device
from archcalc.devices.known import device as named
from archcalc.document.formats import TABLES
from archcalc.errors import SpecError
from archcalc.formats.serve import render
from archcalc.formats.serve.variants import Side
from archcalc.formats.serve.variants import render as by_side
from archcalc.importers import model_of, source_of
from archcalc.language.siblings import siblings
from archcalc.memory_plan.sizes import bytes_of
from archcalc.network.dtypes import DTYPES
from archcalc.serving.asked import Asked
from archcalc.serving.bounds import bounds
from archcalc.serving.budget import fits
from archcalc.serving.plan import served
from archcalc.serving.text import Text
from archcalc.symbols.dims import Dim


class ServeOptions(msgspec.Struct, frozen=True, kw_only=True):
    """The options of the command: the passes that are asked for, and what is printed of them."""

    context: Dim | None
    tokens_per_pass: int
    chunk: int | None
    budget: str | None
    device: str | None
    dtype: str
    weights: str | None
    kv: str | None
    layers: bool
    variants: bool
    verify: bool
    limit: str


# Enough tokens for a prefill and a few passes.
_FEW = 16
# A run is in double precision.
_WIDTH = 8

_dtype = click.Choice(list(DTYPES))


@click.command("serve")
@takes_network("SPEC", "input", "set", "batch", formats=TABLES)
@click.option(
    "--context", type=LengthType(), help="Tokens of a text, such as 8k, or a letter; by default the spec's own."
)
@click.option(
    "--tokens-per-pass",
    type=click.IntRange(1, 10**6),
    default=1,
    show_default=True,
    help="Tokens that a pass of decoding adds, more than one where they are guessed beforehand.",
)
@click.option("--chunk", type=click.IntRange(1, 10**9), help="Tokens of a pass of prefill, by default all at once.")
@click.option("--budget", help="Find the largest batch and the longest context that fit, such as 80GB.")
@click.option(
    "--device",
    metavar="DEVICE",
    help="Also the least times on this one and whether it holds it, a name of archcalc devices or a file.",
    **completes("devices"),
)
@click.option(
    "--dtype",
    type=_dtype,
    default="bf16",
    show_default=True,
    help="Of activations and cache, and weights of which the spec states none.",
)
@weights_option
@click.option("--kv", type=_dtype, help="Of the cache, where it is another.")
@click.option("--layers", is_flag=True, help="A row for each layer, also for those that are alike.")
@click.option("--variants", is_flag=True, help="All networks of the family, or all whose names begin so, side by side.")
@click.option(
    "--verify", is_flag=True, help="Run both passes in numpy with a cache, by default on 16 tokens, and compare."
)
@limit_option
@takes_settings(ServeOptions)
def command(request: Request, options: ServeOptions) -> None:
    """The cache, prefill and decoding of a network that writes token by token."""
    asked = Asked(
        context=options.context,
        batch=request.batch,
        tokens_per_pass=options.tokens_per_pass,
        chunk=options.chunk,
        dtype=options.dtype,
        weights=options.weights,
        kv=options.kv,
    )
    budget = None if options.budget is None else bytes_of(options.budget)
    device = None if options.device is None else named(options.device)
    if options.variants:
        if options.verify or options.layers:
            raise click.UsageError("--variants has a row for each network; leave out --layers and --verify")
        put(_side_by_side(request, asked, budget, device), request.form)
        return
    text = Text(model_of(request.source()), request.params, request.input_shape)
    if options.verify:
        _verify(request, text, options)
        return
    found = served(text, asked)
    within = None if budget is None else fits(text, found, budget)
    least = None if device is None else bounds(found, device)
    put(render(found, request.form, request.screen, within=within, least=least, layers=options.layers), request.form)


def _side_by_side(request: Request, asked: Asked, budget: int | None, device: Device | None) -> str:
    """All networks of a family that can be served, the smallest first; raises SpecError if none can."""
    [spec] = request.specs
    sides, refused = [], []
    for name in siblings(spec):
        try:
            text = Text(model_of(source_of(name)), request.params, request.input_shape)
            found = served(text, asked)
            within = None if budget is None else fits(text, found, budget)
            sides.append(Side(found, within, None if device is None else bounds(found, device)))
        except SpecError as error:
            refused.append(f"{name}: {error.fact}.")
    if not sides:
        raise SpecError(f"none of these can be served: {refused[0]}")
    sides.sort(key=lambda side: _order(side.found.own.totals.params))
    return by_side(sides, refused, request.form, request.screen)


def _order(params: Dim) -> tuple[bool, int]:
    """Numbers by their size, before whatever has letters."""
    return (False, params) if isinstance(params, int) else (True, 0)


def _verify(request: Request, text: Text, options: ServeOptions) -> None:
    """Run a network with a cache, and print what that confirms; raises SpecError if anything disagrees."""
    context = options.context or (min(_FEW, text.tokens) if isinstance(text.tokens, int) else _FEW)
    batch = request.batch
    if not isinstance(context, int) or not isinstance(batch, int):
        raise click.UsageError("--verify runs the network, for which --context and --batch are numbers")
    Asked(context=context, tokens_per_pass=options.tokens_per_pass).require_sense(context)
    # numpy, for which nothing else here waits.
    checking, printing = import_module("archcalc.verification.serving"), import_module("archcalc.formats.serve.proof")
    import_module("archcalc.reference").require_memory(text.on(context), batch, bytes_of(options.limit), width=_WIDTH)
    found = checking.written(text, context, tokens=options.tokens_per_pass, batch=batch)
    put(printing.render(text.own.name, found, request.form, request.screen), request.form)
    if found.differences:
        raise SpecError(f"{len(found.differences)} numbers disagree", None, *found.differences)
