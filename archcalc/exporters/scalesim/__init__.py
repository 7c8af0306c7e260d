"""SCALE-Sim: the topology of a network, one row for each of its products."""

from __future__ import annotations

from archcalc.exporters.registry import register

register("scalesim", ".csv", remarks=True)
