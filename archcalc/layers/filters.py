"""Helpers shared by convolution and its transpose: filters, which may be in groups."""

from __future__ import annotations

from collections.abc import Iterator

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
