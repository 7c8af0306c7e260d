"""A convention's rule written out: a price for each kind of layer."""

from __future__ import annotations

from tabulate import tabulate

from archcalc.counting import convention
from archcalc.counting.quantities import QUANTITIES, used_in
from archcalc.formats.json import json_text
from archcalc.markup.escapes import escape_markdown


def rules(name: str, form: str = "text") -> str:
    """What a convention counts, in which unit, by whom, its prices, and its known faults; raises SpecError for no such name."""
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
    prices = {**rule.prices, "any other kind": rule.other}
    clean = escape_markdown if form == "markdown" else str
    cells = [[clean(kind), "not covered" if price is None else clean(price)] for kind, price in prices.items()]
    table = tabulate(cells, ["kind", "price"], "pipe" if form == "markdown" else "simple", disable_numparse=True)
    used = {name for price in prices.values() if price is not None for name in used_in(price)}
    words = [clean(f"{name}: {quantity.meaning}") for name, quantity in QUANTITIES.items() if name in used]
    faults = [f"- {clean(fault)}" for fault in rule.faults]
    about = [f"{rule.name} counts {rule.unit}: {rule.rule}.", *([f"Read from {rule.source}."] if rule.source else [])]
    lists = [*(f"- {word}" for word in words), *(["", "Known faults:", ""] if faults else []), *faults]
    return "\n".join([*map(clean, about), "", table, "", *lists])
