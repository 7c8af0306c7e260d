"""Convolutions as matrix products, each in the form that moves the least memory."""

from __future__ import annotations

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from archcalc.reference.fast.sliding_op import Site, Step, blocks, in_order, slice_of
from archcalc.reference.fast.winograd import suits, winograd
from archcalc.reference.fast.workers import Part, shares

# Values of a block: half a megabyte in single precision, which stays in a core's own cache between one pass and the
# next.
_POINTWISE = 1 << 20
_COLUMNS = 1 << 20
_DEPTHWISE = 1 << 18


def convolution(site: Site) -> Step:
    """The step of a 2-D convolution, in its cheapest form."""
    channels, groups = site.x.shape[3], site.groups
    if groups == channels == len(site.weight):
        return depthwise(site)
    if groups > 1:
        return [[_grouped(site, worker, share) for worker, share in enumerate(shares(groups, site.shared))]]
    if site.kernel == site.stride == (1, 1) and site.inside:
        return pointwise(site)
    return winograd(site) if suits(site) else columns(site)


def _grouped(site: Site, worker: int, share: range) -> Part:
    """A part that does some groups of a convolution one after the other."""
    return in_order([part for n in share for parts in convolution(site.group(n, worker)) for part in parts])


def _split(site: Site, rows: int, pixels: int) -> list[tuple[range, slice]]:
    """The rows and channels of the outputs for each worker: the longer of the two is split between workers."""
    out = len(site.weight)
    if pixels >= out:
        return [(share, slice(0, out)) for share in shares(rows, site.shared)]
    return [(range(rows), slice_of(share)) for share in shares(out, site.shared)]


def pointwise(site: Site) -> Step:
    """The step of a 1×1 convolution: one product of the pixels as they lie and the weights."""
    out = len(site.weight)
    matrix = np.ascontiguousarray(site.weight.reshape(out, -1).T)
    pixels, outputs = site.x.reshape(-1, len(matrix)), site.y.reshape(-1, out)
    high = max(8, _POINTWISE // sum(matrix.shape) // 8 * 8)

    def part(share: range, outs: slice) -> Part:
        factor, finish = matrix[:, outs], site.finish.of(outs).flat()

        def run() -> None:
            for rows in blocks(share, high):
                here = slice_of(rows)
                np.matmul(pixels[here], factor, out=outputs[here, outs])
                finish(outputs[here, outs], here)

        return run

    return [[part(*own) for own in _split(site, len(pixels), len(pixels))]]


def columns(site: Site) -> Step:
    """The step of any convolution by im2col: copied windows, then one product, a block of rows at a time."""
    samples, rows, wide, out = site.y.shape
    matrix = np.ascontiguousarray(site.weight.transpose(2, 3, 1, 0).reshape(-1, out))
    high = min(rows, max(1, _COLUMNS // (wide * len(matrix))))
    steps = (*(slice(None, None, s) for s in site.stride), slice(None), *(slice(None, None, d) for d in site.dilation))

    def part(worker: int, share: range, outs: slice) -> Part:
        factor, finish = matrix[:, outs], site.finish.of(outs)
        surrounded = site.surrounded(worker, high)
        block = site.scratch.take(f"columns {worker}", high * wide * len(matrix))

        def run() -> None:
            buffer = block()
            for sample, places in rows_of(share, rows, high):
                seen = sliding_window_view(surrounded(sample, places), site.covers, axis=(0, 1))[steps]
                flat = buffer[: len(places) * wide * len(matrix)]
                # Row, column, tap down, tap across, channel.
                flat.reshape(len(places), wide, *site.kernel, -1)[...] = seen.transpose(0, 1, 3, 4, 2)
                here = (sample, slice_of(places), slice(None), outs)
                target = site.y[here].reshape(-1, factor.shape[1])
                np.matmul(flat.reshape(-1, len(matrix)), factor, out=target)
                finish(target, *here[:2])

        return run

    return [[part(site.worker + i, *own) for i, own in enumerate(_split(site, samples * rows, samples * rows * wide))]]


def rows_of(share: range, rows: int, high: int) -> list[tuple[int, range]]:
    """A share of the rows of all samples, by sample and in blocks."""
    found = []
    for sample in range(share.start // rows, -(-share.stop // rows)):
        first = sample * rows
        own = range(max(share.start - first, 0), min(share.stop - first, rows))
        found += [(sample, places) for places in blocks(own, high)]
    return found


def depthwise(site: Site) -> Step:
    """The step of a depthwise convolution: for each tap of the kernel, its inputs times its weights, added up."""
    samples, rows, wide, channels = site.y.shape
    taps = [(i, j) for i in range(site.kernel[0]) for j in range(site.kernel[1])]
    # Repeated along a row if that makes one run of it, which is faster than a run for each pixel.
    repeats = wide if site.stride[1] == 1 else 1
    weights = [np.ascontiguousarray(np.broadcast_to(site.weight[:, 0, i, j], (repeats, channels))) for i, j in taps]
    high = min(rows, max(1, _DEPTHWISE // (wide * channels)))

    def part(worker: int, share: range) -> Part:
        surrounded = site.surrounded(worker, high)
        product = site.scratch.take(f"products {worker}", high, wide, channels)

        def run() -> None:
            products = product()
            for sample, places in rows_of(share, rows, high):
                seen = surrounded(sample, places)
                here = (sample, slice_of(places))
                target, term = site.y[here], products[: len(places)]
                np.multiply(site.tap(seen, places, *taps[0]), weights[0], out=target)
                for tap, weight in zip(taps[1:], weights[1:], strict=True):
                    np.multiply(site.tap(seen, places, *tap), weight, out=term)
                    np.add(target, term, out=target)
                site.finish(target.reshape(-1, channels), *here)

        return run

    return [[part(site.worker + number, share) for number, share in enumerate(shares(samples * rows, site.shared))]]
