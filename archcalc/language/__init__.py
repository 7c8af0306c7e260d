"""The spec language: YAML text to a graph."""

from archcalc.language.figures import claimed
from archcalc.language.load import load, parse
from archcalc.language.sources import bundled, source_of

__all__ = ["bundled", "claimed", "load", "parse", "source_of"]
