"""Timeloop: the problems of a network, one YAML document for each of its products."""

from __future__ import annotations

from archcalc.exporters.registry import register

register("timeloop", ".yaml")
