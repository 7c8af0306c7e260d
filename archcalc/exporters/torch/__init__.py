"""PyTorch modules."""

from __future__ import annotations

from archcalc.exporters.registry import register

register("torch", ".py")
