"""The sums of a memory plan, as labels and sentences."""

from __future__ import annotations

from archcalc.formats.summary import bytes_text
from archcalc.memory_plan.plan import Plan
from archcalc.memory_plan.sizes import AffineBytes, Size, line
from archcalc.symbols.dims import format_dim

# The most tensors that are named at a peak.
_MAX_NAMED = 6


def facts(plan: Plan, budget: int | None = None) -> list[tuple[str, str]]:
    """Labels and texts: resident bytes, the peak with its step and tensors, and the batch that fits the budget."""
    found = [(name, bytes_said(plan, part)) for name, part in plan.resident.items()]
    if isinstance(plan.profile.batch, int):
        found += _peak(plan, plan.profile.batch)
    else:
        found.append(("peak", f"{_formula(plan, named=True)} (bytes)"))
    if plan.schedule is not None:
        _, peak, bound = plan.schedule
        samples = "" if isinstance(plan.profile.batch, int) else " for one sample"
        proved = "no order has a lower one" if peak == bound else f"no order stays below {bound:,}"
        found.append(("schedule", f"outputs peak at {peak:,}{samples}; {proved}"))
    if plan.phase == "training":
        kept = Size(sum(row.kept.fixed for row in plan.rows), sum(row.kept.each for row in plan.rows))
        without = ", were there no checkpoints" if plan.recomputed != 0 else ""
        found.append(("kept", f"{bytes_said(plan, kept)} for the backward pass{without}"))
    if plan.recomputed != 0:
        found.append(("recomputed", f"{format_dim(plan.recomputed)} MACs more"))
    if budget is not None:
        found.append(("budget", f"{bytes_text(budget)}: {_fitting(plan, budget)}"))
    return found


def assumed(plan: Plan) -> str:
    """The settings of a plan, in a line."""
    return ", ".join(f"{name} {value}" for name, value in plan.settings.items())


def linear(plan: Plan) -> bool:
    """True if every size is whole bytes for each sample, as it must be if the batch is a letter."""
    sizes = [*plan.resident.values(), *(buffer.size for buffer in plan.timeline.buffers)]
    return not isinstance(plan.profile.batch, int) or all(size.each % 8 == 0 for size in sizes)


def letter(plan: Plan) -> str:
    """The letter of the batch in a formula."""
    return "B" if isinstance(plan.profile.batch, int) else str(plan.profile.batch)


def amount(plan: Plan, size: Size) -> int | str:
    """The bytes of a size for the plan's batch, as a formula if that is a letter."""
    batch = plan.profile.batch
    return size.bytes(batch) if isinstance(batch, int) else line([size]).formula(letter(plan))


def bytes_said(plan: Plan, size: Size) -> str:
    """The bytes of a size for the plan's batch, as text."""
    n = amount(plan, size)
    return bytes_text(n) if isinstance(n, int) else f"{n} bytes"


def _peak(plan: Plan, batch: int) -> list[tuple[str, str]]:
    most, step = plan.timeline.peak(batch)
    alive = [(plan.named(one), one.size.bytes(batch)) for one in plan.timeline.alive(step)]
    said = f"{bytes_text(most)} more, in {plan.at(plan.timeline.steps[step])}: {_tensors(alive)}"
    found = [("at the peak", said), ("peak", bytes_text(plan.peak(batch)))]
    return [*found, ("for any batch B", _formula(plan))] if linear(plan) else found


def _tensors(alive: list[tuple[str, int]]) -> str:
    """The largest tensors by name, and the sum of the others."""
    named = [f"{name} {nbytes:,}" for name, nbytes in alive[:_MAX_NAMED]]
    rest = alive[_MAX_NAMED:]
    return " + ".join([*named, *([f"{len(rest)} more {sum(n for _, n in rest):,}"] if rest else [])])


def _formula(plan: Plan, *, named: bool = False) -> str:
    """The peak for any batch: one linear piece, or several with their ends; with `named`, the step of each."""
    base = line(list(plan.resident.values()))
    lines = [AffineBytes(base.fixed + one.fixed, base.each + one.each) for one in plan.timeline.lines]
    bounds = [f" up to {letter(plan)} = {first - 1:,}" for first, _ in plan.formula[1:]]
    pieces = []
    for (_, one), bound in zip(plan.formula, [*bounds, ""], strict=True):
        step = f" in {plan.at(plan.timeline.steps[lines.index(one)])}" if named else ""
        pieces.append(one.formula(letter(plan)) + step + bound)
    return "; ".join(pieces)


def _fitting(plan: Plan, budget: int) -> str:
    largest = plan.largest_batch(budget)
    takes = bytes_text(plan.peak(max(1, largest)))
    if not largest:
        return f"a batch of 1 takes {takes}, which is too much"
    return f"the largest batch is {largest:,} and takes {takes}; {largest + 1:,} would take {plan.peak(largest + 1):,}"
