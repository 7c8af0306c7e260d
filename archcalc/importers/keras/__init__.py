"""Keras models: the JSON of `model.to_json()` of Keras 1, 2 and 3, and `.keras` files, which hold it."""

from __future__ import annotations

from archcalc.importers.registry import register

# A zip file whose first member has one of these names, which stands at byte 30.
_MEMBERS = (b"metadata.json", b"config.json", b"model.weights.h5")


def recognises(head: bytes, _name: str) -> bool:
    """True for a model of Keras as JSON, or a zip file that begins as Keras writes it."""
    if head.startswith(b"PK\x03\x04"):
        return head[30:].startswith(_MEMBERS)
    return head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{") and b'"class_name"' in head and b'"config"' in head


register("keras", recognises, mapped=True)
