"""Windows near the ends of joined branches, where they reach some of their inputs and not the others."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from archcalc.layers.intervals import NOTHING, some
from archcalc.layers.window import Window
from archcalc.symbols.dims import Ratio


def clipped(
    own: Window, window: Window, inside: tuple[int, int], origin: int, outputs: int
) -> Iterator[tuple[int, int, Window]]:
    """The runs of outputs whose windows reach the indices `inside` an axis, and their windows through `own`.

    Each run is its first and last (exclusive) output, and a window that counts from the first. `own` is the window of
    the indices, counted from `origin`.
    """
    whole: list[int] = []
    edges: list[tuple[int, Ratio, Ratio]] = []
    for i in range(outputs):
        lo, hi = window.at(i)
        if hi < lo or (lo >= inside[0] and hi < inside[1]):
            whole.append(i)
            continue
        first = lo if lo >= inside[0] else inside[0] + (lo - inside[0]) % window.step
        last = min(hi, inside[1] - 1)
        ends = own.over(first - origin, last - origin, window.step)
        if some(*ends):
            edges.append((i, *ends))
    for first, stop in runs(whole):
        phases = tuple(window.at(first + r) for r in range(len(window.phases)))
        phases = tuple((lo - origin, hi - origin) if hi >= lo else NOTHING for lo, hi in phases)
        seen = Window(window.advance, phases, window.step, window.stretch, window.loose).after(own)
        if seen is not None and not seen.empty:
            yield first, stop, seen
    for run in _even(edges):
        first, lo, hi = run[0]
        steps = (run[1][1] - lo, run[1][2] - hi) if len(run) > 1 else (0, 0)
        yield first, first + len(run), Window(steps[0], ((lo, hi),), 1, steps[1] - steps[0], own.loose)


def runs(found: list[int]) -> list[tuple[int, int]]:
    """Sorted whole numbers as runs: first and last (exclusive)."""
    starts = [i for i, n in enumerate(found) if i == 0 or n != found[i - 1] + 1]
    return [(found[a], found[b - 1] + 1) for a, b in pairwise([*starts, len(found)])]


def _even(edges: list[tuple[int, Ratio, Ratio]]) -> Iterator[list[tuple[int, Ratio, Ratio]]]:
    """Intervals in order as runs in which both ends advance at a constant rate."""
    run: list[tuple[int, Ratio, Ratio]] = []
    for edge in edges:
        if run:
            step = tuple(b - a for a, b in zip(run[-1], edge, strict=True))
            before = tuple(b - a for a, b in zip(run[-2], run[-1], strict=True)) if len(run) > 1 else step
            if step[0] != 1 or step != before or min(step) < 0:
                yield run
                run = []
        run.append(edge)
    if run:
        yield run
