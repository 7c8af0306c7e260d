# ruff: noqa: PLR0913, PLR0917 - a module has the arguments that it has in ultralytics
"""Convolutions and pools of ultralytics, and bottlenecks of them."""

from __future__ import annotations

from math import gcd

from archcalc.errors import SpecError
from archcalc.importers.ultralytics.scope import (
    ONE,
    THREE,
    Geometry,
    Scope,
    Size,
    channels_of,
    conv,
    cv,
    linear_conv,
    module,
    plain_cv,
    share_of,
)
from archcalc.layers.activation import Identity, SiLU
from archcalc.layers.adaptive import AdaptiveAvgPool2d
from archcalc.layers.conv import Conv2d
from archcalc.layers.conv_transpose import ConvTranspose2d
from archcalc.layers.linear import Linear
from archcalc.layers.margins import Pad
from archcalc.layers.merge import Add, Concat
from archcalc.layers.norm import BatchNorm2d
from archcalc.layers.patches import PixelUnshuffle
from archcalc.layers.pool import AvgPool2d, MaxPool2d
from archcalc.layers.rearrange import Flatten, Split
from archcalc.layers.resample import Upsample
from archcalc.layers.softmax import Softmax


@module("Conv")
def conv_row(
    s: Scope,
    x: int,
    out: int,
    k: int = 1,
    stride: int = 1,
    p: int | None = None,
    g: int = 1,
    d: int = 1,
    act: bool = True,
) -> int:
    """A convolution with its normalisation and activation."""
    geometry = Geometry(k, stride, p, g, d)
    return conv(s, x, out, geometry) if act else linear_conv(s, x, out, geometry)


@module("DWConv")
def depthwise(s: Scope, x: int, out: int, k: int = 1, stride: int = 1, d: int = 1, act: bool = True) -> int:
    """A convolution in as many groups as inputs and outputs allow."""
    geometry = Geometry(k, stride, None, gcd(channels_of(s, x), out), d)
    return conv(s, x, out, geometry) if act else linear_conv(s, x, out, geometry)


@module("nn.Conv2d")
def bare_conv(
    s: Scope, x: int, c1: int, out: int, k: int, stride: int = 1, p: int = 0, d: int = 1, g: int = 1, bias: bool = True
) -> int:
    """A convolution alone, which is told the channels that it reads."""
    if c1 != channels_of(s, x):
        raise SpecError(f"nn.Conv2d is told of {c1} channels, and reads {channels_of(s, x)}", s.place)
    return s.add("", Conv2d(out=out, kernel=k, stride=stride, padding=p, dilation=d, groups=g, bias=bias), x)


@module("nn.ConvTranspose2d")
def bare_transpose(
    s: Scope, x: int, out: int, k: int, stride: int = 1, p: int = 0, extra: int = 0, g: int = 1, bias: bool = True
) -> int:
    """A transposed convolution alone."""
    layer = ConvTranspose2d(out=out, kernel=k, stride=stride, padding=p, output_padding=extra, groups=g, bias=bias)
    return s.add("", layer, x)


@module("DWConvTranspose2d")
def depthwise_transpose(s: Scope, x: int, out: int, k: int = 1, stride: int = 1, p: int = 0, extra: int = 0) -> int:
    """A transposed convolution in as many groups as inputs and outputs allow."""
    return bare_transpose(s, x, out, k, stride, p, extra, gcd(channels_of(s, x), out))


@module("ConvTranspose")
def transpose(
    s: Scope, x: int, out: int, k: int = 2, stride: int = 2, p: int = 0, bn: bool = True, act: bool = True
) -> int:
    """A transposed convolution with its normalisation and activation."""
    x = s.add("conv_transpose", ConvTranspose2d(out=out, kernel=k, stride=stride, padding=p, bias=not bn), x)
    x = s.add("bn", BatchNorm2d(eps=1e-3), x) if bn else x
    return s.add("act", s.net.activation, x) if act else x


@module("nn.Upsample")
def upsample(s: Scope, x: int, size: None = None, scale: int = 1, mode: str = "nearest") -> int:
    """An image some times as large."""
    if mode not in {"nearest", "bilinear"}:
        raise SpecError(f"nn.Upsample of mode {mode[:60]} is not read", s.place)
    del size
    return s.add("", Upsample(scale=scale, mode="nearest" if mode == "nearest" else "linear"), x)


