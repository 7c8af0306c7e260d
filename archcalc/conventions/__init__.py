"""The named conventions that say what each operation is worth that a layer counts."""

from archcalc.conventions.convention import Convention, Total
from archcalc.conventions.named import CONVENTIONS, convention
from archcalc.conventions.quantities import Priceable

__all__ = ["CONVENTIONS", "Convention", "Priceable", "Total", "convention"]
