"""The command `archcalc roofline`."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import click
import msgspec

from archcalc.cli.options import Request, completes, takes_network, takes_settings, weights_option
from archcalc.cli.output import put
from archcalc.cli.values import TimeType
from archcalc.devices.energy import MODELS, energy
from archcalc.devices.known import device as named
from archcalc.devices.roofline import Asked, Products, roofline
from archcalc.document.formats import TABLES
from archcalc.drawing.charts.canvas import canvas, check_suffix, save
from archcalc.drawing.charts.roofline import draw
from archcalc.formats.roofline import Measured, render
from archcalc.formats.summary import title
from archcalc.network.dtypes import DTYPES

_dtype = click.Choice(list(DTYPES))


class RooflineOptions(msgspec.Struct, frozen=True):
    """The options of the command: the device, what is computed on it and how, and what was measured."""

    device: str
    dtype: str
    weights: str | None
    accumulate: str | None
    fused: bool
    masked: bool
    products: Products
    measured: Fraction | None
    measured_step: Fraction | None
    model: str | None
    target: Path | None


@click.command("roofline")
@takes_network("SPEC", "input", "set", "batch", formats=TABLES)
@click.option(
    "--device", required=True, metavar="DEVICE", help="A name of archcalc devices, or a file.", **completes("devices")
)
@click.option(
    "--dtype",
    type=_dtype,
    default="fp32",
    show_default=True,
    help="Of activations, products, and weights of which the spec states none.",
)
@weights_option
@click.option(
    "--accumulate",
    type=click.Choice([*DTYPES, "int32"]),
    help="What products are added in, where a device has several.",
)
@click.option("--fused", is_flag=True, help="Elementwise layers are computed with what they read.")
@click.option("--masked", is_flag=True, help="Count products that a mask hides, as a kernel does that knows no mask.")
@click.option(
    "--products",
    type=click.Choice(["written", "fewest"]),
    default="written",
    show_default=True,
    help="Of convolutions: those written, or the fewest there can be.",
)
@click.option("--measured", type=TimeType(), help="A measured time of a forward pass, such as 12.3ms.")
@click.option("--measured-step", type=TimeType(), help="A measured time of a step of training.")
@click.option("--energy", "model", type=click.Choice(MODELS), help="The energy of products and bytes, by a table.")
@click.option("--plot", "target", type=click.Path(dir_okay=False, path_type=Path), help="Draw the roofline to a file.")
@takes_settings(RooflineOptions)
def command(request: Request, options: RooflineOptions) -> None:
    """The least time that a device can take, layer by layer."""
    if options.measured is not None and options.measured_step is not None:
        raise click.UsageError("--measured is of a forward pass, --measured-step of a step of training; give one")
    if options.target is not None:
        check_suffix(options.target)
    asked = Asked(**{name: getattr(options, name) for name in Asked.__struct_fields__})
    found = roofline(request.profiled(request.load()), named(options.device), asked)
    time = options.measured or options.measured_step
    measured = None if time is None else Measured(time, step=options.measured is None)
    spent = None if options.model is None else energy(found)
    put(render(found, request.form, request.screen, measured=measured, spent=spent), request.form)
    if options.target is not None:
        with canvas(8, 5) as figure:
            draw(figure.subplots(), found)
            figure.suptitle(f"{title(found.profile)} on {found.device.title}", x=0.01, ha="left")
            save(figure, options.target)
