"""The needs of the networks of a family, side by side, in every format."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from archcalc.document.content import Head, Notes, Page, Part, Section, Table
from archcalc.document.printed import printed
from archcalc.document.screen import PAPER, Screen
from archcalc.formats.as_json import json_text
from archcalc.formats.serve.bounds import speed_text
from archcalc.formats.serve.page import expanded
from archcalc.formats.serve.plain import to_dict
from archcalc.serving.bounds import Bounds
from archcalc.serving.budget import Fits
from archcalc.serving.plan import Serving
from archcalc.symbols.times import duration


class Side(NamedTuple):
    """A network, with what a budget holds of it, and its bounds on a device."""

    found: Serving
    within: Fits | None = None
    least: Bounds | None = None


def render(sides: Sequence[Side], refused: Sequence[str], form: str = "text", screen: Screen = PAPER) -> str:
    """A row for each network, and a sentence for each that cannot be served."""
    if form == "json":
        return json_text([_summary(side) for side in sides])
    parts: tuple[Part, ...] = (_table(sides), *([Notes(tuple(refused))] if refused else []))
    return printed(Page("Serving, side by side", (_about(sides),), (Section("", parts),)), form, screen)


def _about(sides: Sequence[Side]) -> str:
    asked, least = sides[0].found.asked, sides[0].least
    on = "" if least is None else f" Bounds on {least.device.title}."
    return f"Batch {asked.batch}. Cache {asked.kept}, activations and weights of which no dtype is stated {asked.dtype}. Bytes.{on}"


def _table(sides: Sequence[Side]) -> Table:
    within, least = sides[0].within, sides[0].least
    heads = (
        "network",
        "params",
        "weights",
        "context",
        "cache a token",
        "cache",
        "decoding FLOPs",
        "read a pass",
        "peak",
    )
    fit = ("largest batch", "longest context") if within is not None else ()
    times = ("least prefill", "least decoding", "tokens/s at most", "fits") if least is not None else ()
    head = tuple(Head(name, numeric=at > 0) for at, name in enumerate((*heads, *fit, *times)))
    return Table(head, tuple(map(_cells, sides)))


def _cells(side: Side) -> tuple[Any, ...]:
    found, fits, least = side
    numbers = (
        *(found.own.totals.params, found.weights, found.context, found.rates[0].nbytes, found.cache),
        *(2 * found.decode.macs, found.bytes_read),
    )
    peak = "" if found.peak is None else found.peak
    most = () if fits is None else tuple("any" if fit.most is None else fit.most for fit in (fits.batch, fits.context))
    times = () if least is None else _bounds(least)
    return found.graph.name, *map(expanded, numbers), peak, *most, *times


def _bounds(least: Bounds) -> tuple[str, ...]:
    speed, left = least.tokens_a_second, least.left
    return (
        *("" if one.seconds is None else duration(one.seconds) for one in (least.prefill, least.decode)),
        "" if speed is None else speed_text(speed),
        "" if left is None else "yes" if left >= 0 else "no",
    )


def _summary(side: Side) -> dict[str, Any]:
    return {key: value for key, value in to_dict(*side).items() if key not in {"rows", "unmodelled"}}
