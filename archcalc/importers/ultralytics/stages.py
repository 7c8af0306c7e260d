# ruff: noqa: PLR0913, PLR0917 - a module has the arguments that it has in ultralytics
"""Stages of ultralytics: several blocks between convolutions by 1×1."""

from __future__ import annotations

from archcalc.errors import SpecError
from archcalc.importers.ultralytics.attention import area_block, psa_block, scaled_residual
from archcalc.importers.ultralytics.modules import bottleneck, cib, ghost_bottleneck, rep_bottleneck, rep_conv
from archcalc.importers.ultralytics.scope import (
    THREE,
    Geometry,
    Scope,
    Size,
    channels_of,
    cv,
    module,
    plain_cv,
    share_of,
)
from archcalc.layers.activation import ReLU, SiLU
from archcalc.layers.conv import Conv2d
from archcalc.layers.merge import Add, Concat
from archcalc.layers.norm import BatchNorm2d
from archcalc.layers.pool import MaxPool2d
from archcalc.layers.rearrange import Split


@module("C1")
def c1(s: Scope, x: int, out: int, n: int = 1) -> int:
    """Convolutions with a residual connection around all of them."""
    x = y = cv(s, "cv1", x, out)
    for i in range(n):
        y = cv(s, f"m/{i}", y, out, THREE)
    return s.add("add", Add(), y, x) if n else x


@module("C2")
def c2(s: Scope, x: int, out: int, n: int = 1, shortcut: bool = True, g: int = 1, e: float = 0.5) -> int:
    """Bottlenecks over a half of the channels."""
    half = share_of(out, e)
    both = cv(s, "cv1", x, 2 * half)
    first, second = (s.add(f"half{part}", Split(parts=2, part=part), both) for part in (0, 1))
    for i in range(n):
        first = bottleneck(s.inside(f"m/{i}", "Bottleneck"), first, half, shortcut, g, e=1.0)
    return cv(s, "cv2", s.add("concat", Concat(), first, second), out)


class _Growing:
    """The stage whose halves and blocks all lie side by side at its end."""

    def __init__(self, s: Scope, x: int, half: int) -> None:
        self.s = s
        self.whole = cv(s, "cv1", x, 2 * half)
        self.last = s.add("split", Split(parts=2, part=1), self.whole)
        self.blocks: list[int] = []

    def append(self, block: int) -> None:
        self.blocks.append(block)
        self.last = block

    def joined(self, out: int) -> int:
        """The last convolution over both halves and all blocks."""
        return cv(self.s, "cv2", self.s.add("concat", Concat(), self.whole, *self.blocks), out)


@module("C2f")
def c2f(s: Scope, x: int, out: int, n: int = 1, shortcut: bool = False, g: int = 1, e: float = 0.5) -> int:
    """Bottlenecks after each other over a half of the channels, side by side at the end (YOLOv8)."""
    half = share_of(out, e)
    stage = _Growing(s, x, half)
    for i in range(n):
        stage.append(bottleneck(s.inside(f"m/{i}", "Bottleneck"), stage.last, half, shortcut, g, e=1.0))
    return stage.joined(out)


