"""A convention's rule written out: a price for each kind of layer."""

from __future__ import annotations

import msgspec

from archcalc.conventions import Convention, convention
from archcalc.conventions.quantities import QUANTITIES, used_in
from archcalc.document.content import Head, Notes, Page, Section, Table
from archcalc.document.formats import MARKED
from archcalc.document.printed import printed
from archcalc.document.screen import PAPER, Screen
from archcalc.formats.as_json import json_text


def rules(name: str, form: str = "text", screen: Screen = PAPER) -> str:
    """A convention's rule, unit, source, prices and known faults; raises SpecError for an unknown name."""
    rule = convention(name)
    if form == "json":
        return json_text(
            {
                "convention": rule.name,
                "unit": rule.unit,
                "rule": rule.rule,
                "prices": rule.prices,
                "other": rule.other,
                "source": rule.source,
                "faults": list(rule.faults),
            }
        )
    page = _page(rule)
    if form in MARKED:
        page = msgspec.structs.replace(page, title=f"Convention {rule.name}", about=(page.title, *page.about))
    return printed(page, form, screen)


def _page(rule: Convention) -> Page:
    prices = {**rule.prices, "any other kind": rule.other}
    rows = tuple((kind, "not covered" if price is None else price) for kind, price in prices.items())
    used = {name for price in prices.values() if price is not None for name in used_in(price)}
    words = tuple(f"{name}: {quantity.meaning}" for name, quantity in QUANTITIES.items() if name in used)
    return Page(
        f"{rule.name} counts {rule.unit}: {rule.rule}.",
        (f"Read from {rule.source}.",) if rule.source else (),
        (
            Section("", (Table((Head("kind"), Head("price")), rows), Notes(words))),
            *([Section("Known faults", (Notes(rule.faults),))] if rule.faults else []),
        ),
    )
