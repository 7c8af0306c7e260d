"""The needs of the networks of a family, side by side, in every format."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from archcalc.document.content import Head, Notes, Page, Part, Section, Table
from archcalc.document.printed import printed
from archcalc.document.screen import PAPER, Screen
from archcalc.formats.as_json import json_text
from archcalc.formats.serve.page import expanded
from archcalc.formats.serve.plain import to_dict
from archcalc.serving.budget import Fits
from archcalc.serving.plan import Serving

# A network with what a budget holds of it.
Side = tuple[Serving, Fits | None]


def render(sides: Sequence[Side], refused: Sequence[str], form: str = "text", screen: Screen = PAPER) -> str:
    """A row for each network, and a sentence for each that cannot be served."""
    if form == "json":
        return json_text([_summary(*side) for side in sides])
    parts: tuple[Part, ...] = (_table(sides), *([Notes(tuple(refused))] if refused else []))
    return printed(Page("Serving, side by side", (_about(sides),), (Section("", parts),)), form, screen)


def _about(sides: Sequence[Side]) -> str:
    asked = sides[0][0].asked
    return f"Batch {asked.batch}. Cache {asked.kept}, activations and weights of which no dtype is stated {asked.dtype}. Bytes."


def _table(sides: Sequence[Side]) -> Table:
    within = any(fits is not None for _, fits in sides)
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
    fit = ("largest batch", "longest context") if within else ()
    head = tuple(Head(name, numeric=at > 0) for at, name in enumerate((*heads, *fit)))
    return Table(head, tuple(_cells(*side) for side in sides))


def _cells(found: Serving, fits: Fits | None) -> tuple[Any, ...]:
    numbers = (
        *(found.own.totals.params, found.weights, found.context, found.rates[0].nbytes, found.cache),
        *(2 * found.decode.macs, found.bytes_read),
    )
    peak = "" if found.peak is None else found.peak
    most = () if fits is None else tuple("any" if fit.most is None else fit.most for fit in (fits.batch, fits.context))
    return found.graph.name, *map(expanded, numbers), peak, *most


def _summary(found: Serving, fits: Fits | None) -> dict[str, Any]:
    return {key: value for key, value in to_dict(found, fits).items() if key not in {"rows", "unmodelled"}}
