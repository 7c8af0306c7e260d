"""Networks from the config.json of Hugging Face's transformers: sizes alone, whose layers the `model_type` stands for.

A family of model types is one spec in `families/`, whose params are called like the keys of the file. Its variants are
the model types, and the values of its params are the defaults that transformers has for keys that a file leaves out.
"""

from __future__ import annotations

import re

from archcalc.importers.registry import register

_KEY = re.compile(rb'"model_type"\s*:\s*"|"architectures"\s*:\s*\[')


def recognises(head: bytes, _name: str) -> bool:
    """True if a file with these first bytes is such a config."""
    return head.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] == b"{" and _KEY.search(head) is not None


register("huggingface", recognises, max_bytes=2**22)
