"""One network under every convention, and the difference of each from the multiply-accumulates."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from archcalc.conventions import CONVENTIONS, Convention, Total
from archcalc.conventions.quantities import nonzero_terms
from archcalc.profiling.rows import Profile, Totals
from archcalc.symbols.dims import Dim
from archcalc.symbols.sums import repeated, sum_of


class KindDifference(msgspec.Struct, frozen=True):
    """The price of one kind of layer under a convention: its layers, their prices, and the difference from the MACs."""

    kind: str
    layers: Dim
    prices: tuple[str, ...]
    difference: Dim


class ConventionTotal(msgspec.Struct, frozen=True):
    """A network's total under a convention, its difference from the MACs, and the share of each kind in that."""

    convention: Convention
    total: Total
    difference: Dim
    shares: tuple[KindDifference, ...]
    # Kinds without a price, with the number of their layers.
    uncovered: dict[str, Dim]


def by_convention(profile: Profile, conventions: Iterable[Convention] = CONVENTIONS.values()) -> list[ConventionTotal]:
    """The totals of a profile's network under each of the conventions, without auxiliary heads.

    >>> from archcalc.profiling.engine import profile
    >>> from archcalc.language import load
    >>> torchinfo = next(a for a in by_convention(profile(load("vgg16"))) if a.convention.name == "torchinfo")
    >>> torchinfo.total.value, [(share.kind, share.difference) for share in torchinfo.shares]
    (15483821032, [('conv2d', 13547520), ('linear', 9192)])
    """
    kinds = profile.by_kind()
    return [_total(convention, profile, kinds) for convention in conventions]


def _total(convention: Convention, profile: Profile, kinds: Mapping[str, Totals]) -> ConventionTotal:
    unit = 2 if convention.unit == "FLOPs" else 1
    shares = []
    uncovered = {}
    for kind, alike in kinds.items():
        priced = [(row, price) for row in alike.rows if (price := convention.price(row)) is not None]
        # A layer without a price is missing with all its MACs.
        difference = repeated((price, row.times) for row, price in priced) - unit * alike.macs
        if difference != 0:
            prices = dict.fromkeys(nonzero_terms(convention.formula(row) or "0", row) for row, _ in priced)
            shares.append(KindDifference(kind, sum_of(row.times for row in alike.rows), tuple(prices), difference))
        if len(priced) < len(alike.rows):
            uncovered[kind] = sum_of(row.times for row in alike.rows) - sum_of(row.times for row, _ in priced)
    total = convention.total(profile.main)
    return ConventionTotal(convention, total, total.value - unit * profile.totals.macs, tuple(shares), uncovered)
