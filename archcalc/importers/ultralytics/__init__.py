"""Model files of ultralytics: YAML with the rows of a backbone and of a head."""

from __future__ import annotations

import re

from archcalc.importers.registry import register

_BACKBONE = re.compile(rb"^backbone:[ \t]*(#.*)?\r?$", re.MULTILINE)
# The first row: where it reads, how often it repeats, and the name of a module.
_ROW = re.compile(
    rb"^[ \t]*- \[ *(-?\d+|\[[-\d, ]*\]) *, *\d+ *, *[\x22\x27]?[A-Za-z][\w.]*[\x22\x27]? *, *\[", re.MULTILINE
)


def recognises(head: bytes, _name: str) -> bool:
    """True for YAML with a backbone of rows."""
    found = _BACKBONE.search(head)
    return found is not None and _ROW.search(head, found.end()) is not None


register("ultralytics", recognises, max_bytes=2**20, variants=True)
