"""The named conventions, which give a price to each operation that a layer counts."""

from archcalc.conventions.convention import Convention, Total
from archcalc.conventions.named import CONVENTIONS, convention
from archcalc.conventions.quantities import Priceable

__all__ = ["CONVENTIONS", "Convention", "Priceable", "Total", "convention"]
