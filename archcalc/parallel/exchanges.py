"""Exchanges between the layers of one device and those of others: arrays are gathered, reduced, cut and sent.

Each is a layer of one device's network, so that what is kept for the backward pass follows as for any other.
"""

from __future__ import annotations

from typing import ClassVar, Literal, TypeAlias

from archcalc.layers.base import Layer
from archcalc.layers.registry import Family
from archcalc.layers.strides import contiguous
from archcalc.parallel.plan import Group
from archcalc.symbols.dims import Shape

# What devices do together.
Collective: TypeAlias = Literal["all-reduce", "reduce-scatter", "all-gather", "all-to-all", "point to point"]


class _Exchange(Layer, frozen=True):
    """The base: a group of devices, the axis concerned, and the size that it has on one device afterwards."""

    family: ClassVar[Family] = "other"
    category: ClassVar[str] = "Exchanges"
    stores: ClassVar[Literal["output", "in place", "view"]] = "view"
    # What is sent for the output on the way forward, and for its gradient on the way back.
    forward_sends: ClassVar[Collective | None] = None
    backward_sends: ClassVar[Collective | None] = None

    group: Group
    axis: int = 0
    to: int = 0

    def output(self, x: Shape) -> Shape:
        return (*x[: self.axis], self.to or x[self.axis], *x[self.axis + 1 :])

    def view(self, x: Shape, strides: Shape) -> Shape:  # noqa: ARG002 - as overridden
        return contiguous(self.output(x))


# What is asked for is made by the functions below; this is what they make.
Exchange: TypeAlias = _Exchange


class _Gather(_Exchange, frozen=True):
    """The parts of all devices side by side. It is not kept for the backward pass, but gathered again (Korthikanti et al. 2022)."""

    kind: ClassVar[str] = "all-gather"
    forward_sends: ClassVar[Collective | None] = "all-gather"
    backward_sends: ClassVar[Collective | None] = "reduce-scatter"


class _GatherWhole(_Gather, frozen=True):
    """The same for a layer that each device then does in full, so that each has the whole gradient."""

    backward_sends: ClassVar[Collective | None] = None


class _Told(_Gather, frozen=True):
    """The expert of each slot, which is told beside the slots and is next to nothing."""

    kind: ClassVar[str] = "told"
    forward_sends: ClassVar[Collective | None] = None
    backward_sends: ClassVar[Collective | None] = None


class _Enter(_Exchange, frozen=True):
    """An array that is whole on each device, before layers of which each has a part: its gradient is a sum over them."""

    kind: ClassVar[str] = "enter"
    backward_sends: ClassVar[Collective | None] = "all-reduce"


class _Reduce(_Exchange, frozen=True):
    """The sum of the partial sums of all devices."""

    kind: ClassVar[str] = "all-reduce"
    stores: ClassVar[Literal["output", "in place", "view"]] = "in place"
    overwrites: ClassVar[bool] = True
    passes_gradient: ClassVar[bool] = True
    forward_sends: ClassVar[Collective | None] = "all-reduce"


class _Scatter(_Exchange, frozen=True):
    """The own part of the sum of the partial sums of all devices."""

    kind: ClassVar[str] = "reduce-scatter"
    stores: ClassVar[Literal["output", "in place", "view"]] = "output"
    forward_sends: ClassVar[Collective | None] = "reduce-scatter"
    backward_sends: ClassVar[Collective | None] = "all-gather"


class _Part(_Exchange, frozen=True):
    """The own part of an array that each device has whole."""

    kind: ClassVar[str] = "part"
    backward_sends: ClassVar[Collective | None] = "all-gather"


class _PartAlone(_Part, frozen=True):
    """The same where the gradient of a part is enough, since the weights' gradients are summed over the group anyway."""

    backward_sends: ClassVar[Collective | None] = None


class _Swap(_Exchange, frozen=True):
    """The slots of tokens on their way to the devices of their experts, or back; as many go to each."""

    kind: ClassVar[str] = "all-to-all"
    stores: ClassVar[Literal["output", "in place", "view"]] = "output"
    forward_sends: ClassVar[Collective | None] = "all-to-all"
    backward_sends: ClassVar[Collective | None] = "all-to-all"


def gather(group: Group, axis: int, to: int, *, partial: bool) -> Exchange:
    """An array put together; with `partial` its gradient is a sum over the devices."""
    return (_Gather if partial else _GatherWhole)(group, axis, to)


def told(group: Group, axis: int, to: int) -> Exchange:
    """The gates of all tokens of a group, by which experts know their slots."""
    return _Told(group, axis, to)


def enter(group: Group) -> Exchange:
    """The way into layers that a group divides."""
    return _Enter(group)


def reduced(group: Group) -> Exchange:
    """The sum on all devices."""
    return _Reduce(group)


def scattered(group: Group, axis: int, to: int) -> Exchange:
    """The sum, of which each device has a part."""
    return _Scatter(group, axis, to)


def part(group: Group, axis: int, to: int, *, alone: bool) -> Exchange:
    """A part of a whole array; `alone` where nothing has to come back."""
    return (_PartAlone if alone else _Part)(group, axis, to)


def swapped() -> Exchange:
    """The slots of tokens on their way to the experts or back."""
    return _Swap("experts")
