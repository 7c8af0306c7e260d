"""Verification of the closed forms of a network against a run."""

from archcalc.verify.fields import DependenceCheck, seen
from archcalc.verify.layers import LayerCheck, Observed, proofs
from archcalc.verify.memory import MemoryCheck, held
from archcalc.verify.places import Shown, shown
from archcalc.verify.smallest import smallest
from archcalc.verify.verification import Verification, verified

__all__ = [
    "DependenceCheck",
    "LayerCheck",
    "MemoryCheck",
    "Observed",
    "Shown",
    "Verification",
    "held",
    "proofs",
    "seen",
    "shown",
    "smallest",
    "verified",
]