@module("nn.MaxPool2d")
def max_pool(s: Scope, x: int, k: int, stride: int | None = None, p: int = 0) -> int:
    """The largest value of each window."""
    return s.add("", MaxPool2d(kernel=k, stride=stride, padding=p), x)


@module("nn.ZeroPad2d")
def zero_pad(s: Scope, x: int, sides: tuple[int, ...]) -> int:
    """Zeroes on the left, right, top and bottom."""
    if len(sides) != 4:
        raise SpecError("nn.ZeroPad2d has four margins", s.place)
    left, right, top, bottom = sides
    return s.add("", Pad(margin=((top, bottom), (left, right))), x)


@module("nn.Identity")
def identity(s: Scope, x: int) -> int:
    """The input unchanged."""
    return s.add("", Identity(), x)


@module("nn.BatchNorm2d")
def bare_norm(s: Scope, x: int) -> int:
    """Batch normalisation alone."""
    return s.add("", BatchNorm2d(eps=1e-3), x)


@module("Focus")
def focus(s: Scope, x: int, out: int, k: int = 1, stride: int = 1, p: int | None = None, g: int = 1) -> int:
    """Every second pixel in channels of its own, and a convolution."""
    x = s.add("unshuffle", PixelUnshuffle(factor=2), x)
    return cv(s, "conv", x, out, Geometry(k, stride, p, g))


@module("Classify")
def classify(s: Scope, x: int, out: int, k: int = 1, stride: int = 1, p: int | None = None, g: int = 1) -> int:
    """The head of a classifier: 1,280 features, their mean over the image, and a dense layer."""
    x = cv(s, "conv", x, 1280, Geometry(k, stride, p, g))
    x = s.add("pool", AdaptiveAvgPool2d(size=1), x)
    x = s.add("flatten", Flatten(), x)
    return s.add("softmax", Softmax(), s.add("linear", Linear(out=out), x))


@module("SCDown")
def scdown(s: Scope, x: int, out: int, k: int, stride: int) -> int:
    """A convolution by 1×1, and one of each channel that makes the image smaller."""
    x = cv(s, "cv1", x, out)
    return plain_cv(s, "cv2", x, out, Geometry(k, stride, None, out))


@module("AConv")
def aconv(s: Scope, x: int, out: int) -> int:
    """The mean of 2×2 pixels, and a convolution that makes the image smaller."""
    x = s.add("pool", AvgPool2d(kernel=2, stride=1), x)
    return cv(s, "cv1", x, out, Geometry(3, 2, 1))