@module("C3k2")
def c3k2(
    s: Scope,
    x: int,
    out: int,
    n: int = 1,
    c3k: bool = False,
    e: float = 0.5,
    attn: bool = False,
    g: int = 1,
    shortcut: bool = True,
) -> int:
    """The stage of YOLO11, of bottlenecks, of small stages, or of bottlenecks with attention."""
    half = share_of(out, e)
    stage = _Growing(s, x, half)
    for i in range(n):
        if attn:
            y = bottleneck(s.inside(f"m/{i}/0", "Bottleneck"), stage.last, half, shortcut, g)
            y = psa_block(s.inside(f"m/{i}/1", "PSABlock"), y, max(half // 64, 1))
        elif c3k:
            y = small_stage(s.inside(f"m/{i}", "C3k"), stage.last, half, shortcut, g)
        else:
            y = bottleneck(s.inside(f"m/{i}", "Bottleneck"), stage.last, half, shortcut, g)
        stage.append(y)
    return stage.joined(out)


@module("C2fCIB")
def c2fcib(
    s: Scope, x: int, out: int, n: int = 1, shortcut: bool = False, lk: bool = False, g: int = 1, e: float = 0.5
) -> int:
    """The stage of YOLOv10."""
    del g
    half = share_of(out, e)
    stage = _Growing(s, x, half)
    for i in range(n):
        stage.append(cib(s.inside(f"m/{i}", "CIB"), stage.last, half, shortcut, lk))
    return stage.joined(out)


def _crossed(s: Scope, x: int, out: int, n: int, shortcut: bool, g: int, e: float, kernels: tuple[Size, Size]) -> int:
    """Bottlenecks in one branch, and nothing in another beside it."""
    hidden = share_of(out, e)
    y = cv(s, "cv1", x, hidden)
    for i in range(n):
        y = bottleneck(s.inside(f"m/{i}", "Bottleneck"), y, hidden, shortcut, g, kernels, 1.0)
    return cv(s, "cv3", s.add("concat", Concat(), y, cv(s, "cv2", x, hidden)), out)


@module("C3")
def c3(s: Scope, x: int, out: int, n: int = 1, shortcut: bool = True, g: int = 1, e: float = 0.5) -> int:
    """The stage of YOLOv5."""
    return _crossed(s, x, out, n, shortcut, g, e, (1, 3))


@module("C3x")
def c3x(s: Scope, x: int, out: int, n: int = 1, shortcut: bool = True, g: int = 1, e: float = 0.5) -> int:
    """The stage of YOLOv5 with kernels of 1×3 and 3×1."""
    return _crossed(s, x, out, n, shortcut, g, e, ((1, 3), (3, 1)))


def small_stage(s: Scope, x: int, out: int, shortcut: bool, g: int) -> int:
    """Two bottlenecks in a branch, as blocks of YOLO11 and YOLO12."""
    return _crossed(s, x, out, 2, shortcut, g, 0.5, (3, 3))


@module("C3Ghost")
def c3ghost(s: Scope, x: int, out: int, n: int = 1, shortcut: bool = True, g: int = 1, e: float = 0.5) -> int:
    """The stage of YOLOv5 with ghost bottlenecks."""
    del shortcut, g
    hidden = share_of(out, e)
    y = cv(s, "cv1", x, hidden)
    for i in range(n):
        y = ghost_bottleneck(s.inside(f"m/{i}", "GhostBottleneck"), y, hidden)
    return cv(s, "cv3", s.add("concat", Concat(), y, cv(s, "cv2", x, hidden)), out)


@module("RepC3")
def rep_c3(s: Scope, x: int, out: int, n: int = 3, e: float = 1.0) -> int:
    """Convolutions of two sizes, added to a branch beside them."""
    hidden = share_of(out, e)
    y = cv(s, "cv1", x, hidden)
    beside = cv(s, "cv2", x, hidden)
    for i in range(n):
        y = rep_conv(s.inside(f"m/{i}", "RepConv"), y, hidden)
    y = s.add("add", Add(), y, beside)
    return cv(s, "cv3", y, out) if hidden != out else y


def rep_csp(s: Scope, x: int, out: int, n: int) -> int:
    """Bottlenecks of two sizes in a branch."""
    hidden = share_of(out, 0.5)
    y = cv(s, "cv1", x, hidden)
    for i in range(n):
        y = rep_bottleneck(s.inside(f"m/{i}", "RepBottleneck"), y, hidden, shortcut=True, g=1)
    return cv(s, "cv3", s.add("concat", Concat(), y, cv(s, "cv2", x, hidden)), out)


@module("RepNCSPELAN4")
def elan(s: Scope, x: int, out: int, c3: int, c4: int, n: int = 1) -> int:
    """The stage of YOLOv9."""
    whole = cv(s, "cv1", x, c3)
    y = s.add("split", Split(parts=2, part=1), whole)
    blocks = [whole]
    for part in ("cv2", "cv3"):
        y = rep_csp(s.inside(f"{part}/0", "RepCSP"), y, c4, n)
        y = cv(s, f"{part}/1", y, c4, THREE)
        blocks.append(y)
    return cv(s, "cv4", s.add("concat", Concat(), *blocks), out)


@module("ELAN1")
def elan1(s: Scope, x: int, out: int, c3: int, c4: int) -> int:
    """The first stage of the small YOLOv9."""
    whole = cv(s, "cv1", x, c3)
    y = s.add("split", Split(parts=2, part=1), whole)
    second = cv(s, "cv2", y, c4, THREE)
    third = cv(s, "cv3", second, c4, THREE)
    return cv(s, "cv4", s.add("concat", Concat(), whole, second, third), out)


@module("BottleneckCSP")
def bottleneck_csp(s: Scope, x: int, out: int, n: int = 1, shortcut: bool = True, g: int = 1, e: float = 0.5) -> int:
    """Bottlenecks in one branch, both branches normalised together."""
    hidden = share_of(out, e)
    y = cv(s, "cv1", x, hidden)
    for i in range(n):
        y = bottleneck(s.inside(f"m/{i}", "Bottleneck"), y, hidden, shortcut, g, e=1.0)
    y = s.add("cv3", Conv2d(out=hidden, kernel=1, bias=False), y)
    beside = s.add("cv2", Conv2d(out=hidden, kernel=1, bias=False), x)
    y = s.add("bn", BatchNorm2d(eps=1e-3), s.add("concat", Concat(), y, beside))
    return cv(s, "cv4", s.add("act", SiLU(), y), out)


@module("A2C2f")
def a2c2f(
    s: Scope,
    x: int,
    out: int,
    n: int = 1,
    a2: bool = True,
    area: int = 1,
    residual: bool = False,
    ratio: float = 2.0,
    e: float = 0.5,
    g: int = 1,
    shortcut: bool = True,
) -> int:
    """The stage of YOLO12, of attention in areas or of small stages."""
    hidden = share_of(out, e)
    if hidden % 32 or not hidden:
        raise SpecError(f"A2C2f has heads of 32 channels, which do not divide {hidden}", s.place)
    y = [cv(s, "cv1", x, hidden)]
    for i in range(n):
        last = y[-1]
        if a2:
            for j in (0, 1):
                last = area_block(s.inside(f"m/{i}/{j}", "ABlock"), last, hidden // 32, ratio, area)
        else:
            last = small_stage(s.inside(f"m/{i}", "C3k"), last, hidden, shortcut, g)
        y.append(last)
    end = cv(s, "cv2", s.add("concat", Concat(), *y) if len(y) > 1 else y[0], out)
    return scaled_residual(s, x, end) if a2 and residual else end


@module("ResNetLayer")
def resnet_layer(
    s: Scope, x: int, c1: int, c2: int, stride: int = 1, first: bool = False, n: int = 1, e: int = 4
) -> int:
    """The first convolution and pool of a ResNet, or bottlenecks that put out `e` times the channels of their middle."""
    if c1 != channels_of(s, x):
        raise SpecError(f"ResNetLayer is told of {c1} channels, and reads {channels_of(s, x)}", s.place)
    if first:
        x = cv(s, "layer/0", x, c2, Geometry(7, 2, 3))
        return s.add("layer/1", MaxPool2d(kernel=3, stride=2, padding=1), x)
    for i in range(n):
        x = _resnet_block(s.inside(f"layer/{i}", "ResNetBlock"), x, c2, stride if i == 0 else 1, e)
    return x


def _resnet_block(s: Scope, x: int, middle: int, stride: int, e: int) -> int:
    """Three convolutions, around which the input goes by one of 1×1 where its size changes."""
    wide = e * middle
    y = cv(s, "cv2", cv(s, "cv1", x, middle), middle, Geometry(3, stride, 1))
    y = plain_cv(s, "cv3", y, wide)
    if stride != 1 or channels_of(s, x) != wide:
        x = plain_cv(s, "shortcut/0", x, wide, Geometry(1, stride))
    return s.add("act", ReLU(), s.add("add", Add(), y, x))
