"""The device that archcalc runs on, measured with numpy: its best matrix product in each dtype, and the bandwidth of a copy.

Each is a median of several runs, of the best of several sizes, since a bound needs the most that the machine does. A copy moves its
bytes twice, once read and once written.
"""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Callable, Sequence
from fractions import Fraction
from statistics import median
from typing import Any

from archcalc.devices.device import Device, Peak

# The names of numpy's types by dtype: those that its matrix product hands to a library.
_TYPES = {"fp32": "float32", "fp64": "float64"}
_SIDES = (512, 1024, 2048)
# The bytes of an array to copy, which no cache holds.
_COPIED = 1 << 28


def measured(
    name: str,
    sides: Sequence[int] = _SIDES,
    copied: int = _COPIED,
    runs: int = 5,
    clock: Callable[[], float] = time.perf_counter,
) -> Device:
    """The device, named so; `sides` are those of square matrices, `copied` the bytes of a copy.

    >>> here = measured("here", sides=(64,), copied=1 << 16, runs=3)
    >>> here.dtypes, here.bandwidth > 0
    (('fp32', 'fp64'), True)
    """
    import numpy as np  # noqa: PLC0415 - slow to import

    peaks = tuple(
        Peak(dtype, max(_rate(np.ones((n, n), kind), n, runs, clock) for n in sides), dtype)
        for dtype, kind in _TYPES.items()
    )
    source = np.ones(copied // 8)
    target = np.zeros_like(source)
    seconds = _median(lambda: np.copyto(target, source), runs, clock)
    about = f"{platform.machine()}, {os.cpu_count()} processors, numpy {np.__version__}"
    said = f"measured with archcalc measure: medians of {runs} products of matrices of {', '.join(map(str, sides))}, and of copies of {copied:,} bytes"
    return Device(
        name=name,
        title=f"{platform.system()} on {about}",
        bandwidth=Fraction(int(2 * source.nbytes / seconds)),
        peaks=peaks,
        memory=_memory(),
        sources=(("", said), *([("memory", "the operating system")] if _memory() is not None else [])),
    )


def _rate(a: Any, n: int, runs: int, clock: Callable[[], float]) -> Fraction:
    """The operations a second of a matrix product."""
    out = a.copy()
    return Fraction(int(2 * n**3 / _median(lambda: a.dot(a, out=out), runs, clock)))


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
