"""Importer of the cfg files of darknet, pjreddie's program and AlexeyAB's."""

from __future__ import annotations

import re

from archcalc.importers.registry import register

_FIRST = re.compile(rb"\[\s*net(?:work)?\s*\]")


def recognises(head: bytes, _name: str) -> bool:
    r"""True if the first section is that of a network, under comments or none.

    >>> recognises(b"# YOLO\n\n[net]\nbatch=1\n", ""), recognises(b"name: net\n", "")
    (True, False)
    """
    lines = (line.strip() for line in head.removeprefix(b"\xef\xbb\xbf").splitlines())
    first = next((line for line in lines if line and line[:1] not in b"#;"), b"")
    return _FIRST.match(first) is not None


register("darknet", recognises, max_bytes=2**20)
