"""The device that archcalc runs on, measured with numpy: its best matrix product in each dtype, and the bandwidth of a copy.

Each is a median of several runs, of the best of several sizes, since a bound needs the most that the machine does. A copy moves its
bytes twice, once read and once written.
"""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Callable
from fractions import Fraction
from functools import partial
from statistics import median
from typing import Any

from archcalc.devices.device import Device, Peak

# The names of numpy's types by dtype: those that its matrix product hands to a library.
_TYPES = {"fp32": "float32", "fp64": "float64"}
# Matrices are made larger, up to a side, until a product takes as long as this, in seconds.
_FIRST, _LARGEST, _LONG = 256, 8192, 0.02
# The bytes of an array to copy, which few caches hold.
_COPIED = 1 << 27


def measured(
    name: str,
    first: int = _FIRST,
    copied: int = _COPIED,
    runs: int = 5,
    clock: Callable[[], float] = time.perf_counter,
) -> Device:
    """The device, named so; `first` is the side of the smallest matrices, `copied` the bytes of a copy.

    >>> here = measured("here", first=64, copied=1 << 16, runs=1)
    >>> here.dtypes, here.bandwidth > 0
    (('fp32', 'fp64'), True)
    """
    import numpy as np  # noqa: PLC0415 - slow to import

    peaks = tuple(Peak(dtype, _rate(np, kind, first, runs, clock), dtype) for dtype, kind in _TYPES.items())
    source = np.ones(copied // 8)
    target = np.zeros_like(source)
    seconds = _median(lambda: np.copyto(target, source), runs, clock)
    about = f"{platform.machine()}, {os.cpu_count()} processors, numpy {np.__version__}"
    said = f"measured with archcalc measure: the best of medians of {runs} matrix products, and of copies of {copied:,} bytes"
    return Device(
        name=name,
        title=f"{platform.system()} on {about}",
        bandwidth=Fraction(int(2 * source.nbytes / seconds)),
        peaks=peaks,
        memory=_memory(),
        sources=(("", said), *([("memory", "the operating system")] if _memory() is not None else [])),
    )


def _rate(np: Any, kind: str, side: int, runs: int, clock: Callable[[], float]) -> Fraction:
    """The most operations a second of matrix products, of sizes that double."""
    best, seconds, some = Fraction(0), 0.0, 4 * side
    # A machine that is busy may seem slow at first.
    while side <= some or (seconds < _LONG and side <= _LARGEST):
        a = np.ones((side, side), kind)
        out = a.copy()
        seconds = _median(partial(a.dot, a, out), runs, clock)
        best = max(best, Fraction(int(2 * side**3 / seconds)))
        side *= 2
    return best


def _median(work: Callable[[], object], runs: int, clock: Callable[[], float]) -> float:
    """The median of the seconds that some work takes, after a first time that is not counted."""
    work()
    times = []
    for _ in range(runs):
        start = clock()
        work()
        times.append(clock() - start)
    # A clock may not have moved.
    return max(median(times), 1e-9)


def _memory() -> Fraction | None:
    """The bytes of memory of the machine; None where the system does not say."""
    try:
        return Fraction(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"))
    except (AttributeError, ValueError, OSError):
        return None
