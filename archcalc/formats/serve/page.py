"""The needs of a network that serves, as a page."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from archcalc.document.content import Fact, Facts, Head, Notes, Page, Section, Table
from archcalc.formats.conditions import held
from archcalc.formats.serve.bounds import TAKEN, facts
from archcalc.formats.summary import bytes_text, title
from archcalc.formats.tones import kind
from archcalc.layers.work import Work
from archcalc.serving.bounds import Bounds
from archcalc.serving.budget import Fit, Fits
from archcalc.serving.cache import Part, Rate
from archcalc.serving.lines import Line, lines
from archcalc.serving.plan import Serving
from archcalc.symbols.dims import Dim, format_dim
from archcalc.symbols.evaluate import in_form
from archcalc.symbols.sums import sum_of

# The memory that no number here includes.
UNMODELLED = (
    "the allocator's rounding, pages of a cache that are not full, and what the framework and the device hold",
    "what a kernel needs while it works, such as queries, and keys before they are kept",
)


def page(found: Serving, within: Fits | None = None, least: Bounds | None = None, *, layers: bool = False) -> Page:
    """The needs of a network, as a page."""
    asked = found.asked
    said = asked.dtypes.said(found.graph)
    tokens = "1 token" if asked.tokens_per_pass == 1 else f"{asked.tokens_per_pass:,} tokens"
    about = (
        f"Context {format_dim(found.context)} tokens, batch {format_dim(asked.batch)}, {tokens} a pass of decoding. "
        f"Weights {said['weights']}, cache {asked.kept}, activations {said['activations']}."
    )
    parts = (
        _table(found, layers=layers),
        Facts((*_facts(found), *_fitting(found, within), *(() if least is None else facts(least)))),
        Notes((*_notes(found), *(() if least is None else (TAKEN,)))),
    )
    return Page(f"Serving: {title(found.own)}", tuple(filter(None, (found.graph.source, about))), (Section("", parts),))


def _table(found: Serving, *, layers: bool) -> Table:
    """A row for the layers that are alike, with the numbers of all of them."""
    rows = [_cells(found, line) for line in lines(found.rows, each=layers)]
    head = (
        *(Head("name"), Head("times", numeric=True, spare=2), Head("layer"), Head("keeps", spare=1)),
        *(Head(name, numeric=True) for name in ("cache", "prefill MACs", "decoding MACs", "weights read")),
    )
    sums = (found.cache, found.prefill.macs, found.decode.macs, found.weights_read)
    return Table(head, tuple(rows), ("total", "", "", "", *map(expanded, sums)))


def _cells(found: Serving, line: Line) -> tuple[Any, ...]:
    row = line.row
    numbers = (
        found.kept(part for one in line.rows for part in one.parts),
        sum_of(one.prefill.macs for one in line.rows),
        sum_of(one.decode.macs for one in line.rows),
        sum_of(one.read for one in line.rows),
    )
    keeps = " + ".join(map(_kept, row.parts))
    return line.name, len(line.rows), kind(row.kind), keeps, *map(expanded, numbers)


def _kept(part: Part) -> str:
    values = format_dim(part.values)
    if part.grows == "state":
        return f"{part.name} {values}"
    if part.grows == "once":
        return f"{part.name} {values}×{format_dim(part.tokens)} once"
    return f"{part.name} {values}" + (
        f" of {format_dim(part.last)} tokens" if part.grows == "window" and part.last is not None else " a token"
    )


def _facts(found: Serving) -> Iterator[Fact]:
    totals = found.own.totals
    active = "" if totals.active == totals.params else f", {format_dim(totals.active)} of which one token uses"
    yield Fact("params", format_dim(totals.params) + active)
    yield Fact("weights", _bytes(found.weights))
    yield Fact("cache a token", _growth(found.rates))
    if found.fixed != 0:
        yield Fact("cache beside", f"{_bytes(found.fixed)} for each text, whatever its length")
    yield Fact("cache", _bytes(found.cache))
    yield Fact("prefill", _work(found.prefill))
    yield Fact("decoding", _work(found.decode))
    most = "at most " if _chooses(found) and found.asked.batch != 1 else ""
    yield Fact(
        "bytes read",
        f"{most}{_bytes(found.bytes_read)} a pass of decoding: "
        f"weights {format_dim(found.weights_read)} + cache {_dim(found.cache)}",
    )
    if found.looked_up != 0:
        yield Fact("looked up", f"{_bytes(found.looked_up)} of rows of tables more")
    if isinstance(found.bytes_read, int) and isinstance(found.decode.macs, int) and found.bytes_read:
        yield Fact("FLOPs a byte", f"{2 * found.decode.macs / found.bytes_read:.3f} in decoding")
    if found.peak is not None and found.alive is not None:
        first, last = found.alive
        yield Fact(
            "peak",
            f"{_bytes(found.peak)}: weights {format_dim(found.weights)} + cache {_dim(found.cache)} + outputs alive at once, "
            f"{first:,} in prefill and {last:,} in decoding",
        )


def _fitting(found: Serving, within: Fits | None) -> Iterator[Fact]:
    """The most that a budget holds."""
    if within is not None:
        yield Fact("budget", _bytes(within.budget))
        at, batch = format_dim(found.context), format_dim(found.asked.batch)
        yield Fact("largest batch", _fit(within.batch, "text", f"of {at} tokens"))
        yield Fact("longest context", _fit(within.context, "token", f"at batch {batch}"))


def _fit(fit: Fit, noun: str, of: str) -> str:
    if fit.most is None:
        return f"any, which takes {_bytes(fit.nbytes)} {of}: neither the cache nor outputs grow further"
    if not fit.most:
        return f"none {of}: {_bytes(fit.nbytes)} are too much"
    said = (
        f"{fit.most:,} {noun}{'s' * (fit.most != 1)} {of} {'take' if fit.most != 1 else 'takes'} {_bytes(fit.nbytes)}"
    )
    if fit.allowed is not None:
        return f"{said}; the network has no more places"
    return f"{said}; {fit.most + 1:,} would take {fit.more:,}"


def _chooses(found: Serving) -> bool:
    return found.own.totals.active != found.own.totals.params


def _growth(rates: list[Rate]) -> str:
    """The bytes that a token adds to the cache, up to each window and beyond the last."""
    said = [
        f"{_dim(rate.nbytes)} bytes" + ("" if rate.up_to is None else f" up to {format_dim(rate.up_to)} tokens")
        for rate in rates
    ]
    return ", then ".join(said)


def _work(work: Work) -> str:
    """MACs and FLOPs of all pairs, and of those that see each other where these are others."""
    seen = work.macs - work.masked
    said = f"{_dim(work.macs)} MACs, {_dim(2 * work.macs)} FLOPs"
    if expanded(work.masked) == 0:
        return said
    return f"{said}; of pairs that see each other (macs-seen) {_dim(seen)} MACs, {_dim(2 * seen)} FLOPs"


def _notes(found: Serving) -> Iterator[str]:
    yield from held(found.whole.conditions)
    if found.places is not None:
        yield f"Holds up to {format_dim(found.places)} tokens, of which the network has trained the places."
    if found.peak is None:
        yield "The peak is a largest of many, which letters leave open: give them numbers with --context and --batch."
    for text in UNMODELLED:
        yield f"Not in these numbers: {text}."


def expanded(n: Dim) -> Dim:
    """A number, or a formula as a sum."""
    return in_form(n, "expanded")


def _dim(n: Dim) -> str:
    return format_dim(expanded(n))


def _bytes(n: Dim) -> str:
    return bytes_text(expanded(n))
