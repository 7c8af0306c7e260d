"""The closed forms of a network held against what happens when it runs."""

from archcalc.verify.fields import Seen, seen
from archcalc.verify.layers import Found, Proof, proofs
from archcalc.verify.memory import Held, held
from archcalc.verify.places import Shown, shown
from archcalc.verify.smallest import smallest
from archcalc.verify.verification import Verification, verified

__all__ = [
    "Found",
    "Held",
    "Proof",
    "Seen",
    "Shown",
    "Verification",
    "held",
    "proofs",
    "seen",
    "shown",
    "smallest",
    "verified",
]
