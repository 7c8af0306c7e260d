"""Pooling as passes over whole rows, one for each tap of the window."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from archcalc.reference.fast.conv import rows_of
from archcalc.reference.fast.sliding_op import Site, Step, slice_of
from archcalc.reference.fast.workers import Part, shares

# Values of a block of outputs.
_BLOCK = 1 << 18


def largest(site: Site) -> Step:
    """The step of max pooling."""
    return _joined(site, np.maximum, -math.inf, None)


def mean(site: Site, counted: Any) -> Step:
    """The step of average pooling, with the number of values in each window as `counted`, by row and column."""
    return _joined(site, np.add, 0.0, (1 / counted)[..., None].astype(site.y.dtype))


def _joined(site: Site, join: np.ufunc, fill: float, scale: Any) -> Step:
    samples, rows, wide, channels = site.y.shape
    first, *taps = [(i, j) for i in range(site.kernel[0]) for j in range(site.kernel[1])]
    high = min(rows, max(1, _BLOCK // (wide * channels)))

    def part(worker: int, share: range) -> Part:
        surrounded = site.surrounded(worker, high, fill)

        def run() -> None:
            for sample, places in rows_of(share, rows, high):
                seen = surrounded(sample, places)
                target = site.y[sample, slice_of(places)]
                target[...] = site.tap(seen, places, *first)
                for tap in taps:
                    join(target, site.tap(seen, places, *tap), out=target)
                if scale is not None:
                    np.multiply(target, scale[slice_of(places)], out=target)

        return run

    return [[part(worker, share) for worker, share in enumerate(shares(samples * rows, site.shared))]]
