"""What a layer does, counted raw, and the named conventions that say what each operation is worth."""

from archcalc.counting.convention import Convention, Total
from archcalc.counting.named import CONVENTIONS, convention
from archcalc.counting.quantities import Counted

__all__ = ["CONVENTIONS", "Convention", "Counted", "Total", "convention"]
