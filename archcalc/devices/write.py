"""A device as a file, which `read` reads again to the same device."""

from __future__ import annotations

import json
from collections.abc import Iterator
from fractions import Fraction

from archcalc.devices.device import Device, Peak


def text_of(device: Device) -> str:
    r"""The file of a device.

    >>> print(text_of(Device("a", "A", Fraction(10**12), (Peak("fp32", Fraction(1500), "fp32"),), sources=(("", "me"),))), end="")
    name: "a"
    title: "A"
    bandwidth: 1000000000000 B/s
    peaks:
      - {dtype: fp32, rate: 1500 FLOP/s, accumulate: fp32}
    source: "me"
    """
    return "\n".join(_lines(device)) + "\n"


def _lines(device: Device) -> Iterator[str]:
    yield f"name: {_quoted(device.name)}"
    yield f"title: {_quoted(device.title)}"
    if device.memory is not None:
        yield f"memory: {_whole(device.memory)} B"
    yield f"bandwidth: {_whole(device.bandwidth)} B/s"
    if device.link is not None:
        yield f"link: {_whole(device.link)} B/s"
    yield "peaks:"
    yield from map(_peak, device.peaks)
    sources = dict(device.sources)
    if "" in sources:
        yield f"source: {_quoted(sources.pop(''))}"
    if sources:
        yield "sources:"
        yield from (f"  {field}: {_quoted(said)}" for field, said in sources.items())
    if device.note:
        yield f"note: {_quoted(device.note)}"


def _peak(peak: Peak) -> str:
    unit = "OP/s" if peak.dtype.startswith("int") else "FLOP/s"
    added = f", accumulate: {peak.accumulate}" if peak.accumulate else ""
    source = f", source: {_quoted(peak.source)}" if peak.source else ""
    return f"  - {{dtype: {peak.dtype}, rate: {_whole(peak.rate)} {unit}{added}{source}}}"


def _quoted(text: str) -> str:
    """A text as YAML, which takes JSON's quotes."""
    return json.dumps(text, ensure_ascii=False)


def _whole(n: Fraction) -> str:
    """A number of whole units; less than one is nothing to measure."""
    return str(int(n))
