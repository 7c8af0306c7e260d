"""The spec language: YAML text to a graph."""

from archcalc.spec.figures import claimed
from archcalc.spec.load import bundled, load, parse, source_of

__all__ = ["bundled", "claimed", "load", "parse", "source_of"]
