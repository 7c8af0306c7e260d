"""The forward pass in numpy, against which the closed forms are held: seeded arrays, plain execution, counted products."""

from archcalc.reference.counting import CountingNumpy
from archcalc.reference.lean import lean
from archcalc.reference.plain import outputs
from archcalc.reference.values import seeded

__all__ = ["CountingNumpy", "lean", "outputs", "seeded"]
