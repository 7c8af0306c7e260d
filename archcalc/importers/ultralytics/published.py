"""The figures that a model file publishes of its networks, in a comment behind each scale."""

from __future__ import annotations

import re
from contextlib import suppress

from archcalc.errors import Source, SpecError
from archcalc.network.figures import Claim, Figure, Way

_SCALE = re.compile(r"[ \t]{0,40}(\w{1,40}):[ \t]{0,40}\[")
_PARAMS = re.compile(r"(?<![\d,])([\d,]{1,40}) parameters\b")
_FLOPS = re.compile(r"(?<![\d.])([\d.]{1,40}) GFLOPs\b", re.IGNORECASE)


def published(source: Source, scale: str) -> tuple[Figure, ...]:
    r"""The figures of a scale: its params and its FLOPs.

    >>> text = "scales:\n  n: [0.33, 0.25, 1024] # summary: 129 layers, 3157200 parameters, 0 gradients, 8.9 GFLOPS\n"
    >>> [str(figure.claims[0]) for figure in published(Source("yolov8.yaml", text), "n")]
    ['params 3157200', 'flops 8.9G']
    """
    lines = [(_SCALE.match(line), line.partition("#")) for line in source.text.splitlines()]
    # A file without scales has the comment on a line of its own.
    of_scale = [said for found, (_, _, said) in lines if found and found[1] == scale]
    of_file = [said for _, (before, _, said) in lines if not before.strip() and _PARAMS.search(said)]
    said = next(iter(of_scale if scale else of_file), "")
    printed = {"params": (_PARAMS.search(said), ""), "flops": (_FLOPS.search(said), "G")}
    figures = []
    for of, value in [(of, f"{found[1]}{unit}") for of, (found, unit) in printed.items() if found]:
        # A comment may hold anything, and is no mistake in the file.
        with suppress(SpecError):
            figures.append(Figure((Claim.read(of, value),), source="the file's own comment"))
    return tuple(figures)


def ways(channels: int, side: int, *, classifies: bool) -> tuple[Way, ...]:
    """The ways in which ultralytics has counted: by its rule before version 8.4 and by that since, on inputs of its tasks.

    Before 8.4 it counted an image of 32×32, which is another number where a dense layer sees the mean of all places. Its
    models are made for the 80 classes of COCO unless somebody says otherwise.
    """
    before, now, sample = "ultralytics-8.3", "ultralytics", 32 if classifies else 0
    larger = [(channels, other, other) for other in (640, 1024) if other > side]
    return (
        Way(before, sample=sample),
        Way(now),
        *(
            Way(before, shape, settings, sample)
            for shape in larger
            for settings in ((), (("nc", "80"),))[: 1 + classifies]
        ),
    )
