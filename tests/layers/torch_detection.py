"""Twins of deformable convolution, of fixed filters, and of what detectors do with boxes, written with torch's own parts."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import product
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from archcalc.layers import Layer
from tests.layers.inputs import Shape
from tests.layers.torch_function import Function
from tests.layers.torch_margins import around, pad, per_axis


def deformed(k: Layer, x: Shape, offsets: Shape, mask: Shape | None = None) -> nn.Module:
    """Every tap of every place sampled from a grid, and a 1x1 convolution of what was sampled."""
    kernel, stride, dilation = (per_axis(field, 2) for field in (k.kernel, k.stride, k.dilation))
    sides = list(around(k, x, k.stride))
    places = [
        (n + sum(s) - d * (m - 1) - 1) // t + 1
        for n, s, m, t, d in zip(x[1:], sides, kernel, stride, dilation, strict=True)
    ]
    count, groups = kernel[0] * kernel[1], k.offset_groups
    fits = offsets == (2 * groups * count, *places) and mask in {None, (groups * count, *places)}
    if len(x) != 3 or min(places) < 1 or x[0] % k.groups or k.out % k.groups or x[0] % groups or not fits:
        raise ValueError("torchvision takes no others")

    def sampled(t: Tensor, moves: Tensor, weights: Tensor | None) -> Tensor:
        found = []
        rows, columns = torch.meshgrid(*map(torch.arange, places), indexing="ij")
        for group, (tap, (i, j)) in product(range(groups), enumerate(product(*map(range, kernel)))):
            at = moves[:, 2 * (group * count + tap) :][:, :2]
            y = rows * stride[0] - sides[0][0] + i * dilation[0] + at[:, 0]
            z = columns * stride[1] - sides[1][0] + j * dilation[1] + at[:, 1]
            grid = torch.stack([(2 * z + 1) / x[2] - 1, (2 * y + 1) / x[1] - 1], -1)
            part = functional.grid_sample(t.chunk(groups, 1)[group], grid, align_corners=False)
            found.append(part if weights is None else part * weights[:, group * count + tap, None])
        return torch.cat([torch.stack(found[g * count : (g + 1) * count], 2) for g in range(groups)], 1)

    def convolved(
        t: Tensor, moves: Tensor, weights: Tensor | None = None, *, weight: Tensor, bias: Any = None
    ) -> Tensor:
        return functional.conv2d(
            sampled(t, moves, weights).flatten(1, 2), weight.flatten(1)[..., None, None], bias, groups=k.groups
        )

    arrays = {"weight": (k.out, x[0] // k.groups, *kernel), **({"bias": (k.out,)} if k.bias else {})}
    return Function(convolved, **arrays)


class Blur(nn.Module):
    """A depthwise convolution whose filter is a buffer."""

    def __init__(self, k: Layer, x: Shape) -> None:
        super().__init__()
        self.stride, self.padded = k.stride, pad(list(around(k, x, k.stride)))
        self.convolution = (functional.conv1d, functional.conv2d, functional.conv3d)[k.rank - 1]
        self.register_buffer("filter", torch.zeros(x[0], 1, *per_axis(k.kernel, k.rank)))

    def forward(self, t: Tensor) -> Tensor:
        return self.convolution(self.padded(t), self.filter, None, self.stride, groups=len(self.filter))


def anchors(k: Layer, x: Shape) -> nn.Module:
    """As torchvision's AnchorGenerator: ratio by ratio, size by size, row by row."""
    if len(x) != 3 or not k.sizes or not k.ratios:
        raise ValueError("an image, a size and a ratio")

    def function(t: Tensor) -> Tensor:
        boxes = []
        for row, column in product(range(x[1]), range(x[2])):
            for ratio, size in product(torch.tensor(k.ratios, dtype=t.dtype), k.sizes):
                height, width = size * ratio.sqrt(), size * (1 / ratio.sqrt())
                sides = torch.stack([-width, -height, width, height]).div(2).round()
                boxes.append(sides + k.stride * torch.tensor([column, row, column, row]))
        return torch.stack(boxes).expand(len(t), -1, -1) + 0 * t.sum()

    return Function(function)


