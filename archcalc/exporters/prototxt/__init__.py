"""Caffe: a network as a prototxt file of layers, without its weights."""

from __future__ import annotations

from archcalc.exporters.registry import register

register("prototxt", ".prototxt")
