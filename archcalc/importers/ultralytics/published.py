"""The figures that a model file publishes of its networks, in a comment behind each scale."""

from __future__ import annotations

import re
from contextlib import suppress

from archcalc.errors import Source, SpecError
from archcalc.network.figures import Claim, Figure

_SCALE = re.compile(r"[ \t]{0,40}(\w{1,40}):[ \t]{0,40}\[")
_PARAMS = re.compile(r"(?<![\d,])([\d,]{1,40}) parameters\b")
_FLOPS = re.compile(r"(?<![\d.])([\d.]{1,40}) GFLOPs\b", re.IGNORECASE)


def published(source: Source, scale: str) -> tuple[Figure, ...]:
    r"""The figures of a scale: its params and its FLOPs.

    >>> text = "scales:\n  n: [0.33, 0.25, 1024] # summary: 129 layers, 3157200 parameters, 0 gradients, 8.9 GFLOPS\n"
    >>> [str(figure.claims[0]) for figure in published(Source("yolov8.yaml", text), "n")]
    ['params 3157200', 'flops 8.9G']
    """
    named = ((_SCALE.match(line), line.partition("#")[2]) for line in source.text.splitlines())
    said = next((comment for found, comment in named if found and found[1] == scale), "")
    printed = {"params": (_PARAMS.search(said), ""), "flops": (_FLOPS.search(said), "G")}
    figures = []
    for of, value in [(of, f"{found[1]}{unit}") for of, (found, unit) in printed.items() if found]:
        # A comment may hold anything, and is no mistake in the file.
        with suppress(SpecError):
            figures.append(Figure((Claim.read(of, value),), source="the file's own comment"))
    return tuple(figures)
