"""Devices in every format: a list of them, or one with the source of each number."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from archcalc.devices.device import Device, Peak
from archcalc.document.content import Fact, Facts, Head, Notes, Page, Part, Section, Table
from archcalc.document.printed import printed
from archcalc.document.screen import PAPER, Screen
from archcalc.formats.as_json import json_text
from archcalc.symbols.units import abbreviated

# Those that have a column in the list, the last to be dropped first on a narrow screen.
_LISTED = ("fp32", "tf32", "fp16", "bf16", "fp8", "int8")
_SPARE = {"tf32": 4, "fp8": 3, "int8": 2, "fp16": 1}


def render(devices: Sequence[Device], form: str = "text", screen: Screen = PAPER, *, alone: bool = False) -> str:
    """The devices in a list, or one alone with its sources."""
    if form == "json":
        return json_text(to_dict(devices[0]) if alone else [to_dict(one) for one in devices])
    return printed(_one(devices[0]) if alone else _list(devices, sourced=form != "text"), form, screen)


def rate_text(rate: Fraction, of: str) -> str:
    """A rate with its unit, of operations on a dtype or of bytes, in at most five digits.

    >>> rate_text(Fraction(989 * 10**12), "bf16"), rate_text(Fraction(393 * 10**12), "int8"), rate_text(Fraction(819 * 10**9), "bytes")
    ('989 TFLOP/s', '393 TOP/s', '819 GB/s')
    """
    number = abbreviated(float(rate), 5)
    digits = number.rstrip("KMGT")
    unit = "B" if of == "bytes" else "OP" if of.startswith("int") else "FLOP"
    return f"{digits} {number[len(digits) :]}{unit}/s"


def peak_text(device: Device, peak: Peak) -> str:
    """The rates of a device at most, for products of one dtype."""
    rate = f"{rate_text(peak.rate, peak.dtype)} in {peak.said}, {rate_text(device.bandwidth, 'bytes')}"
    return f"{rate}; the ridge is at {float(device.ridge(peak)):.1f} FLOP/byte"


def _list(devices: Sequence[Device], *, sourced: bool) -> Page:
    head = (
        *(Head("name"), Head("device", spare=5)),
        *(Head("memory", numeric=True), Head("bandwidth", numeric=True)),
        *(Head(dtype, numeric=True, spare=_SPARE.get(dtype, 0)) for dtype in _LISTED),
        Head("link", numeric=True, spare=6),
        *([Head("source")] if sourced else []),
    )
    rows = tuple(
        (
            *(one.name, one.title),
            *(_bytes(one.memory), rate_text(one.bandwidth, "bytes")),
            *(_cell(one, dtype) for dtype in _LISTED),
            "" if one.link is None else rate_text(one.link, "bytes"),
            *([one.source("peaks")] if sourced else []),
        )
        for one in devices
    )
    note = (
        "Operations are of dense matrices, in 10¹² a second, where there are several added as frameworks do; two for each "
        "multiply-accumulate. What links carry is counted both ways. archcalc devices NAME has the sources."
    )
    return Page("Devices", sections=(Section("", (Table(head, rows), Notes((note,)))),))


def _cell(device: Device, dtype: str) -> str:
    return f"{float(device.peak(dtype).rate) / 10**12:g}" if dtype in device.dtypes else ""


def _bytes(n: Fraction | None) -> str:
    return "" if n is None else f"{float(n) / 10**9:.4g} GB"


def _one(device: Device) -> Page:
    heads = (Head("dtype"), Head("added in"), Head("peak", numeric=True), Head("ridge, FLOP/byte", numeric=True))
    rows = tuple(
        (
            *(peak.dtype, peak.accumulate or "not said", rate_text(peak.rate, peak.dtype)),
            f"{float(device.ridge(peak)):.1f}",
        )
        for peak in device.peaks
    )
    numbers = {
        "memory": _bytes(device.memory),
        "bandwidth": rate_text(device.bandwidth, "bytes"),
        "link": "" if device.link is None else rate_text(device.link, "bytes"),
    }
    facts = [Fact(label, said) for label, said in numbers.items() if said]
    facts += [Fact(f"source of {fields}", said) for said, fields in _sources(device).items()]
    parts: tuple[Part, ...] = (
        Table(heads, rows),
        Facts(tuple(facts)),
        *([Notes((device.note,))] if device.note else []),
    )
    return Page(f"{device.name}: {device.title}", sections=(Section("", parts),))


def _sources(device: Device) -> dict[str, str]:
    """The sources with what each is of."""
    fields = {"peaks": device.peaks, "memory": device.memory, "bandwidth": device.bandwidth, "link": device.link}
    found: dict[str, list[str]] = {}
    for field, value in fields.items():
        if value is not None and device.source(field):
            found.setdefault(device.source(field), []).append(field)
    for peak in device.peaks:
        if peak.source:
            found.setdefault(peak.source, []).append(peak.dtype)
    return {said: ", ".join(names) for said, names in found.items()}


def to_dict(device: Device) -> dict[str, Any]:
    """A device as plain dicts and lists: bytes, and operations and bytes a second."""
    return {
        "name": device.name,
        "title": device.title,
        "memory": None if device.memory is None else float(device.memory),
        "bandwidth": float(device.bandwidth),
        "link": None if device.link is None else float(device.link),
        "peaks": [_peak(device, peak) for peak in device.peaks],
        "sources": {field: device.source(field) for field in ("memory", "bandwidth", "link", "peaks")},
        "note": device.note,
    }


def _peak(device: Device, peak: Peak) -> dict[str, Any]:
    return {
        "dtype": peak.dtype,
        "rate": float(peak.rate),
        "accumulate": peak.accumulate or None,
        "ridge": float(device.ridge(peak)),
        "source": peak.source or device.source("peaks"),
    }
