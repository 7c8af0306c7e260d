"""ONNX: a network as a graph of operators, with its arrays, in the wire format of protocol buffers."""

from __future__ import annotations

from archcalc.exporters.registry import register

register("onnx", ".onnx", binary=True, arrays=True)
