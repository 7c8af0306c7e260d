"""The least times of a network that serves on a device, in words and as plain data."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

from archcalc.devices.roofline import Cost
from archcalc.document.content import Fact
from archcalc.formats.as_json import plain_dim
from archcalc.formats.devices import peak_text
from archcalc.formats.roofline import least_text
from archcalc.formats.summary import bytes_text
from archcalc.serving.bounds import Bounds
from archcalc.symbols.dims import Dim, format_dim
from archcalc.symbols.evaluate import in_form

# What both bounds take for granted.
TAKEN = (
    "Least times are bounds of the passes above, and no predictions: each weight is read once, the cache is written in prefill and "
    "read in decoding, outputs stay where they are made, and products that a mask hides are left out. Prefill takes all tokens "
    "through all layers, also through the head."
)


def facts(bounds: Bounds) -> Iterator[Fact]:
    """The device, the least times of both passes, and whether it holds the peak."""
    yield Fact("device", f"{bounds.device.title}: {peak_text(bounds.device, bounds.peak)}")
    yield Fact("least prefill", _least(bounds.prefill))
    speed = bounds.tokens_a_second
    most = "" if speed is None else f"; at most {speed_text(speed)} tokens a second"
    yield Fact("least decoding", f"{_least(bounds.decode)}{most}")
    yield Fact("its memory", _held(bounds))


def _least(cost: Cost) -> str:
    return f"{least_text(cost)}: {_dim(cost.flops)} FLOPs, {_dim(cost.bytes)} bytes"


def speed_text(speed: Fraction) -> str:
    """Tokens a second, in four digits below ten thousand.

    >>> speed_text(Fraction(2083, 10)), speed_text(Fraction(123456, 10)), speed_text(Fraction(1, 3))
    ('208.3', '12,346', '0.3333')
    """
    return f"{float(speed):,.0f}" if speed >= 1000 else f"{float(speed):.4g}"


def _held(bounds: Bounds) -> str:
    memory, peak, left = bounds.device.memory, bounds.found.peak, bounds.left
    if memory is None:
        return "is not known"
    has = bytes_text(int(memory))
    if left is None or peak is None:
        return f"{has}; letters leave the peak open"
    if left < 0:
        return f"{has}, which do not hold the peak: {-left:,} bytes are missing"
    return f"{has}, which hold the peak with {left:,} bytes left"


def plain(bounds: Bounds) -> dict[str, Any]:
    """The bounds as plain dicts: exact operations and bytes, times in seconds, null where letters leave them open."""
    speed, left = bounds.tokens_a_second, bounds.left
    return {
        "name": bounds.device.name,
        "dtype": bounds.peak.dtype,
        "memory": None if bounds.device.memory is None else int(bounds.device.memory),
        "fits": None if left is None else left >= 0,
        "prefill": _plain(bounds.prefill),
        "decode": _plain(bounds.decode),
        "most_tokens_a_second": None if speed is None else float(speed),
    }


def _plain(cost: Cost) -> dict[str, Any]:
    return {
        "flops": plain_dim(_expanded(cost.flops)),
        "bytes": plain_dim(_expanded(cost.bytes)),
        "bound": cost.bound or None,
        "least_seconds": None if cost.seconds is None else float(cost.seconds),
    }


def _expanded(n: Dim) -> Dim:
    return in_form(n, "expanded")


def _dim(n: Dim) -> str:
    return format_dim(_expanded(n))
