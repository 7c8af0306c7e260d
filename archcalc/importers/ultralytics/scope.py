"""The places of modules inside each other, and the nodes that they add."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import NamedTuple, TypeAlias

from archcalc.errors import Place, SpecError
from archcalc.importers.alike_sizes import with_one_size
from archcalc.layers.base import Layer
from archcalc.layers.conv import Conv2d
from archcalc.layers.norm import BatchNorm2d
from archcalc.network.graph import Builder
from archcalc.symbols.dims import Shape

_MAX_NODES = 50_000
# A size of a kernel, one for both axes or one for each.
Size: TypeAlias = "int | tuple[int, int]"


class Net:
    """A network that is being built, with its activation function; `legacy` is true for the heads before YOLO11."""

    def __init__(self, activation: Layer) -> None:
        self.builder = Builder(most=_MAX_NODES)
        self.activation = activation
        self.legacy = True
        self.uses: Counter[str] = Counter()


class Scope(NamedTuple):
    """One module in a network: its name, and the modules around it."""

    net: Net
    name: str
    blocks: tuple[str, ...]
    place: Place

    def inside(self, part: str, module: str) -> Scope:
        """A module that is a part of this one."""
        self.net.uses[module] += 1
        return self._replace(name=f"{self.name}/{part}", blocks=(*self.blocks, f"{module}:{self.net.uses[module]}"))

    def add(self, part: str, layer: Layer, *inputs: int) -> int:
        """The position of a new node, called as a part of the module."""
        name = f"{self.name}/{part}" if part else self.name
        return self.net.builder.add(name, with_one_size(layer), *inputs, place=self.place, blocks=self.blocks)

    def shape(self, position: int) -> Shape:
        """The shape of a node's output."""
        return self.net.builder.shape(position)


def channels_of(s: Scope, x: int) -> int:
    """The number of channels of a node."""
    channels = s.shape(x)[0]
    if not isinstance(channels, int):
        raise SpecError("the channels of the input must be a number", s.place)
    return channels


class Geometry(NamedTuple):
    """The settings of a convolution besides its filters; without a padding it keeps the size."""

    kernel: Size = 1
    stride: int = 1
    padding: int | None = None
    groups: int = 1
    dilation: int = 1

    @property
    def margins(self) -> Size:
        """The padding on each side."""
        if self.padding is not None:
            return self.padding
        each = (self.kernel, self.kernel) if isinstance(self.kernel, int) else self.kernel
        rows, columns = (((k - 1) * self.dilation + 1) // 2 for k in each)
        return rows if rows == columns else (rows, columns)


ONE = Geometry()
THREE = Geometry(3)


def linear_conv(s: Scope, x: int, out: int, geometry: Geometry = ONE) -> int:
    """A convolution without bias, and batch normalisation."""
    kernel, stride, _, groups, dilation = geometry
    layer = Conv2d(
        out=out, kernel=kernel, stride=stride, padding=geometry.margins, groups=groups, dilation=dilation, bias=False
    )
    return s.add("bn", BatchNorm2d(eps=1e-3), s.add("conv", layer, x))


def conv(s: Scope, x: int, out: int, geometry: Geometry = ONE) -> int:
    """A convolution without bias, batch normalisation, and the activation function of the network."""
    return s.add("act", s.net.activation, linear_conv(s, x, out, geometry))


def cv(s: Scope, part: str, x: int, out: int, geometry: Geometry = ONE) -> int:
    """A convolution with its normalisation and activation, as a part of a module."""
    return conv(s.inside(part, "Conv"), x, out, geometry)


def plain_cv(s: Scope, part: str, x: int, out: int, geometry: Geometry = ONE) -> int:
    """A convolution with its normalisation, as a part of a module."""
    return linear_conv(s.inside(part, "Conv"), x, out, geometry)


def share_of(channels: int, e: float) -> int:
    """A share of some channels, rounded down as ultralytics does."""
    return int(channels * e)


# A module by its inputs and arguments; several inputs for those that join or detect.
Module: TypeAlias = Callable[..., int]
MODULES: dict[str, Module] = {}


def module(*names: str) -> Callable[[Module], Module]:
    """Register what a module of some names adds."""

    def register(adds: Module) -> Module:
        MODULES.update(dict.fromkeys(names, adds))
        return adds

    return register
