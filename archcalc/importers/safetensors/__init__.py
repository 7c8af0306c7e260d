"""Files of safetensors: arrays by name, and no network. What they hold is told in the error that says so."""

from __future__ import annotations

from archcalc.importers.registry import register

# The most bytes of a header, by the format's own rule.
MAX_HEADER = 100_000_000


def recognises(head: bytes, _name: str) -> bool:
    """True if a file begins with the length of its header, and that with an object that has arrays or metadata."""
    long = 2 <= int.from_bytes(head[:8], "little") <= MAX_HEADER
    return long and head[8:9] == b"{" and (b'"dtype"' in head or b'"__metadata__"' in head)


register("safetensors", recognises, mapped=True)
