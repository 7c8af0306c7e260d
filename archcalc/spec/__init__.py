"""The spec language: YAML text to a graph."""

from archcalc.spec.load import bundled, load, parse, source_of

__all__ = ["bundled", "load", "parse", "source_of"]
