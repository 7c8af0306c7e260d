"""The fast path: whole networks in numpy on buffers planned ahead."""

from archcalc.reference.fast.program import Program

__all__ = ["Program"]
