"""Lower bounds of the time that a network takes on a device: the roofline of Williams et al. 2009, doi:10.1145/1498765.1498785.

A layer takes at least as long as its operations at the device's peak, and at least as long as its bytes at the bandwidth. One after
the other, layers take at least the sum. However they are joined, the network takes at least as long as all operations, and as
the bytes of its input, its weights and its output.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Literal, TypeAlias

import msgspec

from archcalc.devices.device import Device, Peak
from archcalc.devices.products import fewest, written
from archcalc.devices.traffic import Moved, Traffic
from archcalc.errors import SpecError
from archcalc.layers.registry import Family
from archcalc.memory_plan.weights import Dtypes, bytes_held
from archcalc.network.parts import proper
from archcalc.profiling.rows import Profile
from archcalc.symbols.dims import Dim, Shape
from archcalc.symbols.sums import repeated

Bound: TypeAlias = Literal["compute", "memory", ""]
Products: TypeAlias = Literal["written", "fewest"]


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """The settings of bounds: dtypes, what products are added in, and the ways of computing that they hold for.

    With `fused` elementwise layers move nothing, with `masked` products that a mask hides are computed all the same, and with
    the `products` "fewest" convolutions take as few as they can.
    """

    dtype: str = "fp32"
    weights: str | None = None
    accumulate: str | None = None
    fused: bool = False
    masked: bool = False
    products: Products = "written"

    @property
    def dtypes(self) -> Dtypes:
        """The dtypes of weights and activations, of which the second is that of products."""
        return Dtypes(self.weights or self.dtype, self.dtype, stated=self.weights is None)


class Cost(msgspec.Struct, frozen=True):
    """Operations and bytes on a device, with the least time in seconds that they take, None where letters leave it open."""

    macs: Dim
    bytes: Dim
    rate: Fraction
    bandwidth: Fraction

    @property
    def flops(self) -> Dim:
        """Operations: two for each multiply-accumulate."""
        return 2 * self.macs

    @property
    def intensity(self) -> Fraction | None:
        """Operations for each byte; None if it moves none, or for letters."""
        known = isinstance(self.bytes, int) and isinstance(self.flops, int) and self.bytes
        return Fraction(self.flops, self.bytes) if known else None

    @property
    def compute(self) -> Fraction | None:
        """The seconds that its operations take at least."""
        return self.flops / self.rate if isinstance(self.flops, int) else None

    @property
    def memory(self) -> Fraction | None:
        """The seconds that its bytes take at least."""
        return self.bytes / self.bandwidth if isinstance(self.bytes, int) else None

    @property
    def seconds(self) -> Fraction | None:
        """The least time: the longer of the two."""
        return None if self.compute is None or self.memory is None else max(self.compute, self.memory)

    @property
    def bound(self) -> Bound:
        """The reason of the least time; empty where that is 0 or open."""
        if not self.seconds:
            return ""
        return "compute" if self.compute == self.seconds else "memory"


class LayerBound(msgspec.Struct, frozen=True):
    """A layer with its cost, in one repetition of `times`."""

    name: str
    kind: str
    family: Family
    output: Shape
    moved: Moved
    cost: Cost
    times: Dim = 1
    uncounted: bool = False


class Roofline(msgspec.Struct, frozen=True):
    """The bounds of a network's layers on a device, and of the network as one."""

    profile: Profile
    device: Device
    peak: Peak
    asked: Asked
    rows: tuple[LayerBound, ...]
    # The multiply-accumulates that the layers write, if fewer are counted.
    written: Dim
    # The costs of the network if each byte of its input, weights and output is moved once, and nothing else.
    whole: Cost
    # The weights in memory, of all experts too.
    weight_bytes: Dim

    @property
    def ridge(self) -> Fraction:
        """The operations for each byte above which a layer is bound by its operations."""
        return self.device.ridge(self.peak)

    @property
    def total(self) -> Cost:
        """The operations and bytes of all layers."""
        macs = repeated((row.cost.macs, row.times) for row in self.rows)
        nbytes = repeated((row.cost.bytes, row.times) for row in self.rows)
        return Cost(macs, nbytes, self.peak.rate, self.device.bandwidth)

    @property
    def seconds(self) -> Fraction | None:
        """The least time of the layers one after the other; None if letters leave it open."""
        total = Fraction(0)
        for row in self.rows:
            own = row.cost.seconds
            if own is None or not isinstance(row.times, int):
                return None
            total += own * row.times
        return total

    def used(self, seconds: Fraction, passes: int = 1) -> Fraction:
        """The share of the device's peak in a measured time of so many passes, called MFU (Chowdhery et al. 2022, arXiv:2204.02311).

        Raises SpecError if letters leave the operations open.
        """
        flops = 2 * self.written
        if not isinstance(flops, int):
            raise SpecError("a measured time is held against numbers, and the network has letters", None, _NUMBERS)
        return passes * flops / (seconds * self.peak.rate)

    @property
    def uncounted(self) -> tuple[str, ...]:
        """The kinds of layer whose operations depend on values, or are not known."""
        return tuple(dict.fromkeys(row.kind for row in self.rows if row.uncounted))


_NUMBERS = "give each letter a number with --set, --input or --batch"


def roofline(profile: Profile, device: Device, asked: Asked | None = None) -> Roofline:
    """The bounds of a network on a device; raises SpecError if that has no peak for the dtype.

    >>> from archcalc.devices.known import device as named
    >>> from archcalc.profiling.engine import profile
    >>> from archcalc.language import load
    >>> found = roofline(profile(load("vgg16")), named("v100"))
    >>> found.total.flops, found.rows[0].name, found.rows[0].cost.bound
    (30940528640, 'conv1_1', 'memory')
    """
    asked = asked or Asked()
    peak = device.peak(asked.dtype, asked.accumulate)
    graph, batch = proper(profile.graph), profile.batch
    traffic = Traffic(graph, batch, asked.dtypes, fused=asked.fused)
    rows, every = [], list[tuple[Dim, Dim]]()
    for node, moved, varies in zip(graph.nodes, traffic.moved, traffic.varies, strict=True):
        shapes = tuple(graph.nodes[i].shape for i in node.inputs)
        samples = batch if varies else 1
        macs = written(node.layer.work_for(samples, node.shape, *shapes), masked=asked.masked)
        own = fewest(node.layer, node.shape, *shapes) if asked.products == "fewest" and len(shapes) == 1 else None
        every.append((macs, node.times))
        cost = Cost(macs if own is None else samples * own, moved.bytes, peak.rate, device.bandwidth)
        if moved.bytes != 0 or cost.macs != 0:
            uncounted = node.layer.uncounted or not node.layer.runs
            about = node.name, node.layer.kind, node.layer.family, node.shape
            rows.append(LayerBound(*about, moved, cost, node.times, uncounted))
    macs = repeated((row.cost.macs, row.times) for row in rows)
    whole = Cost(macs, traffic.compulsory, peak.rate, device.bandwidth)
    held = bytes_held(graph, asked.dtypes)
    return Roofline(profile, device, peak, asked, tuple(rows), repeated(every), whole, held)
