"""One network under every convention, as text, markdown or JSON."""

from __future__ import annotations

from typing import Any

from tabulate import tabulate

from archcalc.accounts import Account
from archcalc.dims import Dim, written
from archcalc.document import Head, Part, Table, Text
from archcalc.formats.json import json_text, plain_dim, plain_shape
from archcalc.formats.summary import title, under
from archcalc.markup.escapes import escape_markdown
from archcalc.rows import Profile

_TITLES = ("convention", "unit", "total", "difference")
_SIDES = ("left", "left", "right", "right")


def render(profile: Profile, accounts: list[Account], form: str = "text") -> str:
    """The totals, and for each convention the kinds of layers by which it differs from the multiply-accumulates."""
    if form == "json":
        return json_text(to_dict(profile, accounts))
    clean = escape_markdown if form == "markdown" else str
    style = "pipe" if form == "markdown" else "simple"
    cells = [[clean(cell) for cell in _cells(account)] for account in accounts]
    table = tabulate(cells, _TITLES, style, disable_numparse=True, colalign=_SIDES)
    name = title(profile)
    about = f"{under(profile)} Differences are from MACs, or from 2 × MACs where the unit is FLOPs."
    if form == "markdown":
        parts = [f"**{clean(line)}**" if first else f"- {clean(line)}" for line, first in _reasons(accounts)]
        spaced = "\n".join(f"\n{part}\n" if part.startswith("**") else part for part in parts)
        return f"# {clean(name)}\n\n{clean(about)}\n\n{table}\n{spaced}".rstrip()
    reasons = [line if first else f"  {line}" for line, first in _reasons(accounts)]
    return "\n".join([name, about, "", table, "", *reasons])


def totalled(profile: Profile, accounts: list[Account]) -> tuple[Part, ...]:
    """The totals under every convention, as parts of a page."""
    head = tuple(Head(name, numeric=side == "right") for name, side in zip(_TITLES, _SIDES, strict=True))
    rows = tuple((*_cells(account), account.convention.rule) for account in accounts)
    return Text(f"{under(profile)} Differences are from MACs, or from 2 × MACs where the unit is FLOPs."), Table(
        (*head, Head("rule")), rows
    )


def _cells(account: Account) -> list[str]:
    bound = "≥ " if account.uncovered else ""
    return [
        account.convention.name,
        account.convention.unit,
        bound + written(account.total.value),
        bound + signed(account.difference) if account.difference != 0 else bound + "0" if bound else "",
    ]


def signed(n: Dim) -> str:
    """A difference with its sign.

    >>> signed(1728), signed(-64)
    ('+1,728', '−64')
    """
    return f"−{-n:,}" if isinstance(n, int) and n < 0 else f"+{written(n)}"


def _reasons(accounts: list[Account]) -> list[tuple[str, bool]]:
    """For each convention its rule, marked as the first, and what it does with the kinds where it differs."""
    lines: list[tuple[str, bool]] = []
    for account in accounts:
        lines.append((f"{account.convention.name}: {account.convention.rule}", True))
        for share in account.shares:
            prices = f" at {' or '.join(share.prices)}" if share.prices else ""
            lines.append((f"{signed(share.difference)} from {_counted(share.kind, share.layers)}{prices}", False))
        if account.uncovered:
            missing = ", ".join(_counted(kind, n) for kind, n in account.uncovered.items())
            lines.append((f"not covered: {missing}", False))
    return lines


def _counted(kind: str, n: int) -> str:
    return f"{n} {kind}"


def to_dict(profile: Profile, accounts: list[Account]) -> dict[str, Any]:
    """Every account as plain dicts and lists; `totals` has one number for each convention."""
    return {
        "network": profile.graph.name,
        "input": plain_shape(profile.graph.input),
        "batch": plain_dim(profile.batch),
        "totals": {account.convention.name: plain_dim(account.total.value) for account in accounts},
        "conventions": [_account(account) for account in accounts],
    }


def _account(account: Account) -> dict[str, Any]:
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
                "layers": share.layers,
                "prices": list(share.prices),
                "difference": plain_dim(share.difference),
            }
            for share in account.shares
        ],
        "uncovered": account.uncovered,
        "rule": convention.rule,
        "source": convention.source,
        "faults": list(convention.faults),
    }
