"""The figures that a model file publishes of its networks, in a comment behind each scale."""

from __future__ import annotations

import re

from archcalc.errors import Source
from archcalc.network.figures import Claim, Figure

_SUMMARY = re.compile(
    r"^[ \t]*(?P<scale>\w+):[ \t]*\[[^\]]*\][ \t]*#[^\n]*?\b(?P<params>[\d,]+) parameters\b(?:[^\n]*?\b(?P<flops>[\d.]+) GFLOPs\b)?",
    re.MULTILINE | re.IGNORECASE,
)


def published(source: Source, scale: str) -> tuple[Figure, ...]:
    r"""The figures of a scale: its params, and its FLOPs as the thop of ultralytics counts them.

    >>> text = "scales:\n  n: [0.33, 0.25, 1024] # summary: 129 layers, 3157200 parameters, 0 gradients, 8.9 GFLOPS\n"
    >>> [str(figure.claims[0]) for figure in published(Source("yolov8.yaml", text), "n")]
    ['params 3157200', 'flops 8.9G']
    """
    found = next((one for one in _SUMMARY.finditer(source.text) if one["scale"] == scale), None)
    if found is None:
        return ()
    params = Figure((Claim.read("params", found["params"]),), source="the file's own comment")
    if found["flops"] is None:
        return (params,)
    flops = Claim.read("flops", f"{found['flops']}G")
    return params, Figure((flops,), source="the file's own comment", convention="thop")
