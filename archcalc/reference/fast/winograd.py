"""Winograd's minimal filtering F(4×4, 3×3): 36 products where 16 outputs of a 3×3 convolution need 144.

Lavin and Gray 2015, arXiv:1509.09308, section 4.3. The two transforms are small dense matrices applied to all tiles at
once: as products of matrices they go faster than as the few sums that they amount to.
"""

from __future__ import annotations

import math
from typing import Any

import msgspec
import numpy as np

from archcalc.reference.fast.sliding_op import Site, Step, blocks, in_order, slice_of
from archcalc.reference.fast.workers import Part, shares

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
_POINTS = 36
# Values of a block's transformed inputs and products.
_BLOCK = 1 << 20
# Below this many channels the transforms, and below this many tiles the reading of filters four times as large, cost
# more than the products that they save.
_LEAST_CHANNELS = 16
_LEAST_TILES = 30


def suits(site: Site) -> bool:
    """True if a convolution is faster by this method."""
    samples, rows, wide, out = site.y.shape
    tiles = samples * -(-rows // _TILE) * -(-wide // _TILE)
    alike = site.kernel == (3, 3) and site.stride == site.dilation == (1, 1)
    return alike and min(site.x.shape[3], out) >= _LEAST_CHANNELS and tiles >= _LEAST_TILES


def winograd(site: Site) -> Step:
    """The step of a 3×3 convolution of stride 1."""
    samples, rows, wide, out = site.y.shape
    channels = site.x.shape[3]
    down, across = -(-rows // _TILE), -(-wide // _TILE)
    # Whole rows of tiles at a time; if one sample has few, several samples, so that the filters are read less often.
    most = max(1, _BLOCK // (_POINTS * (channels + out)))
    high = min(down, max(1, most // across))
    together = min(samples, max(1, most // (down * across))) if high == down else 1
    pieces = [(some, tall) for some in blocks(range(samples), together) for tall in blocks(range(down), high)]
    filters = np.kron(_G, _G) @ site.weight.reshape(out * channels, 9).T.astype(float)
    filters = filters.reshape(_POINTS, out, channels).transpose(0, 2, 1).astype(site.x.dtype, order="C")
    tiles = Tiles(site, filters, (together, high, across))
    workers = site.shared
    if len(pieces) >= 2 * workers or workers == 1:
        return [[tiles.whole(site.worker + i, pieces[i::workers]) for i in range(min(workers, len(pieces)))]]
    return [
        [stage(site.worker + i, piece, share) for i, share in enumerate(shares(n, workers))]
        for piece in pieces
        for stage, n in ((tiles.taken, _POINTS), (tiles.multiplied, _POINTS), (tiles.put, _TILE**2))
    ]


class Tiles:
    """The three stages for a piece, some rows of tiles of some samples, in the worker's or in common buffers."""

    def __init__(self, site: Site, filters: Any, largest: tuple[int, int, int]) -> None:
        self._site, self._filters, self._largest = site, filters, largest
        samples = len(site.x)
        down = -(-site.y.shape[1] // _TILE)
        # A tile is a 6×6 window with stride 4.
        places = np.broadcast_to(np.float32(0), (samples, down, largest[2], 1))
        self._windows = msgspec.structs.replace(site, y=places, kernel=(6, 6), stride=(_TILE, _TILE), dilation=(1, 1))
        dtype = site.x.dtype
        self._spread, self._gather = np.kron(_B, _B).astype(dtype), np.kron(_A, _A).astype(dtype)

    def whole(self, worker: int, pieces: list[tuple[range, range]]) -> Part:
        """A part that does all stages of some pieces, one after the other."""
        points, values = range(_POINTS), range(_TILE**2)
        return in_order(
            [
                part
                for piece in pieces
                for part in (
                    self.taken(worker, piece, points, f" {worker}"),
                    self.multiplied(worker, piece, points, f" {worker}"),
                    self.put(worker, piece, values, f" {worker}"),
                )
            ],
        )

    def taken(self, worker: int, piece: tuple[range, range], points: range, owner: str = "") -> Part:
        """A part that copies some of the 36 values of each tile side by side."""
        samples, tall = piece
        surrounded = self._windows.surrounded(worker, self._largest[1])
        tiles = self._buffer("tiles" + owner, _POINTS, self._site.x.shape[3])

        def run() -> None:
            d = self._front(tiles(), _POINTS, piece)
            for place, sample in enumerate(samples):
                seen = surrounded(sample, tall)
                for point in points:
                    d[point, place] = self._windows.tap(seen, tall, *divmod(point, 6))

        return run

    def multiplied(self, _worker: int, piece: tuple[range, range], points: range, owner: str = "") -> Part:
        """A part that computes some of the 36 products of a matrix of tiles and one of filters."""
        channels, out = self._filters.shape[1:]
        tiles = self._buffer("tiles" + owner, _POINTS, channels)
        spreads = self._buffer("spreads" + owner, _POINTS, channels)
        products = self._buffer("products" + owner, _POINTS, out)
        here = slice_of(points)
        spread, filters, bias = self._spread[here], self._filters[here], self._site.finish.bias

        def run() -> None:
            d, v, m = (self._front(buffer(), _POINTS, piece) for buffer in (tiles, spreads, products))
            np.matmul(spread, d.reshape(_POINTS, -1), out=v.reshape(_POINTS, -1)[here])
            np.matmul(v.reshape(_POINTS, -1, channels)[here], filters, out=m.reshape(_POINTS, -1, out)[here])
            # The transform takes a constant in the second of the six points of each axis to itself in every output.
            if bias is not None and 7 in points:
                m[7] += bias

        return run

    def put(self, _worker: int, piece: tuple[range, range], values: range, owner: str = "") -> Part:
        """A part that writes some of the 16 outputs of each tile, without those beyond the edges."""
        samples, tall = piece
        _, rows, wide, out = self._site.y.shape
        products = self._buffer("products" + owner, _POINTS, out)
        outputs = self._buffer("outputs" + owner, _TILE**2, out)
        here, finish = slice_of(values), self._site.finish
        some, top, bottom = slice_of(samples), tall.start * _TILE, min(rows, tall.stop * _TILE)

        def run() -> None:
            m, z = self._front(products(), _POINTS, piece), self._front(outputs(), _TILE**2, piece)
            np.matmul(self._gather[here], m.reshape(_POINTS, -1), out=z.reshape(_TILE**2, -1)[here])
            if finish.other is None:
                finish.bound(z[here])
            for value in values:
                i, j = divmod(value, _TILE)
                where = (some, slice(top + i, bottom, _TILE), slice(j, wide, _TILE))
                target = self._site.y[where]
                part = z[value, :, : target.shape[1], : target.shape[2]]
                if finish.other is None:
                    target[...] = part
                else:
                    np.add(part, finish.other[where], out=part)
                    finish.bound(part)
                    target[...] = part

        return run

    def _buffer(self, name: str, values: int, channels: int) -> Any:
        """A buffer with a number of values for each tile and channel of the largest piece."""
        return self._site.scratch.take(name, values * channels * math.prod(self._largest))

    def _front(self, buffer: Any, values: int, piece: tuple[range, range]) -> Any:
        """The used front of a buffer as an array: value, sample, tile down, tile across, channel."""
        shape = (values, len(piece[0]), len(piece[1]), self._largest[2])
        channels = len(buffer) // (values * math.prod(self._largest))
        return buffer[: math.prod(shape) * channels].reshape(*shape, channels)
