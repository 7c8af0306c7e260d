"""A chart of the bytes alive in memory at each step of a run."""

from __future__ import annotations

from typing import Any

from archcalc.drawing.charts.canvas import BLUE, GREEN, GREY, ORANGE, PINK, SKY
from archcalc.drawing.palette import INK
from archcalc.memory_plan.plan import Plan

_PHASES = {"forward": BLUE, "recompute": ORANGE, "backward": GREEN, "sum": SKY, "update": PINK}


def draw(axes: Any, plan: Plan) -> None:
    """Draw the bytes alive at each step, coloured by phase, above the resident ones; raises SpecError for letters.

    The peak is marked.
    """
    batch = _batch(plan)
    resident = sum(part.bytes(batch) for part in plan.resident.values()) / 2**20
    alive = [resident + n / 2**20 for n in plan.timeline.bytes(batch)]
    edges = [place - 0.5 for place in range(len(alive) + 1)]
    axes.fill_between(
        [edges[0], edges[-1]], [resident] * 2, color=GREY, alpha=0.45, lw=0, label=", ".join(plan.resident)
    )
    for phase, color in _PHASES.items():
        own = [step.phase == phase for step in plan.timeline.steps]
        if any(own):
            heights = [n if here else resident for n, here in zip(alive, own, strict=True)]
            axes.stairs(heights, edges, baseline=resident, fill=True, color=color, lw=0, label=phase)
    most, step = plan.timeline.peak(batch)
    axes.plot(step, resident + most / 2**20, "v", color=INK, ms=4, clip_on=False)
    axes.set_title(
        f"memory at each step of {plan.phase}, MiB; the most {plan.peak(batch):,} bytes, {plan.at(plan.timeline.steps[step])}"
    )
    axes.set_ylim(0, 1.18 * max(alive))
    axes.margins(x=0)
    axes.legend(fontsize="x-small", frameon=False, loc="upper right", ncols=5)


def _batch(plan: Plan) -> int:
    plan.profile.require_numbers("a chart")
    batch: Any = plan.profile.batch
    return int(batch)


def says(plan: Plan) -> str:
    """The alternative text of the chart."""
    batch = _batch(plan)
    _, step = plan.timeline.peak(batch)
    return f"Memory at each step of {plan.phase}: at most {plan.peak(batch):,} bytes, {plan.at(plan.timeline.steps[step])}."
