"""The timeline of a plan of memory as a picture."""

from __future__ import annotations

from pathlib import Path

from archcalc.errors import SpecError
from archcalc.files import write_whole
from archcalc.memory.plan import Plan

_PHASES = {"forward": "#4c72b0", "recompute": "#dd8452", "backward": "#55a868", "update": "#8172b3"}


def draw(plan: Plan, path: Path) -> None:
    """Write what is alive at each step, above what is resident, to a file of the type that its name ends in.

    Raises SpecError where matplotlib is missing, the type is not one it draws, or the file cannot be written.
    """
    try:
        from matplotlib import figure as canvas  # noqa: PLC0415 - an extra, and slow to import
    except ImportError:
        raise SpecError("a chart needs matplotlib", None, "pip install 'archcalc[plot]'") from None
    batch = plan.profile.batch if isinstance(plan.profile.batch, int) else 1
    figure = canvas.Figure(figsize=(10, 4), layout="constrained")
    axes = figure.add_subplot()
    resident = sum(part.bytes(batch) for part in plan.resident.values()) / 2**20
    alive = [n / 2**20 for n in plan.timeline.bytes(batch)]
    places = range(len(alive))
    axes.fill_between(places, [resident] * len(alive), step="mid", color="#cccccc", label=", ".join(plan.resident))
    for phase, color in _PHASES.items():
        shown = [step.phase == phase for step in plan.timeline.steps]
        if any(shown):
            axes.bar(
                [i for i in places if shown[i]],
                [alive[i] for i in places if shown[i]],
                width=1.0,
                bottom=resident,
                color=color,
                label=phase,
            )
    _, step = plan.timeline.peak(batch)
    title = f"{plan.profile.graph.title or plan.profile.graph.name}: {plan.phase}, batch {batch}"
    peak = f"peak {plan.peak(batch):,} bytes, {plan.at(plan.timeline.steps[step])}"
    # A dollar sign would start a formula.
    axes.set(title=f"{title}\n{peak}".replace("$", r"\$"), xlabel="step", ylabel="MiB")
    axes.margins(x=0)
    axes.set_ylim(bottom=0)
    axes.legend(fontsize="small")
    try:
        write_whole(path, figure.savefig)
    except ValueError as error:
        raise SpecError(f"{path}: cannot be written, {error}") from None
