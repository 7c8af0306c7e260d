"""A memory plan as text, JSON or a page."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from archcalc.document.content import Code, Fact, Facts, Head, Notes, Page, Part, Section, Table
from archcalc.document.printed import printed
from archcalc.document.screen import PAPER, Screen, table_text
from archcalc.formats.as_json import json_text, plain_inputs
from archcalc.formats.conditions import held
from archcalc.formats.memory.facts import amount, assumed, facts, letter, linear
from archcalc.formats.summary import title
from archcalc.formats.tones import kind
from archcalc.memory_plan.plan import MemoryRow, Plan
from archcalc.memory_plan.sizes import Size
from archcalc.network.graph import inputs_text

_COLUMNS: dict[str, dict[str, Callable[[MemoryRow], Size]]] = {
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


def render(
    plan: Plan, form: str = "text", budget: int | None = None, screen: Screen = PAPER, *, timeline: bool = False
) -> str:
    """A plan in a format, with the largest batch that fits a budget of bytes."""
    if form == "json":
        return json_text(to_dict(plan, budget))
    if form != "text":
        return printed(page(plan, budget, timeline=timeline), form)
    said = facts(plan, budget)
    width = max(len(label) for label, _ in said)
    return "\n".join(
        [
            title(plan.profile),
            *_heading(plan),
            "",
            table_text(_table(plan), screen),
            "",
            *(f"{label:{width}}  {text}" for label, text in said),
            *(["", *_timeline(plan)] if timeline else []),
            "",
            *held(plan.profile.graph.conditions),
            "Not in these numbers:",
            *(f"- {text}" for text in plan.unmodelled),
        ]
    )


def page(plan: Plan, budget: int | None, *, timeline: bool) -> Page:
    """A plan as a page."""
    missing = (f"Not in these numbers: {text}." for text in plan.unmodelled)
    said = Facts(tuple(Fact(label, text) for label, text in facts(plan, budget)))
    steps = [Code("\n".join(_timeline(plan)))] if timeline else []
    parts: tuple[Part, ...] = (_table(plan), said, Notes((*held(plan.profile.graph.conditions), *missing)), *steps)
    when = "in training" if plan.phase == "training" else "at inference"
    return Page(f"Memory {when}: {title(plan.profile)}", tuple(_heading(plan)), (Section("", parts),))


def _heading(plan: Plan) -> list[str]:
    graph = plan.profile.graph
    settings = assumed(plan)
    about = f"Input {inputs_text(graph)}, batch {plan.profile.batch}. {plan.phase.capitalize()}: {settings}. Bytes."
    return [*([graph.source] if graph.source else []), about]


def to_dict(plan: Plan, budget: int | None = None) -> dict[str, Any]:
    """A plan as plain dicts and lists, with exact bytes; if the batch is a letter, formulas in it."""
    batch = plan.profile.batch
    found: dict[str, Any] = {
        "network": plan.profile.graph.name,
        **plain_inputs(plan.profile.graph),
        "batch": batch if isinstance(batch, int) else str(batch),
        "phase": plan.phase,
        "settings": plan.settings,
        "rows": [
            {"name": row.name, "layer": row.kind, "output": list(row.output)}
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


def _table(plan: Plan) -> Table:
    """A table with a row for each layer in the order of execution, and the sums."""
    columns = _COLUMNS[plan.phase]
    rows = {plan.graph.nodes[i].name: row for i, row in enumerate(plan.rows)}
    in_order = [step.node for step in plan.timeline.steps if step.phase == "forward"]
    at_inference = plan.phase == "inference"
    body, alive = [], _alive(plan)
    for place, position in enumerate(in_order):
        row = rows[plan.graph.nodes[position].name]
        cells = [amount(plan, column(row)) for column in columns.values()]
        body.append((row.name, kind(row.kind), row.output, *cells, *([alive[place]] if at_inference else [])))
    sums = [[column(row) for row in plan.rows] for column in columns.values()]
    totals = [amount(plan, Size(sum(s.fixed for s in part), sum(s.each for s in part))) for part in sums]
    titles = ("name", "layer", "output", *columns, *(["alive"] if at_inference else []))
    head = tuple(Head(name, numeric=place > 2) for place, name in enumerate(titles))
    return Table(head, tuple(body), ("total", "", "", *totals, *([""] if at_inference else [])))


def _timeline(plan: Plan) -> list[str]:
    """The lines of a bar chart of the bytes alive at each step, without the resident ones."""
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


def _alive(plan: Plan) -> list[int | str]:
    """The bytes alive at each step."""
    batch = plan.profile.batch
    if isinstance(batch, int):
        return list(plan.timeline.bytes(batch))
    return [one.formula(letter(plan)) for one in plan.timeline.lines]
