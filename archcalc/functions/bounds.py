"""The least time of a network on a device."""

from __future__ import annotations

from archcalc.devices.device import Device
from archcalc.devices.energy import MODELS
from archcalc.devices.energy import energy as energy_of
from archcalc.devices.known import device as named
from archcalc.devices.roofline import Asked, Products, Roofline
from archcalc.devices.roofline import roofline as bounds_of
from archcalc.errors import SpecError
from archcalc.formats import roofline as bounds
from archcalc.functions.given import Network, Settings, paged, profiled, screen
from archcalc.network.display import Shown
from archcalc.network.model import InputShape
from archcalc.symbols.dims import Dim
from archcalc.symbols.times import seconds


def roofline(
    network: Network,
    device: str | Device,
    *,
    input: InputShape | None = None,
    set: Settings | None = None,
    batch: Dim = 1,
    dtype: str = "fp32",
    weights: str | None = None,
    accumulate: str | None = None,
    fused: bool = False,
    masked: bool = False,
    products: Products = "written",
    measured: str | None = None,
    measured_step: str | None = None,
    energy: str | None = None,
) -> Shown[Roofline]:
    """The lower bounds of a network's time on a device, which is named, in a file, or given.

    A time that was `measured`, such as "12.3ms", is of a forward pass, and `measured_step` of a step of training; `energy` is
    "horowitz".

    >>> roofline("vgg16", "a100-40gb", dtype="bf16").data.whole.bound
    'memory'
    """
    asked = Asked(dtype=dtype, weights=weights, accumulate=accumulate, fused=fused, masked=masked, products=products)
    if measured is not None and measured_step is not None:
        raise SpecError("measured is of a forward pass, measured_step of a step of training", None, "give one")
    if energy is not None and energy not in MODELS:
        raise SpecError(f"no energy by '{energy}'", None, f"there is {', '.join(MODELS)}")
    found = bounds_of(
        profiled(network, input, set, batch, "macs"), named(device) if isinstance(device, str) else device, asked
    )
    time = measured or measured_step
    held = None if time is None else bounds.Measured(seconds(time), step=measured is None)
    spent = None if energy is None else energy_of(found)
    return paged(
        found,
        lambda: bounds.render(found, screen=screen(), measured=held, spent=spent),
        lambda: bounds.page(found, held, spent),
    )
