"""Conventions: named rules that give a price to the work of each kind of layer."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Literal

import msgspec

from archcalc.conventions.quantities import Priceable, used_in, value
from archcalc.layers.work import NOTHING
from archcalc.symbols.dims import Dim, format_dim
from archcalc.symbols.shape import places_of
from archcalc.symbols.sums import repeated


class Total(msgspec.Struct, frozen=True):
    """A sum of prices, and the kinds of layers without a price; with any of them it is a lower bound."""

    value: Dim
    uncovered: tuple[str, ...] = ()

    def bounded(self, spelled: Callable[[Dim], str] = format_dim) -> str:
        """The sum as text, marked if it is a lower bound.

        >>> Total(4096, ("mish",)).bounded()
        '≥ 4,096'
        """
        return f"≥ {spelled(self.value)}" if self.uncovered else spelled(self.value)

    def said(self, spelled: Callable[[Dim], str] = format_dim) -> str:
        """The sum as text, with the kinds that it leaves out.

        >>> Total(4096, ("mish",)).said()
        '≥ 4,096, not counting mish'
        """
        bounded = self.bounded(spelled)
        return f"{bounded}, not counting {', '.join(self.uncovered)}" if self.uncovered else bounded


class Convention(msgspec.Struct, frozen=True):
    """A named counting rule with its unit, source and known faults.

    `prices` has a price for each kind of layer, as a sum of products of quantities (`archcalc.conventions.quantities`).
    `conv` is all of conv1d, conv2d and conv3d. A kind may be written more closely: `conv without bias`,
    `upsample linear 2d`, `batchnorm without affine`, `attention of several inputs`, `relu as function`. A kind that is
    not listed has the price `other`, or none if that is None. A layer whose `call` is not in `sees` has no price
    either.
    """

    name: str
    unit: Literal["MACs", "FLOPs"]
    rule: str
    prices: Mapping[str, str | None] = {}
    other: str | None = None
    source: str = ""
    faults: tuple[str, ...] = ()
    sees: frozenset[str] = frozenset({"module", "function", "operator", "matmul", "absent"})

    @property
    def column(self) -> str:
        """The title of the column: FLOPs, or MACs with the name of the convention."""
        # The plain MACs have a column of their own beside this one.
        return "FLOPs" if self.unit == "FLOPs" or self.name == "macs" else f"MACs ({self.name})"

    def formula(self, row: Priceable) -> str | None:
        """The price of a layer as written in the rule, or None if the rule does not cover the layer.

        A layer without work costs nothing, one whose work depends on the values is never covered, and one that the reference implementation leaves out is not there to be
        counted.
        """
        if row.layer.uncounted:
            return None
        if not self.prices:
            return self.other
        if row.call == "absent" and "absent" not in self.sees:
            return "0"
        if row.call in self.sees:
            for key in _keys(row):
                if key in self.prices:
                    return self.prices[key]
        if row.work == NOTHING:
            return "0"
        return self.other

    def price(self, row: Priceable) -> Dim | None:
        """The price of a layer in `unit`; None if the rule does not cover it."""
        formula = self.formula(row)
        return None if formula is None else 0 if formula == "0" else value(formula, row)

    def flops(self, price: Dim) -> Dim:
        """A price in FLOPs: twice the price if the unit is MACs."""
        return price if self.unit == "FLOPs" else 2 * price

    def shown(self, price: Dim) -> Dim:
        """A price in the unit of `column`."""
        return self.flops(price) if self.column == "FLOPs" else price

    def missed(self, rows: Iterable[Priceable]) -> tuple[str, ...]:
        """The kinds of layers whose multiply-accumulates the rule leaves out, all of them or those between activations."""
        each = 2 if self.unit == "FLOPs" else 1
        found = dict.fromkeys(
            row.kind
            for row in rows
            if "macs" not in used_in(self.formula(row) or "0")
            and isinstance(missing := each * row.work.macs - (self.price(row) or 0), int)
            and missing > 0
        )
        return tuple(found)

    def total(self, rows: Iterable[Priceable]) -> Total:
        """The sum over layers, with the kinds that the rule does not cover."""
        prices: list[tuple[Dim, Dim]] = []
        uncovered: dict[str, None] = {}
        for row in rows:
            price = self.price(row)
            if price is None:
                uncovered[row.kind] = None
            else:
                prices.append((price, row.times))
        return Total(repeated(prices), tuple(uncovered))


def _keys(row: Priceable) -> Iterator[str]:
    """The keys under which a rule may have a layer's price, the most specific first."""
    kind = row.kind
    family = kind[:-2] if kind[-2:] in {"1d", "2d", "3d"} else kind
    for name in dict.fromkeys((kind, family)):
        if len(row.inputs) > 1:
            yield f"{name} of several inputs as {row.call}"
        variants = list(row.layer.variants(len(places_of(row.output))))
        yield from (f"{name} {variant} as {row.call}" for variant in variants)
        yield f"{name} as {row.call}"
        if len(row.inputs) > 1:
            yield f"{name} of several inputs"
        yield from (f"{name} {variant}" for variant in variants)
        yield name
