"""Functional code of Keras 3."""

from __future__ import annotations

from archcalc.exporters.registry import register

# PyTorch code has the ending .py.
register("keras", "")
