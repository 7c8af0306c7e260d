"""The least times of both passes on a device, and whether it holds what they need."""

from __future__ import annotations

from fractions import Fraction

import msgspec

from archcalc.devices.device import Device, Peak
from archcalc.devices.roofline import Cost
from archcalc.layers.work import Work
from archcalc.serving.plan import Serving
from archcalc.serving.weights import read_at_least
from archcalc.symbols.dims import Dim


class Bounds(msgspec.Struct, frozen=True):
    """The bounds of a network that serves, on a device.

    Products that a mask hides are left out, and each byte is moved once: in prefill the weights are read and the cache is written, in
    decoding both are read, of experts those of one token. Outputs in between need not move at all.
    """

    found: Serving
    device: Device
    peak: Peak
    prefill: Cost
    decode: Cost

    @property
    def tokens_a_second(self) -> Fraction | None:
        """The most tokens a second that all texts together get in decoding, each of a pass taken; None where letters leave it open."""
        tokens = self.found.asked.batch * self.found.asked.tokens_per_pass
        return tokens / self.decode.seconds if self.decode.seconds and isinstance(tokens, int) else None

    @property
    def left(self) -> int | None:
        """The bytes of the device's memory that are left, below 0 where it holds less than is needed; None if either is not known."""
        known = self.device.memory is not None and self.found.peak is not None
        return int(self.device.memory) - self.found.peak if known else None  # type: ignore[arg-type,operator]


def bounds(found: Serving, device: Device) -> Bounds:
    """The bounds on a device; raises SpecError if that has no peak for the dtype of activations.

    >>> from archcalc.devices.known import device
    >>> from archcalc.importers import model_of, source_of
    >>> from archcalc.serving.plan import Asked, Text, served
    >>> least = bounds(served(Text(model_of(source_of("llama3_8b"))), Asked(context=8192)), device("h100-sxm"))
    >>> least.decode.bound, round(1000 * float(least.decode.seconds), 3), round(float(least.tokens_a_second), 1)
    ('memory', 4.801, 208.3)
    """
    peak = device.peak(found.asked.dtype)

    def cost(work: Work, nbytes: Dim) -> Cost:
        return Cost(work.macs - work.masked, nbytes, peak.rate, device.bandwidth)

    first = read_at_least(found.graph, found.asked.dtypes)
    return Bounds(
        found,
        device,
        peak,
        cost(found.prefill, first + found.cache),
        cost(found.decode, found.weights_needed + found.cache),
    )