def suppressed(k: Layer, boxes: Shape, scores: Shape) -> nn.Module:
    """Greedy, box by box; a row of zeros stands behind all boxes for those that lack."""
    if boxes[1:] != (4,) or scores != boxes[:1] or not k.keep <= boxes[0] or not 0 <= k.threshold <= 1:
        raise ValueError("boxes and scores")

    def share(one: Tensor, other: Tensor) -> float:
        sides = torch.minimum(one[2:], other[2:]) - torch.maximum(one[:2], other[:2])
        both = sides.clamp(min=0).prod()
        areas = [(b[2] - b[0]) * (b[3] - b[1]) for b in (one, other)]
        return float(both / (areas[0] + areas[1] - both))

    def kept(b: Tensor, s: Tensor) -> list[int]:
        found: list[int] = []
        for place in s.argsort(descending=True, stable=True).tolist():
            if len(found) < k.keep and all(not share(b[place], b[other]) > k.threshold for other in found):
                found.append(place)
        return found + [len(b)] * (k.keep - len(found))

    def function(b: Tensor, s: Tensor) -> Tensor:
        if b.is_meta:
            return b[:, : k.keep] + 0 * s.sum()
        with torch.no_grad():
            places = torch.tensor([kept(*sample) for sample in zip(b, s, strict=True)])
        rows = functional.pad(b, (0, 0, 0, 1)).flatten(0, 1)
        starts = torch.arange(len(b))[:, None] * (boxes[0] + 1)
        return rows.index_select(0, (places + starts).flatten()).unflatten(0, (len(b), -1)) + 0 * s.sum()

    return Function(function)


def aligned(k: Layer, boxes: Shape, *maps: Shape) -> nn.Module:
    """Every point of every box sampled from a grid, map by map, and of each box those of its level."""
    first = k.strides[0] if k.strides else 0
    fits = boxes[1:] == (4,) and maps and all(len(x) == 3 and x[0] == maps[0][0] for x in maps)
    doubled = k.strides == tuple(first * 2**i for i in range(len(maps)))
    if not fits or not doubled or (len(maps) > 1 and not math.log2(first).is_integer()):
        raise ValueError("boxes and maps, each twice as coarse as the one before")
    bins = per_axis(k.size, 2)

    def pooled(x: Tensor, b: Tensor) -> Tensor:
        grid, inside = [], []
        for axis, n in enumerate(x.shape[2:]):
            start, stop = b[..., 1 - axis], b[..., 3 - axis]
            steps = (torch.arange(bins[axis] * k.samples).to(b) + 0.5) / (bins[axis] * k.samples)
            at = start[..., None] + (stop - start).clamp(1)[..., None] * steps
            grid.append((2 * at + 1) / n - 1)
            inside.append((at >= -1) & (at <= n))
        shape = (*b.shape[:2], bins[0] * k.samples, bins[1] * k.samples)
        rows, columns = grid[0][..., None].expand(shape), grid[1][..., None, :].expand(shape)
        places = torch.stack([columns, rows], -1).flatten(1, 2)
        found = functional.grid_sample(x, places, padding_mode="border", align_corners=False)
        found = found * (inside[0][..., None] & inside[1][..., None, :]).flatten(1, 2)[:, None]
        means = found.unflatten(2, (boxes[0], bins[0], k.samples)).unflatten(5, (bins[1], k.samples)).mean((4, 6))
        return means.transpose(1, 2)

    def function(b: Tensor, *xs: Tensor) -> Tensor:
        area = (b[..., 2] - b[..., 0]).clamp(0) * (b[..., 3] - b[..., 1]).clamp(0)
        level = torch.floor(4 + torch.log2(area.sqrt() / 224) + 1e-6) - math.log2(first)
        level = level.clamp(0, len(xs) - 1)[..., None, None, None]
        parts = [
            pooled(x, b / stride) * (level == at) for at, (x, stride) in enumerate(zip(xs, k.strides, strict=True))
        ]
        return torch.stack(parts).sum(0)

    return Function(function)


DETECTION_TWINS: dict[str, Callable[..., nn.Module]] = {
    "anchors": anchors,
    "deformconv2d": deformed,
    "nms": suppressed,
    "roialign": aligned,
    **{f"blurpool{rank}d": Blur for rank in (1, 2, 3)},
}
