"""TensorFlow Lite files: networks as lists of operators on tensors, in the layout of flatbuffers."""

from __future__ import annotations

from archcalc.importers.registry import register

# The bytes of the offset of the model come before the format's own.
_MARK, _AT = b"TFL3", 4


def recognises(head: bytes, _name: str) -> bool:
    """True if a file has the mark of the format where flatbuffers have it."""
    return head[_AT : _AT + len(_MARK)] == _MARK


register("tflite", recognises, max_bytes=2**33, mapped=True)
