"""One network under every convention, as text, JSON or a page."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from archcalc.document.content import Head, Notes, Page, Section, Table, Text
from archcalc.document.printed import printed
from archcalc.document.screen import PAPER, Screen, text_table
from archcalc.formats.as_json import json_text, plain_dim, plain_inputs
from archcalc.formats.summary import title, under
from archcalc.profiling.by_convention import ConventionTotal
from archcalc.profiling.rows import Profile
from archcalc.symbols.dims import Dim, format_dim

_TITLES = ("convention", "unit", "total", "difference")
_SIDES = ("left", "left", "right", "right")


def render(profile: Profile, accounts: list[ConventionTotal], form: str = "text", screen: Screen = PAPER) -> str:
    """The totals, and for each convention the kinds of layers that make it differ from multiply-accumulates."""
    if form == "json":
        return json_text(to_dict(profile, accounts))
    if form != "text":
        return printed(page(profile, accounts), form)
    cells = [_cells(account) for account in accounts]
    table = text_table(_TITLES, cells, [side == "right" for side in _SIDES], screen)
    reasons = [
        line for account in accounts for line in (_rule(account), *(f"  {reason}" for reason in _reasons(account)))
    ]
    return "\n".join([title(profile), _about(profile), "", table, "", *reasons])


def page(profile: Profile, accounts: list[ConventionTotal]) -> Page:
    """The totals in a table, and a section for each convention with the kinds of layers that make it differ."""
    about, table = totalled(profile, accounts)
    reasons = [
        Section(account.convention.name, (Text(account.convention.rule), *_noted(account)), 3) for account in accounts
    ]
    return Page(f"Conventions: {title(profile)}", sections=(Section("", (about, table)), *reasons))


def _noted(account: ConventionTotal) -> list[Notes]:
    reasons = tuple(_reasons(account))
    return [Notes(reasons)] if reasons else []


def _about(profile: Profile) -> str:
    return f"{under(profile)} Differences are from MACs, or from 2 × MACs where the unit is FLOPs."


def totalled(profile: Profile, accounts: list[ConventionTotal]) -> tuple[Text, Table]:
    """The totals under every convention, as parts of a page."""
    head = tuple(Head(name, numeric=side == "right") for name, side in zip(_TITLES, _SIDES, strict=True))
    rows = tuple((*_cells(account), account.convention.rule) for account in accounts)
    return Text(_about(profile)), Table((*head, Head("rule")), rows)


def _cells(account: ConventionTotal) -> list[str]:
    bound = "≥ " if account.uncovered else ""
    return [
        account.convention.name,
        account.convention.unit,
        bound + format_dim(account.total.value),
        bound + signed(account.difference) if account.difference != 0 else bound + "0" if bound else "",
    ]


def signed(n: Dim) -> str:
    """A difference with its sign.

    >>> signed(1728), signed(-64)
    ('+1,728', '−64')
    """
    return f"−{-n:,}" if isinstance(n, int) and n < 0 else f"+{format_dim(n)}"


def _rule(account: ConventionTotal) -> str:
    return f"{account.convention.name}: {account.convention.rule}"


def _reasons(account: ConventionTotal) -> Iterator[str]:
    """The reasons why a convention differs: a line for each kind of layer that it counts otherwise."""
    for share in account.shares:
        prices = f" at {' or '.join(share.prices)}" if share.prices else ""
        yield f"{signed(share.difference)} from {_counted(share.kind, share.layers)}{prices}"
    if account.uncovered:
        yield f"not covered: {', '.join(_counted(kind, n) for kind, n in account.uncovered.items())}"


def _counted(kind: str, n: int) -> str:
    return f"{n} {kind}"


def to_dict(profile: Profile, accounts: list[ConventionTotal]) -> dict[str, Any]:
    """The totals under every convention as plain dicts and lists; `totals` has one number for each convention."""
    return {
        "network": profile.graph.name,
        **plain_inputs(profile.graph),
        "batch": plain_dim(profile.batch),
        "totals": {account.convention.name: plain_dim(account.total.value) for account in accounts},
        "conventions": [_account(account) for account in accounts],
    }


def _account(account: ConventionTotal) -> dict[str, Any]:
    convention = account.convention
    return {
        "convention": convention.name,
        "unit": convention.unit,
        "total": plain_dim(account.total.value),
        "lower_bound": bool(account.uncovered),
        "difference": plain_dim(account.difference),
        "kinds": [
            {
                "kind": share.kind,
                "layers": plain_dim(share.layers),
                "prices": list(share.prices),
                "difference": plain_dim(share.difference),
            }
            for share in account.shares
        ],
        "uncovered": {kind: plain_dim(n) for kind, n in account.uncovered.items()},
        "rule": convention.rule,
        "source": convention.source,
        "faults": list(convention.faults),
    }
