"""Verification of the closed forms of a network against a run."""

from archcalc.verification.fields import DependenceCheck, seen
from archcalc.verification.layers import LayerCheck, Observed, proofs
from archcalc.verification.memory import MemoryCheck, held
from archcalc.verification.places import Shown, shown
from archcalc.verification.smallest import smallest
from archcalc.verification.verification import Verification, verified

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
