"""Convolutions as matrix products, each in the form that moves the least memory."""

from __future__ import annotations

import numpy as np
from numpy.lib.stride_tricks import as_strided, sliding_window_view

from archcalc.reference.fast.site import Site, Step, in_order
from archcalc.reference.fast.winograd import winograd

# Values in a block of columns: 4 MB in single precision, which stays in the cache between the copy and the product.
_BLOCK = 1 << 20
# Below this many channels the transforms cost more than the products that they save.
_WINOGRAD_CHANNELS = 16


def convolution(site: Site) -> Step:
    """A 2-D convolution, by the cheapest way to do it."""
    channels, groups = site.x.shape[1], site.groups
    kernel, padded = site.weight.shape[2:], site.padding != ((0, 0), (0, 0))
    if groups == channels == len(site.weight) and site.dilation == (1, 1):
        return depthwise(site)
    if groups > 1:
        return in_order([columns(site.group(number)) for number in range(groups)])
    if kernel == (1, 1) and site.stride == (1, 1) and not padded:
        return pointwise(site)
    if kernel == (3, 3) and site.stride == site.dilation == (1, 1) and min(site.weight.shape[:2]) >= _WINOGRAD_CHANNELS:
        return winograd(site)
    return columns(site)


def pointwise(site: Site) -> Step:
    """A 1×1 convolution: one product of the weights and the pixels as they lie."""
    matrix = site.weight.reshape(len(site.weight), -1)
    pixels = site.y.shape[2] * site.y.shape[3]
    inputs, outputs = (array.reshape(len(array), -1, pixels) for array in (site.x, site.y))
    width = max(1, _BLOCK // (4 * max(matrix.shape)))

    def step() -> None:
        for a, b in zip(inputs, outputs, strict=True):
            for start in range(0, pixels, width):
                part = b[:, start : start + width]
                np.matmul(matrix, a[:, start : start + width], out=part)
                site.finish(part)

    return step


def columns(site: Site) -> Step:
    """Any convolution: the windows of some rows copied side by side, then one product, row block by row block."""
    samples, channels, height, width = site.x.shape
    rows, wide = site.y.shape[2:]
    kernel = site.weight.shape[2:]
    matrix = site.weight.reshape(len(site.weight), -1)
    high = min(rows, max(1, _BLOCK // (matrix.shape[1] * wide)))
    (top, bottom), (left, right) = site.padding
    image = site.scratch.take("padded", channels, top + height + bottom, left + width + right)
    block = site.scratch.take("columns", matrix.shape[1] * high * wide)
    covers = tuple(d * (k - 1) + 1 for d, k in zip(site.dilation, kernel, strict=True))
    steps = (slice(None), *(slice(None, None, s) for s in (*site.stride, *site.dilation)))

    def step() -> None:
        padded, buffer = image(), block()
        # Channel, tap down, tap across, output row, output column.
        windows = sliding_window_view(padded, covers, axis=(1, 2))[steps].transpose(0, 3, 4, 1, 2)
        padded[...] = 0
        for sample in range(samples):
            padded[:, top : top + height, left : left + width] = site.x[sample]
            flat = site.y[sample].reshape(len(matrix), -1)
            for row in range(0, rows, high):
                n = min(high, rows - row)
                part = buffer[: matrix.shape[1] * n * wide].reshape(*windows.shape[:3], n, wide)
                part[...] = windows[:, :, :, row : row + n]
                target = flat[:, row * wide : (row + n) * wide]
                np.matmul(matrix, part.reshape(matrix.shape[1], -1), out=target)
                site.finish(target)

    return step


def depthwise(site: Site) -> Step:
    """One filter a channel, without columns: the rows of a window lie one after the other in memory as they are.

    Each output row is such a run of rows times a banded matrix that holds the filter shifted along the width. Most of
    that matrix is zero, yet the product is far ahead of adding up shifted images one tap at a time.
    """
    samples, channels, height, width = site.x.shape
    (kh, kw), (rows, wide), (down, across) = site.weight.shape[2:], site.y.shape[2:], site.stride
    (top, bottom), (left, right) = site.padding
    line = left + width + right
    band = np.zeros((channels, kh, line, wide), site.x.dtype)
    for column in range(wide):
        band[:, :, column * across : column * across + kw, column] = site.weight[:, 0]
    band = band.reshape(channels, kh * line, wide)
    image = site.scratch.take("padded", channels, top + height + bottom, line)

    def step() -> None:
        padded = image()
        plane, row, item = padded.strides
        runs = as_strided(padded, (channels, rows, kh * line), (plane, down * row, item), writeable=False)
        padded[...] = 0
        for sample in range(samples):
            padded[:, top : top + height, left : left + width] = site.x[sample]
            np.matmul(runs, band, out=site.y[sample])
            site.finish(site.y[sample].reshape(channels, -1))

    return step
