"""What a neural network costs, without a framework and without running a model."""

from archcalc.api import compare, explain
from archcalc.conventions import Convention
from archcalc.display import Displayable
from archcalc.errors import SpecError
from archcalc.formats import render, show
from archcalc.language import load
from archcalc.network.graph import Graph
from archcalc.profiling.engine import profile
from archcalc.profiling.rows import Profile
from archcalc.symbols.dims import symbol

# Data shows itself in notebooks by what formats make of it, and neither knows the other.
Displayable.show = staticmethod(show)

__all__ = [
    "Convention",
    "Graph",
    "Profile",
    "SpecError",
    "compare",
    "explain",
    "load",
    "profile",
    "render",
    "symbol",
]