@module("ADown")
def adown(s: Scope, x: int, out: int) -> int:
    """The mean of 2×2 pixels; a half of it by convolution, the other by the largest value of each window."""
    x = s.add("pool", AvgPool2d(kernel=2, stride=1), x)
    first, second = (s.add(f"half{part}", Split(parts=2, part=part), x) for part in (0, 1))
    first = cv(s, "cv1", first, out // 2, Geometry(3, 2, 1))
    second = s.add("maxpool", MaxPool2d(kernel=3, stride=2, padding=1), second)
    return s.add("concat", Concat(), first, cv(s, "cv2", second, out // 2, Geometry(1, 1, 0)))


@module("SPP")
def spp(s: Scope, x: int, out: int, sizes: tuple[int, ...] = (5, 9, 13)) -> int:
    """Pools of several sizes beside each other."""
    x = cv(s, "cv1", x, channels_of(s, x) // 2)
    pools = [s.add(f"m/{i}", MaxPool2d(kernel=k, stride=1, padding=k // 2), x) for i, k in enumerate(sizes)]
    return cv(s, "cv2", s.add("concat", Concat(), x, *pools) if pools else x, out)


@module("SPPF")
def sppf(s: Scope, x: int, out: int, k: int = 5, n: int | None = None, shortcut: bool = False) -> int:
    """Pools of one size after each other; a row without their number is older than the first convolution without activation."""
    hidden = channels_of(s, x) // 2
    y = [cv(s, "cv1", x, hidden) if n is None else plain_cv(s, "cv1", x, hidden)]
    for i in range(3 if n is None else n):
        y.append(s.add(f"m/{i}", MaxPool2d(kernel=k, stride=1, padding=k // 2), y[-1]))
    found = cv(s, "cv2", s.add("concat", Concat(), *y) if len(y) > 1 else y[0], out)
    return s.add("add", Add(), found, x) if shortcut and channels_of(s, x) == out else found


@module("SPPELAN")
def sppelan(s: Scope, x: int, out: int, hidden: int, k: int = 5) -> int:
    """Three pools after each other, with all that they put out side by side."""
    y = [cv(s, "cv1", x, hidden)]
    for part in ("cv2", "cv3", "cv4"):
        y.append(s.add(part, MaxPool2d(kernel=k, stride=1, padding=k // 2), y[-1]))
    return cv(s, "cv5", s.add("concat", Concat(), *y), out)


@module("GhostConv")
def ghost_conv(s: Scope, x: int, out: int, k: int = 1, stride: int = 1, g: int = 1, act: bool = True) -> int:
    """A half of the maps by convolution, the other from these by one of each channel."""
    half = out // 2
    add = cv if act else plain_cv
    x = add(s, "cv1", x, half, Geometry(k, stride, None, g))
    return s.add("concat", Concat(), x, add(s, "cv2", x, half, Geometry(5, 1, None, half)))


@module("GhostBottleneck")
def ghost_bottleneck(s: Scope, x: int, out: int, k: int = 3, stride: int = 1) -> int:
    """Two ghost convolutions with a residual connection."""
    hidden, c1 = out // 2, channels_of(s, x)
    y = ghost_conv(s.inside("conv/0", "GhostConv"), x, hidden)
    if stride == 2:
        y = plain_cv(s, "conv/1", y, hidden, Geometry(k, stride, None, hidden))
    y = ghost_conv(s.inside("conv/2", "GhostConv"), y, out, act=False)
    if stride == 2:
        x = plain_cv(s, "shortcut/0", x, c1, Geometry(k, stride, None, c1))
        x = plain_cv(s, "shortcut/1", x, out)
    return s.add("add", Add(), y, x)


@module("Bottleneck")
def bottleneck(
    s: Scope,
    x: int,
    out: int,
    shortcut: bool = True,
    g: int = 1,
    k: tuple[Size, Size] = ((3, 3), (3, 3)),
    e: float = 0.5,
) -> int:
    """Two convolutions, with a residual connection where the channels are the same."""
    first, second = k
    y = cv(s, "cv1", x, share_of(out, e), Geometry(first))
    y = cv(s, "cv2", y, out, Geometry(second, 1, None, g))
    return s.add("add", Add(), x, y) if shortcut and channels_of(s, x) == out else y


def rep_conv(s: Scope, x: int, out: int) -> int:
    """A convolution by 3×3 and one by 1×1, added up."""
    both = plain_cv(s, "conv1", x, out, THREE), plain_cv(s, "conv2", x, out, ONE)
    # It has an activation function of its own, whatever that of the network is.
    return s.add("act", SiLU(), s.add("add", Add(), *both))


def rep_bottleneck(s: Scope, x: int, out: int, shortcut: bool, g: int) -> int:
    """A bottleneck whose first convolution is one of two sizes."""
    y = rep_conv(s.inside("cv1", "RepConv"), x, out)
    y = cv(s, "cv2", y, out, Geometry(3, 1, None, g))
    return s.add("add", Add(), x, y) if shortcut and channels_of(s, x) == out else y


def cib(s: Scope, x: int, out: int, shortcut: bool, lk: bool) -> int:
    """Convolutions of each channel between such by 1×1, with a residual connection (YOLOv10)."""
    c1, wide = channels_of(s, x), 2 * out
    y = cv(s, "cv1/0", x, c1, Geometry(3, 1, None, c1))
    y = cv(s, "cv1/1", y, wide)
    if lk:
        inner = s.inside("cv1/2", "RepVGGDW")
        both = (
            plain_cv(inner, "conv", y, wide, Geometry(7, 1, 3, wide)),
            plain_cv(inner, "conv1", y, wide, Geometry(3, 1, 1, wide)),
        )
        y = inner.add("act", SiLU(), inner.add("add", Add(), *both))
    else:
        y = cv(s, "cv1/2", y, wide, Geometry(3, 1, None, wide))
    y = cv(s, "cv1/3", y, out)
    y = cv(s, "cv1/4", y, out, Geometry(3, 1, None, out))
    return s.add("add", Add(), x, y) if shortcut and c1 == out else y
