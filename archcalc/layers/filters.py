"""Helpers shared by convolution and its transpose: filters, which may be in groups."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

from archcalc.layers.base import Layer
from archcalc.layers.geometry import Geometry
from archcalc.layers.registry import Example, Family
from archcalc.layers.requirements import Requirement
from archcalc.layers.window import Window, whole_axis
from archcalc.layers.windows import blocks
from archcalc.symbols.dims import Dim, divides, quotient

# The einsum letters of the window's position along each axis, and of the taps of its kernel.
PLACES = ("", "x", "yx", "zyx")
TAPS = ("", "i", "ji", "kji")


def require_groups(groups: Dim, channels: Dim, out: Dim) -> Iterator[Requirement]:
    """The requirement that groups divide the channels on both sides."""
    yield divides(groups, channels), f"groups={groups} does not divide the {channels} input channels", "groups"
    yield divides(groups, out), f"groups={groups} does not divide the {out} output channels", "groups"


def by_group(groups: Dim, channels: Dim, out: Dim) -> Window:
    """The window of channels that each filter sees."""
    return whole_axis(channels) if groups == 1 else blocks(quotient(channels, groups), quotient(out, groups), channels)


class _Filtering(Layer, frozen=True):
    """A convolution either way: the fields `out`, `kernel`, `stride`, `padding`, `dilation`, `groups` and `bias` in use."""

    family: ClassVar[Family] = "conv"
    category: ClassVar[str] = "Convolution and transposed convolution over one, two or three axes"
    example: ClassVar[Example] = Example({"out": 64, "kernel": 3})

    # The two have fields of other types, and in another order, so each declares its own.
    def geometry(self: Any) -> Geometry:
        return Geometry(self.kernel, self.stride, self.padding, self.dilation)

    @property
    def filters(self: Any) -> Dim:
        return self.out

    @property
    def filter_groups(self: Any) -> Dim:
        return self.groups

    def variants(self: Any, _rank: int) -> Iterator[str]:
        if self.groups != 1:
            yield "in groups"
        if not self.bias:
            yield "without bias"
