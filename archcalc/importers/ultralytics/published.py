"""The figures that a model file publishes of its networks, in a comment behind each scale."""

from __future__ import annotations

import re
from contextlib import suppress

from archcalc.errors import Source, SpecError
from archcalc.network.figures import Claim, Figure

_SUMMARY = re.compile(
    r"^[ \t]*(?P<scale>\w+):[ \t]*\[[^\]]*\][ \t]*#[^\n]*?\b(?P<params>[\d,]+) parameters\b(?:[^\n]*?\b(?P<flops>[\d.]+) GFLOPs\b)?",
    re.MULTILINE | re.IGNORECASE,
)


def published(source: Source, scale: str) -> tuple[Figure, ...]:
    r"""The figures of a scale: its params and its FLOPs.

    >>> text = "scales:\n  n: [0.33, 0.25, 1024] # summary: 129 layers, 3157200 parameters, 0 gradients, 8.9 GFLOPS\n"
    >>> [str(figure.claims[0]) for figure in published(Source("yolov8.yaml", text), "n")]
    ['params 3157200', 'flops 8.9G']
    """
    found = next((one for one in _SUMMARY.finditer(source.text) if one["scale"] == scale), None)
    printed = {} if found is None else {"params": found["params"], "flops": f"{found['flops'] or ''}G"}
    figures = []
    for of, value in printed.items():
        # A comment may hold anything, and is no mistake in the file.
        with suppress(SpecError):
            figures.append(Figure((Claim.read(of, value),), source="the file's own comment"))
    return tuple(figures)
