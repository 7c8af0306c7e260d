"""The bounds of a network's time on a device, in every format."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import msgspec

from archcalc.devices.energy import Energy
from archcalc.devices.roofline import Cost, LayerBound, Roofline
from archcalc.document.content import Fact, Facts, Head, Notes, Page, Part, Section, Table
from archcalc.document.printed import printed
from archcalc.document.screen import PAPER, Screen
from archcalc.formats.as_json import json_text, plain_dim, plain_inputs
from archcalc.formats.conditions import held
from archcalc.formats.devices import peak_text
from archcalc.formats.summary import bytes_text, title
from archcalc.formats.tones import kind
from archcalc.network.graph import inputs_text
from archcalc.symbols.dims import Dim, format_dim, format_times
from archcalc.symbols.times import duration

_WAYS = {
    "apart": "each layer reads its inputs and weights from memory and writes its output there",
    "fused": "elementwise layers are computed with what they read, and move only their other inputs and weights",
}
_NOT_IN_IT = (
    "What else a layer computes, such as additions, comparisons and exponentials: no vendor prints their rate.",
    "Starting a kernel, and values that are moved more than once.",
    "A cache: what stays in one between two layers is not moved, and only the bound of all at once holds.",
)
_CONVOLUTIONS = "Convolutions by Winograd or by FFT, which take fewer products than are written: --products fewest counts the fewest."


class Measured(msgspec.Struct, frozen=True):
    """A time that was measured, in seconds, of a forward pass or of a step of training."""

    seconds: Fraction
    step: bool = False

    @property
    def passes(self) -> int:
        """The forward passes that it does as many operations as."""
        return 3 if self.step else 1


def render(
    found: Roofline,
    form: str = "text",
    screen: Screen = PAPER,
    *,
    measured: Measured | None = None,
    spent: Energy | None = None,
) -> str:
    """The bounds layer by layer and for the network, with the share that a measured time makes use of."""
    if form == "json":
        return json_text(to_dict(found, measured, spent))
    return printed(page(found, measured, spent), form, screen)


def page(found: Roofline, measured: Measured | None = None, spent: Energy | None = None) -> Page:
    """The bounds as a page."""
    graph = found.profile.graph
    said = Facts(tuple(_facts(found, measured, spent)))
    facts = held(graph.conditions)
    parts: tuple[Part, ...] = (_table(found), said, *([Notes(tuple(facts))] if facts else []))
    missing = Section("Not in these bounds", (Notes(tuple(unmodelled(found))),))
    about = tuple(filter(None, [graph.source, _about(found)]))
    return Page(f"Least time: {title(found.profile)}", about, (Section("", parts), missing))


def unmodelled(found: Roofline) -> list[str]:
    """The things that the bounds leave out or take for granted, in words."""
    convolves = found.asked.products == "written" and any(row.family == "conv" for row in found.rows)
    uncounted = f"The work of {', '.join(found.uncounted)}, which depends on values or is not known."
    return [*_NOT_IN_IT, *([_CONVOLUTIONS] if convolves else []), *([uncounted] if found.uncounted else [])]


def _about(found: Roofline) -> str:
    asked, graph = found.asked, found.profile.graph
    dtypes = ", ".join(f"{what} {dtype}" for what, dtype in asked.dtypes.said(graph).items())
    ways = [
        _WAYS["fused" if asked.fused else "apart"],
        *(["convolutions with the fewest products"] * (asked.products == "fewest")),
    ]
    batch = format_dim(found.profile.batch)
    return f"Input {inputs_text(graph)}, batch {batch}, {dtypes}, on {found.device.title}. Lower bounds: {'; '.join(ways)}."


def _table(found: Roofline) -> Table:
    repeats = found.profile.repeats
    whole = found.seconds
    head = [
        Head("name"),
        *([Head("times", numeric=True)] if repeats else []),
        *(Head("layer"), Head("output", spare=3)),
        *(Head("FLOPs", numeric=True), Head("bytes", numeric=True), Head("FLOP/byte", numeric=True, spare=2)),
        *(Head("bound"), Head("least time", numeric=True), Head("share", numeric=True, spare=1)),
    ]
    rows = [
        (
            row.name,
            *([format_times(row.times)] if repeats else []),
            *(kind(row.kind), row.output),
            *_cells(row.cost),
            _share(row, whole),
        )
        for row in found.rows
    ]
    total = found.total
    seconds = "" if whole is None else duration(whole)
    sums = (total.flops, total.bytes, _intensity(total), "", seconds, "")
    return Table(tuple(head), tuple(rows), ("total", *[""] * (2 + repeats), *sums))


def _cells(cost: Cost) -> tuple[Any, ...]:
    time = "" if cost.seconds is None else duration(cost.seconds)
    return cost.flops, cost.bytes, _intensity(cost), cost.bound, time


def _intensity(cost: Cost) -> str:
    return "" if cost.intensity is None else f"{float(cost.intensity):,.1f}"


def _share(row: LayerBound, whole: Fraction | None) -> str:
    own = row.cost.seconds
    return "" if not whole or own is None or not isinstance(row.times, int) else _percent(own * row.times / whole)


def _percent(share: Fraction) -> str:
    return f"{100 * float(share):.2f} %"


def _facts(found: Roofline, measured: Measured | None, spent: Energy | None) -> Iterator[Fact]:
    device, peak = found.device, found.peak
    yield Fact("device", peak_text(device, peak))
    if found.seconds is not None:
        yield Fact("one by one", f"at least {duration(found.seconds)}{_due(found)}")
    else:
        yield Fact("one by one", f"{format_dim(found.total.flops)} FLOPs, {format_dim(found.total.bytes)} bytes")
    yield Fact("all at once", _at_once(found.whole))
    if isinstance(found.weight_bytes, int) and device.memory is not None and found.weight_bytes > device.memory:
        yield Fact(
            "memory", f"its weights are {bytes_text(found.weight_bytes)}, and it has {int(device.memory) / 10**9:g} GB"
        )
    if measured is not None:
        yield Fact("measured", _measured(found, measured))
    if spent is not None:
        yield Fact("energy", _energy(spent))


def _due(found: Roofline) -> str:
    """The part of the sum that is due to operations."""
    if not found.seconds:
        return ""
    bound = [row for row in found.rows if row.cost.bound == "compute"]
    if not bound:
        return ", all of it in layers that are bound by memory"
    due = sum(((row.cost.seconds or 0) * int(row.times) for row in bound), Fraction(0))
    return f", {_percent(due / found.seconds)} of it in {len(bound)} of {len(found.rows)} layers that are bound by operations"


def _at_once(whole: Cost) -> str:
    moved = f"{format_dim(whole.flops)} FLOPs, {_bytes(whole.bytes)} of input, weights and output, each once"
    return moved if whole.seconds is None else f"{least_text(whole)}: {moved}"


_BY = {"compute": "operations", "memory": "memory", "": "nothing"}


def least_text(cost: Cost) -> str:
    """The least time and the reason for it: at least 4.801 ms, bound by memory."""
    if cost.seconds is None:
        return "letters leave the time open"
    return f"at least {duration(cost.seconds)}, bound by {_BY[cost.bound]}"


def _bytes(n: Dim) -> str:
    return bytes_text(n) if isinstance(n, int) else f"{format_dim(n)} bytes"


def _measured(found: Roofline, measured: Measured) -> str:
    used = _percent(found.used(measured.seconds, measured.passes))
    if measured.step:
        return f"{duration(measured.seconds)} for a step of training, 3 × the forward pass's operations: {used} of the peak (MFU)"
    time = f"{duration(measured.seconds)}: {used} of the peak (MFU)"
    own = [("the bound one by one", found.seconds), ("the bound of all at once", found.whole.seconds)]
    return ", ".join([time, *(f"{name} is {_percent(t / measured.seconds)} of it" for name, t in own if t is not None)])


def _energy(spent: Energy) -> str:
    whole = spent.products + spent.memory
    each = f"{float(spent.each_product * 10**12):g} pJ a product, {float(spent.each_byte * 10**12):g} pJ a byte"
    parts = f"{_joules(spent.products)} for products and {_joules(spent.memory)} for bytes"
    return f"{_joules(whole)}, {parts}, by Horowitz 2014 at 45 nm: {each}"


def _joules(joules: Fraction) -> str:
    for unit, factor in (("J", 1), ("mJ", 10**3), ("µJ", 10**6)):
        if joules * factor >= 1:
            return f"{float(joules * factor):.4g} {unit}"
    return f"{float(joules * 10**9):.4g} nJ"


def to_dict(found: Roofline, measured: Measured | None = None, spent: Energy | None = None) -> dict[str, Any]:
    """The bounds as plain dicts and lists: exact numbers of operations and bytes, times in seconds, null where letters leave them open."""
    asked = found.asked
    plain: dict[str, Any] = {
        "network": found.profile.graph.name,
        **plain_inputs(found.profile.graph),
        "batch": plain_dim(found.profile.batch),
        "device": {
            "name": found.device.name,
            "rate": float(found.peak.rate),
            "dtype": found.peak.dtype,
            "accumulate": found.peak.accumulate or None,
            "bandwidth": float(found.device.bandwidth),
            "ridge": float(found.ridge),
        },
        "settings": {
            **asked.dtypes.said(found.profile.graph),
            "fused": asked.fused,
            "masked": asked.masked,
            "products": asked.products,
        },
        "rows": [
            {"name": row.name, "layer": row.kind, "times": plain_dim(row.times)}
            | {name: plain_dim(n) for name, n in zip(("reads", "weights", "writes"), row.moved, strict=True)}
            | _plain(row.cost)
            for row in found.rows
        ],
        "totals": _plain(found.total) | {"seconds": _float(found.seconds), "bound": None},
        "at_once": _plain(found.whole),
        "unmodelled": unmodelled(found),
    }
    if measured is not None:
        plain["measured"] = {
            "seconds": float(measured.seconds),
            "passes": measured.passes,
            "mfu": float(found.used(measured.seconds, measured.passes)),
            "of_bound": None if measured.step or found.seconds is None else float(found.seconds / measured.seconds),
        }
    if spent is not None:
        plain["energy"] = {"model": "horowitz", "products": float(spent.products), "memory": float(spent.memory)}
    return plain


def _plain(cost: Cost) -> dict[str, Any]:
    return {
        "macs": plain_dim(cost.macs),
        "flops": plain_dim(cost.flops),
        "bytes": plain_dim(cost.bytes),
        "intensity": _float(cost.intensity),
        "bound": cost.bound or None,
        "seconds": _float(cost.seconds),
    }


def _float(n: Fraction | None) -> float | None:
    return None if n is None else float(n)
