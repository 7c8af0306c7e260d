"""A plan of memory as text, markdown and JSON."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tabulate import SEPARATING_LINE, tabulate

from archcalc.dims import written_shape
from archcalc.formats.json import json_text
from archcalc.formats.memory_facts import amount, facts, letter, linear
from archcalc.markup.escapes import escape_markdown
from archcalc.memory.plan import Plan, Row
from archcalc.memory.sizes import Size

FORMATS = ("text", "markdown", "json")
_COLUMNS: dict[str, dict[str, Callable[[Row], Size]]] = {
    "inference": {"weights": lambda row: row.weights, "stored": lambda row: row.stored},
    "training": {
        "weights": lambda row: row.weights,
        "state": lambda row: row.state,
        "stored": lambda row: row.stored,
        "kept": lambda row: row.kept,
    },
}
# The widest bar of a timeline.
_BAR = 40


def render(plan: Plan, form: str = "text", budget: int | None = None, *, timeline: bool = False) -> str:
    """A plan as text, markdown or json, with the largest batch that a budget of bytes holds."""
    if form == "json":
        return json_text(to_dict(plan, budget))
    clean = escape_markdown if form == "markdown" else str
    graph = plan.profile.graph
    settings = ", ".join(f"{name} {value}" for name, value in plan.settings.items())
    heading = [
        *([graph.source] if graph.source else []),
        f"Input {written_shape(graph.input)}, batch {plan.profile.batch}. {plan.phase.capitalize()}: {settings}. Bytes.",
    ]
    table = _table(plan, clean, "pipe" if form == "markdown" else "simple")
    said = facts(plan, budget)
    assumed = [f"Holds where {assumption.fact} ({assumption.node})." for assumption in graph.assumptions]
    steps = _timeline(plan) if timeline else []
    if form == "markdown":
        return "\n".join(
            [
                f"# {clean(graph.title or graph.name)}",
                *["", *(f"{clean(text)}  " for text in heading), "", table, ""],
                *(f"- **{label}**: {clean(text)}" for label, text in said),
                *["", *(f"- {clean(text)}" for text in assumed)],
                *(f"- Not in these numbers: {clean(text)}." for text in plan.unmodelled),
                *(["", "```text", *(step.replace("`", "'") for step in steps), "```"] if steps else []),
            ],
        )
    width = max(len(label) for label, _ in said)
    labelled = [f"{label:{width}}  {text}" for label, text in said]
    return "\n".join(
        [
            graph.title or graph.name,
            *heading,
            "",
            table,
            "",
            *labelled,
            *(["", *steps] if steps else []),
            "",
            *assumed,
            "Not in these numbers:",
            *(f"- {text}" for text in plan.unmodelled),
        ]
    )


def to_dict(plan: Plan, budget: int | None = None) -> dict[str, Any]:
    """A plan as plain dicts and lists, with exact bytes; for a batch that is a letter B, formulas in it."""
    batch = plan.profile.batch
    found: dict[str, Any] = {
        "network": plan.profile.graph.name,
        "input": [n if isinstance(n, int) else str(n) for n in plan.profile.graph.input],
        "batch": batch if isinstance(batch, int) else str(batch),
        "phase": plan.phase,
        "settings": plan.settings,
        "rows": [
            {"name": row.name, "layer": row.layer, "output": list(row.output)}
            | {name: amount(plan, column(row)) for name, column in _COLUMNS[plan.phase].items()}
            for row in plan.rows
        ],
        "resident": {name: amount(plan, part) for name, part in plan.resident.items()},
        "formula": None if not linear(plan) else [
            {"from_batch": first, "fixed": one.fixed, "each": one.each} for first, one in plan.formula
        ],
        "recomputed_macs": plan.recomputed if isinstance(plan.recomputed, int) else str(plan.recomputed),
        "unmodelled": list(plan.unmodelled),
    }  # fmt: skip
    if isinstance(batch, int):
        alive = plan.timeline.bytes(batch)
        most, step = plan.timeline.peak(batch)
        found["timeline"] = [
            {"step": plan.at(one), "bytes": n} for one, n in zip(plan.timeline.steps, alive, strict=True)
        ]
        found["peak"] = {
            "bytes": plan.peak(batch),
            "beside_resident": most,
            "step": plan.at(plan.timeline.steps[step]),
            "tensors": [
                {"tensor": plan.named(one), "bytes": one.size.bytes(batch)} for one in plan.timeline.alive(step)
            ],
        }
    if plan.schedule is not None:
        found["schedule"] = plan.schedule._asdict() | {"order": [plan.graph.nodes[i].name for i in plan.schedule.order]}
    if budget is not None:
        found["budget"] = {"bytes": budget, "largest_batch": plan.largest_batch(budget)}
    return found


def _table(plan: Plan, clean: Callable[[str], str], form: str) -> str:
    columns = _COLUMNS[plan.phase]
    rows = {plan.graph.nodes[i].name: row for i, row in enumerate(plan.rows)}
    in_order = [step.node for step in plan.timeline.steps if step.phase == "forward"]
    body, alive = [], _alive(plan)
    for place, position in enumerate(in_order):
        row = rows[plan.graph.nodes[position].name]
        cells = [clean(row.name), row.layer, written_shape(row.output)]
        cells += [_text(plan, column(row)) for column in columns.values()]
        if plan.phase == "inference":
            cells.append(alive[place])
        body.append(cells)
    sums = [[column(row) for row in plan.rows] for column in columns.values()]
    last = [
        "total",
        "",
        "",
        *(_text(plan, Size(sum(s.fixed for s in part), sum(s.each for s in part))) for part in sums),
    ]
    if plan.phase == "inference":
        last.append("")
    titles = ["name", "layer", "output", *columns, *(["alive"] if plan.phase == "inference" else [])]
    return tabulate(
        [*body, *([SEPARATING_LINE] if form == "simple" else []), last],
        titles,
        form,
        disable_numparse=True,
        colalign=["left"] * 3 + ["right"] * (len(titles) - 3),
    )


def _timeline(plan: Plan) -> list[str]:
    """A bar for each step, as long as what is alive in it beside what is resident."""
    batch = plan.profile.batch if isinstance(plan.profile.batch, int) else 1
    alive = plan.timeline.bytes(batch)
    names = [plan.at(step) for step in plan.timeline.steps]
    width, digits = max(map(len, names)), len(f"{max(alive):,}")
    title = f"Alive at each step, beside {' and '.join(plan.resident)}, for a batch of {batch}:"
    return [
        title,
        *(
            f"{name:{width}}  {n:{digits},}  {'█' * -(-_BAR * n // max(*alive, 1))}"
            for name, n in zip(names, alive, strict=True)
        ),
    ]


def _text(plan: Plan, size: Size) -> str:
    n = amount(plan, size)
    return f"{n:,}" if isinstance(n, int) else n


def _alive(plan: Plan) -> list[str]:
    """What is alive at each step, as text."""
    batch = plan.profile.batch
    if isinstance(batch, int):
        return [f"{n:,}" for n in plan.timeline.bytes(batch)]
    return [one.formula(letter(plan)) for one in plan.timeline.lines]
