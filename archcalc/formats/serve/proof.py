"""A run with a cache, held against what was said of it, in every format."""

from __future__ import annotations

from typing import Any

import msgspec

from archcalc.document.content import Head, Page, Section, Table
from archcalc.document.printed import printed
from archcalc.document.screen import PAPER, Screen
from archcalc.document.tones import RED, toned
from archcalc.formats.as_json import json_text
from archcalc.verification.serving import PassCheck, ServingCheck


def render(network: str, found: ServingCheck, form: str = "text", screen: Screen = PAPER) -> str:
    """The numbers of a network that a run with a cache confirms: what is kept, the products of each pass, and the outputs."""
    if form == "json":
        return json_text(msgspec.to_builtins(found) | {"network": network, "differences": found.differences})
    first, *after = found.passes
    title = (
        f"{network}: run in numpy with a cache, {first.tokens} tokens at once and {sum(one.tokens for one in after)} more "
        f"in {len(after)} passes."
    )
    lines = _lines(found)
    if form == "text":
        width = max(len(name) for name, *_ in lines)
        said = (
            toned(f"{name:{width}}  {agree} of {of} {run}", RED if screen.tones and agree < of else "")
            for name, agree, of, run in lines
        )
        return "\n".join([title, *said])
    head = (Head("number"), Head("agree", numeric=True), Head("of", numeric=True), Head("with"))
    return printed(Page(title, sections=(Section("", (Table(head, tuple(lines)),)),)), form, screen)


def _lines(found: ServingCheck) -> list[tuple[str, int, int, str]]:
    kept, passes = found.kept, found.passes

    def agree(every: list[Any]) -> int:
        return sum(not one.differences for one in every)

    right = sum(not one.wrong for one in passes)
    near = sum(not _far(one) for one in passes)
    values = sum(one.found for one in kept)
    apart = max(one.apart for one in passes)
    return [
        ("cache", agree(kept), len(kept), f"layers keep as many values as their arrays have, {values:,} in all"),
        (
            "MACs",
            right,
            len(passes),
            f"passes as counted one einsum at a time, {sum(one.macs for one in passes):,} in all",
        ),
        ("outputs", near, len(passes), f"passes as without a cache, within {apart:.1g} of the largest"),
    ]


def _far(one: PassCheck) -> bool:
    return len(one.differences) > len(one.wrong)
