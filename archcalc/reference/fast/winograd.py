"""Winograd's minimal filtering F(4×4, 3×3): 36 products where 16 outputs of a 3×3 convolution need 144.

Lavin and Gray 2015, arXiv:1509.09308, section 4.3. The two transforms are small dense matrices applied to all tiles at
once, since a matrix product runs on every core and elementwise steps do not.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from archcalc.reference.fast.site import Site, Step

# One axis: outputs = A · ((G g) * (B d)) for a filter g of 3 taps and a tile d of 6 values.
_A = np.array([[1, 1, 1, 1, 1, 0], [0, 1, -1, 2, -2, 0], [0, 1, 1, 4, 4, 0], [0, 1, -1, 8, -8, 1]], dtype=float)
_B = np.array(
    [
        [4, 0, -5, 0, 1, 0],
        [0, -4, -4, 1, 1, 0],
        [0, 4, -4, -1, 1, 0],
        [0, -2, -1, 2, 1, 0],
        [0, 2, -1, -2, 1, 0],
        [0, 4, 0, -5, 0, 1],
    ],
    dtype=float,
)
_G = np.array(
    [
        [1 / 4, 0, 0],
        [-1 / 6, -1 / 6, -1 / 6],
        [-1 / 6, 1 / 6, -1 / 6],
        [1 / 24, 1 / 12, 1 / 6],
        [1 / 24, -1 / 12, 1 / 6],
        [0, 0, 1],
    ],
)
_TILE = 4
_BLOCK = 1 << 20


def winograd(site: Site) -> Step:
    """A 3×3 convolution of stride 1."""
    samples, channels, height, width = site.x.shape
    _, out, rows, columns = site.y.shape
    down, across = -(-rows // _TILE), -(-columns // _TILE)
    (top, _), (left, _) = site.padding
    dtype = site.x.dtype
    filters = np.kron(_G, _G) @ site.weight.reshape(out * channels, 9).T.astype(float)
    filters = filters.reshape(36, out, channels).astype(dtype)
    spread, gather = np.kron(_B, _B).astype(dtype), np.kron(_A, _A).astype(dtype)

    # Whole rows of tiles at a time; where one sample has few, several samples, so that the filters are read less often.
    most = max(1, _BLOCK // (36 * (channels + out)))
    high = min(down, max(1, most // across))
    together = min(samples, max(1, most // (down * across))) if high == down else 1
    block = together * high * across
    images = site.scratch.take("padded", together, channels, down * _TILE + 2, across * _TILE + 2)
    sizes = {"tiles": 36 * channels, "spreads": 36 * channels, "products": 36 * out, "outputs": 16 * out}
    buffers = [site.scratch.take(name, size * block) for name, size in sizes.items()]

    def step() -> None:
        padded = images()
        tiles, spreads, products, outputs = (buffer() for buffer in buffers)
        padded[...] = 0
        for first in range(0, samples, together):
            n = min(together, samples - first)
            padded[:n, :, top : top + height, left : left + width] = site.x[first : first + n]
            by_channel = padded[:n].transpose(1, 0, 2, 3)
            for row in range(0, down, high):
                k = min(high, down - row)
                count = n * k * across
                d = _front(tiles, 36, channels, n, k, across)
                for i in range(6):
                    start = row * _TILE + i
                    for j in range(6):
                        d[6 * i + j] = by_channel[
                            :, :, start : start + _TILE * k : _TILE, j : j + _TILE * across : _TILE
                        ]
                v = np.matmul(spread, d.reshape(36, -1), out=_front(spreads, 36, channels * count))
                m = np.matmul(filters, v.reshape(36, channels, count), out=_front(products, 36, out, count))
                # The transform takes a constant in the second of the six points of each axis to itself in every output.
                m[7] += site.bias.reshape(-1, 1)
                z = np.matmul(gather, m.reshape(36, -1), out=_front(outputs, 16, out * count))
                if site.relu:
                    np.maximum(z, 0, out=z)
                target = site.y[first : first + n].transpose(1, 0, 2, 3)
                _scatter(z.reshape(16, out, n, k, across), target, row * _TILE)

    return step


def _front(buffer: Any, *shape: int) -> Any:
    """An array at the front of a buffer, which a last block need not fill."""
    return buffer[: math.prod(shape)].reshape(shape)


def _scatter(z: Any, y: Any, top: int) -> None:
    """Write tiles of outputs to their places, leaving out what lies beyond the edges."""
    rows = y.shape[2]
    for i in range(_TILE):
        target = y[:, :, top + i : min(rows, top + i + _TILE * z.shape[3]) : _TILE]
        for j in range(_TILE):
            part = target[:, :, :, j::_TILE]
            part[...] = z[_TILE * i + j, :, :, : part.shape[2], : part.shape[3]]
