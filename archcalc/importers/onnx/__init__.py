"""ONNX files: networks as graphs of operators, in the wire format of protocol buffers."""

from __future__ import annotations

from archcalc.importers.onnx.wire import BYTES, NUMBER, Malformed, key
from archcalc.importers.registry import register

# The fields of a model, and the types in which they are written: the version of the format, the producer, the graph, …
_FIELDS = {1: NUMBER, 2: BYTES, 3: BYTES, 4: BYTES, 5: NUMBER, 6: BYTES, 7: BYTES, 8: BYTES}
_VERSION, _GRAPH, _OPERATORS = 1, 7, 8


def recognises(head: bytes, _name: str) -> bool:
    """True if a file begins with the fields of a model: its version, and then its graph or its operators."""
    seen, at = set(), 0
    try:
        while at < len(head):
            field, value, at = key(head, at, len(head))
            if _FIELDS.get(field) != value.wire or (field == _VERSION and not 0 < value.number < 1000):
                return False
            seen.add(field)
            if _VERSION in seen and seen & {_GRAPH, _OPERATORS}:
                return True
            at = value.stop
    except Malformed:
        pass
    return False


register("onnx", recognises, max_bytes=2**33, mapped=True)
