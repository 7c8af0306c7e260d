"""A chart of the tensors alive in memory at each step of a run, on top of each other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any, NamedTuple

from archcalc.drawing.charts.canvas import BLUE, GREEN, GREY, ORANGE, PINK, RED, SKY
from archcalc.drawing.palette import INK, SOFT
from archcalc.memory_plan.liveness import Buffer, Timeline
from archcalc.memory_plan.plan import Plan

# The largest tensors have a colour and a name each; of more than so many the rest are drawn together.
_COLOURS = (BLUE, ORANGE, GREEN, PINK, SKY, RED)
_REST = "#b9c1ca"
_MAX_APART = 60
# A phase over a narrower share of the steps has no room for its name.
_ROOM = 0.06


class Band(NamedTuple):
    """Tensors that are drawn as one, with their bytes at each step."""

    label: str
    color: str
    bytes: list[int]


def draw(axes: Any, plan: Plan) -> None:
    """Draw the tensors alive at each step, the largest named, and label the peak; raises SpecError for letters.

    The bytes that are resident all the time are no tensors of a step: the label of the axis and of the peak say them.
    """
    batch = _batch(plan)
    steps = plan.timeline.steps
    edges = [place - 0.5 for place in range(len(steps) + 1)]
    base = [0.0] * len(steps)
    for band in bands(plan):
        top = [below + n / 2**20 for below, n in zip(base, band.bytes, strict=True)]
        look = (
            {"color": band.color, "lw": 0} if band.label else {"facecolor": band.color, "edgecolor": "white", "lw": 0.3}
        )
        axes.stairs(top, edges, baseline=base, fill=True, label=band.label or None, **look)
        base = top
    resident = sum(part.bytes(batch) for part in plan.resident.values())
    most, step = plan.timeline.peak(batch)
    axes.plot(step, most / 2**20, "v", color=INK, ms=5, clip_on=False, zorder=4)
    right = step > 0.6 * len(steps)
    said = f"peak {_mib(most + resident)} MiB, {plan.at(steps[step])}"
    axes.annotate(
        said, (step, most / 2**20), (-7 if right else 7, 3), textcoords="offset points", ha="right" if right else "left"
    )
    # Above the label of the peak there is room for the names of the phases.
    axes.set_ylim(0, 1.4 * most / 2**20 or 1)
    axes.margins(x=0)
    axes.set_xlabel(f"steps of {plan.phase}, in order of execution")
    axes.set_ylabel("tensors alive, MiB")
    axes.set_title(
        f"memory of {plan.phase}: {_mib(resident)} MiB of {' and '.join(plan.resident)} all the time, and these tensors"
    )
    _phases(axes, plan)
    axes.legend(fontsize="small", frameon=False, loc="upper left", bbox_to_anchor=(1.01, 1), reverse=True)


def bands(plan: Plan) -> list[Band]:
    """The bands from the bottom up: the largest tensors and then the rest, or the sorts of tensors that training has."""
    batch = _batch(plan)
    buffers = [buffer for buffer in plan.timeline.buffers if buffer.size.bytes(batch)]
    sorts = dict.fromkeys(buffer.what for buffer in buffers)
    if len(sorts) > 1:
        of_sorts = [_band(plan, what, "", [buffer for buffer in buffers if buffer.what == what]) for what in sorts]
        of_sorts.sort(key=lambda band: -sum(band.bytes))
        rest = [buffer for band in of_sorts[len(_COLOURS) :] for buffer in buffers if buffer.what == band.label]
        found = [band._replace(color=color) for band, color in zip(of_sorts, _COLOURS, strict=False)]
        return [*found, *([_band(plan, "other", _REST, rest)] if rest else [])]
    _, peak = plan.timeline.peak(batch)
    # Those of the peak come first.
    buffers.sort(key=lambda buffer: (not buffer.first <= peak <= buffer.last, -buffer.size.bytes(batch)))
    found = [
        _band(plan, f"{plan.named(buffer)}, {_mib(buffer.size.bytes(batch))} MiB", color, [buffer])
        for color, buffer in zip(_COLOURS, buffers, strict=False)
    ]
    rest = sorted(buffers[len(_COLOURS) :], key=lambda buffer: buffer.first)
    if len(rest) > _MAX_APART:
        return [*found, _band(plan, f"{len(rest)} others", _REST, rest)]
    return found + [_band(plan, "", _REST, [buffer]) for buffer in rest]


def _band(plan: Plan, label: str, color: str, buffers: Sequence[Buffer]) -> Band:
    return Band(label, color, Timeline(plan.timeline.steps, tuple(buffers)).bytes(_batch(plan)))


def _mib(nbytes: int) -> str:
    return f"{nbytes / 2**20:,.1f}"


def _phases(axes: Any, plan: Plan) -> None:
    """Name the phases of training above the steps, with a line between them."""
    found = list(_runs(plan))
    for phase, first, last in found if len(found) > 1 else ():
        if first:
            axes.axvline(first - 0.5, color=GREY, lw=0.8, ls=":")
        if last - first + 1 >= _ROOM * len(plan.timeline.steps):
            across = axes.get_xaxis_transform()
            axes.text((first + last) / 2, 0.97, phase, transform=across, ha="center", va="top", color=SOFT)


def _runs(plan: Plan) -> Iterator[tuple[str, int, int]]:
    # Gradients are summed in between, as a part of the backward pass.
    named = [{"sum": "backward"}.get(step.phase, step.phase) for step in plan.timeline.steps]
    for phase, run in groupby(enumerate(named), key=lambda item: item[1]):
        places = [place for place, _ in run]
        yield phase, places[0], places[-1]


def _batch(plan: Plan) -> int:
    plan.profile.require_numbers("a chart")
    batch: Any = plan.profile.batch
    return int(batch)


def says(plan: Plan) -> str:
    """The alternative text of the chart."""
    batch = _batch(plan)
    _, step = plan.timeline.peak(batch)
    return f"Memory at each step of {plan.phase}: at most {plan.peak(batch):,} bytes, {plan.at(plan.timeline.steps[step])}."
