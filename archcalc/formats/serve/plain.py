"""The needs of a network that serves, as plain data."""

from __future__ import annotations

from typing import Any

from archcalc.formats.as_json import plain_dim, plain_facts
from archcalc.formats.serve.bounds import plain
from archcalc.formats.serve.page import UNMODELLED, expanded
from archcalc.layers.work import Work
from archcalc.serving.bounds import Bounds
from archcalc.serving.budget import Fits
from archcalc.serving.plan import Serving
from archcalc.symbols.dims import Dim


def to_dict(found: Serving, within: Fits | None = None, least: Bounds | None = None) -> dict[str, Any]:
    """The needs of a network, as plain dicts and lists."""
    asked, totals = found.asked, found.own.totals
    return {
        "network": found.graph.name,
        "context": plain_dim(found.context),
        "batch": plain_dim(asked.batch),
        "tokens_per_pass": asked.tokens_per_pass,
        "dtypes": {**asked.dtypes.said(found.graph), "cache": asked.kept},
        "rows": [_row(found, row) for row in found.rows],
        "params": plain_dim(totals.params),
        "active_params": plain_dim(totals.active),
        "weights_bytes": plain_dim(found.weights),
        "kv_cache": {
            "bytes_per_token": plain_dim(found.rates[0].nbytes),
            "rates": [
                {"bytes_per_token": plain_dim(rate.nbytes), "up_to": None if rate.up_to is None else plain_dim(rate.up_to)}
                for rate in found.rates
            ],
            "fixed_bytes": _plain(found.fixed),
            "bytes": _plain(found.cache),
        },
        "prefill": _plain_work(found.prefill),
        "decode": {
            **_plain_work(found.decode),
            "bytes": _plain(found.bytes_read),
            "weights_bytes": _plain(found.weights_read),
            "looked_up_bytes": _plain(found.looked_up),
        },
        "peak": None if found.peak is None or found.alive is None else {
            "bytes": found.peak, "prefill_outputs": found.alive[0], "decode_outputs": found.alive[1]
        },
        "conditions": plain_facts(found.whole.conditions),
        "unmodelled": list(UNMODELLED),
        **({} if within is None else {"budget": _fits(within)}),
        **({} if least is None else {"device": plain(least)}),
    }  # fmt: skip


def _fits(within: Fits) -> dict[str, Any]:
    return {
        "bytes": within.budget,
        "largest_batch": within.batch.most,
        "batch_bytes": within.batch.nbytes,
        "longest_context": within.context.most,
        "context_bytes": within.context.nbytes,
    }


def _row(found: Serving, row: Any) -> dict[str, Any]:
    return {
        "name": row.name,
        "layer": row.kind,
        "keeps": [
            {"name": part.name, "grows": part.grows, "values": plain_dim(part.values), "tokens": plain_dim(part.tokens)}
            for part in row.parts
        ],
        "cache": _plain(found.kept(row.parts)),
        "prefill": _plain_work(row.prefill),
        "decode": _plain_work(row.decode),
        "weights_read": _plain(row.read),
        "looked_up": _plain(row.looked_up),
    }


def _plain_work(work: Work) -> dict[str, int | str]:
    seen = work.macs - work.masked
    return {
        "macs": _plain(work.macs),
        "flops": _plain(2 * work.macs),
        "macs_seen": _plain(seen),
        "flops_seen": _plain(2 * seen),
    }


def _plain(n: Dim) -> int | str:
    return plain_dim(expanded(n))
