"""Twins of the kinds that move values between places and channels."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import nn
from torch.nn import functional

from archcalc.layers import Layer
from tests.layers.inputs import Shape
from tests.layers.torch_axes import kept, positions
from tests.layers.torch_function import Function
from tests.layers.torch_margins import around, margins, pad, per_axis


def roll(k: Layer, x: Shape) -> nn.Module:
    at = [axis for axis in range(len(x)) if axis != kept(x)] if k.axes is None else positions(k.axes, x)
    if len(set(at)) < max(len(at), 1):
        raise ValueError("no axis twice, and at least one")
    shifts = per_axis(k.shifts, len(at))
    return Function(lambda t: torch.roll(t, shifts, [axis + 1 for axis in at]))


def unfold(k: Layer, x: Shape) -> nn.Module:
    """torch has all places in a row, now and then at the beginning of a longer array."""
    sides = list(around(k, x, k.stride))
    whole = [n + before + after for n, (before, after) in zip(x[1:], sides, strict=True)]
    steps = zip(whole, *(per_axis(f, 2) for f in (k.kernel, k.stride, k.dilation)), strict=True)
    places = [(n - d * (size - 1) - 1) // s + 1 for n, size, s, d in steps]
    windows = nn.Unfold(k.kernel, k.dilation, 0, k.stride)
    return nn.Sequential(pad(sides), windows, Function(lambda t: t.clone().unflatten(2, places)))


def fold(k: Layer, x: Shape) -> nn.Module:
    """What lies in the padding is cut off afterwards, for torch has as much of it on either side."""
    size = per_axis(k.size, 2)
    sides = list(around(k, (1, *size), k.stride))
    whole = [n + before + after for n, (before, after) in zip(size, sides, strict=True)]
    windows = nn.Fold(whole, k.kernel, k.dilation, 0, k.stride)
    rows = Function(lambda t: t.flatten(2) if t.ndim == 4 else t.new_zeros(-1))
    steps = zip(whole, *(per_axis(f, 2) for f in (k.kernel, k.stride, k.dilation)), strict=True)
    if len(x) == 3 and x[1:] != tuple((n - d * (size - 1) - 1) // s + 1 for n, size, s, d in steps):
        raise ValueError("as many places, and not along another axis")
    return nn.Sequential(rows, windows, pad([(-before, -after) for before, after in sides]))


def padded(k: Layer, x: Shape) -> nn.Module:
    if (k.margin is None) == (k.multiple is None):
        raise ValueError("one of them")
    if k.multiple is None:
        sides = margins(k.margin, len(x) - 1)
    else:
        sides = [(0, -n % m) for n, m in zip(x[1:], per_axis(k.multiple, len(x) - 1), strict=True)]
    if k.mode == "zeros":
        return pad(sides)
    if k.mode == "circular" and any(side > n for n, pair in zip(x[1:], sides, strict=True) for side in pair):
        raise ValueError("not round more than once")
    flat = [side for pair in reversed(sides) for side in pair]
    return Function(lambda t: functional.pad(t, flat, mode=k.mode))


def like(module: Callable[[Any], nn.Module]) -> nn.Module:
    """A function of one input and, where there is one, of the places of another, which no value is taken from."""

    def function(t: torch.Tensor, other: torch.Tensor | None = None) -> torch.Tensor:
        y = module(None if other is None else other.shape[2:])(t)
        return y if other is None else y + 0 * other.sum()

    return Function(function)


def crop(k: Layer, x: Shape, other: Shape | None = None) -> nn.Module:
    if (k.margin is None) == (other is None) or (other is not None and len(other) != len(x)):
        raise ValueError("one of them, along the same axes")
    sides = [] if k.margin is None else margins(k.margin, len(x) - 1)

    def cut(places: Any) -> nn.Module:
        found = (
            sides
            if places is None
            else [((n - m) // 2, n - m - (n - m) // 2) for n, m in zip(x[1:], places, strict=True)]
        )
        if places is not None and any(m > n for n, m in zip(x[1:], places, strict=True)):
            raise ValueError("nothing beyond it")
        return pad([(-before, -after) for before, after in found])

    return like(cut)


def resize(k: Layer, x: Shape, other: Shape | None = None) -> nn.Module:
    if (k.size is None) == (other is None) or (other is not None and len(other) != len(x)):
        raise ValueError("one of them, along the same axes")
    mode = "nearest" if k.mode == "nearest" else {3: "bilinear", 4: "trilinear"}.get(len(x), "linear")
    size = None if k.size is None else per_axis(k.size, len(x) - 1)

    return like(lambda places: nn.Upsample(size or tuple(places), mode=mode))


PLACE_TWINS: dict[str, Callable[..., nn.Module]] = {
    "crop": crop,
    "fold": fold,
    "pad": padded,
    "pixelunshuffle": lambda k, _x: nn.PixelUnshuffle(k.factor),
    "resize": resize,
    "roll": roll,
    "unfold": unfold,
}
