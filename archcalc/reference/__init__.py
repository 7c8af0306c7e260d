"""The forward pass in numpy, against which the closed forms are held: seeded arrays, plain execution, counted products."""

from archcalc.reference.counting import CountingNumpy
from archcalc.reference.fast import Program
from archcalc.reference.lean import Storing, lean
from archcalc.reference.limit import within
from archcalc.reference.plain import outputs
from archcalc.reference.run import run
from archcalc.reference.trained import trained
from archcalc.reference.values import noise, seeded

__all__ = [
    "CountingNumpy",
    "Program",
    "Storing",
    "lean",
    "noise",
    "outputs",
    "run",
    "seeded",
    "trained",
    "within",
]
