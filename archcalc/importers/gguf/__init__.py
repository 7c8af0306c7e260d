"""GGUF files, in which llama.cpp keeps a language model: its sizes by name, and its arrays, of which the headers alone are read."""

from __future__ import annotations

from archcalc.importers.registry import register


def recognises(head: bytes, _name: str) -> bool:
    """True if a file begins as a GGUF file does."""
    return head.startswith(b"GGUF")


register("gguf", recognises, mapped=True)
