"""A step of training as text, JSON or a page."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from archcalc.document.content import Fact, Facts, Head, Notes, Page, Part, Section, Table
from archcalc.document.printed import printed
from archcalc.document.screen import PAPER, Screen
from archcalc.formats.conditions import held
from archcalc.formats.summary import bytes_text, title
from archcalc.formats.tones import kind
from archcalc.formats.training.plain import to_json
from archcalc.network.graph import inputs_text
from archcalc.profiling.folding import folded
from archcalc.profiling.rows import Row
from archcalc.symbols.dims import Dim, format_dim, format_times
from archcalc.symbols.sums import sum_of
from archcalc.training.rule import has_tokens
from archcalc.training.step import Step

_HELD = {
    "weights": "weights",
    "master": "master copies",
    "gradients": "gradients",
    "state": "state of the optimizer",
}


def render(step: Step, form: str = "text", screen: Screen = PAPER) -> str:
    """A step of training in a format."""
    return to_json(step) if form == "json" else printed(page(step), form, screen)


def page(step: Step) -> Page:
    """A step of training as a page: its layers, the rule of 6·N beside it, what is held, and what is kept."""
    graph = step.profile.graph
    notes = (*held(graph.conditions), *(f"Not in these numbers: {text}." for text in _missing(step)))
    parts: tuple[Part, ...] = (
        _layers(step),
        Facts(tuple(_operations(step))),
        _rule(step),
        _held(step),
        Facts(tuple(_bytes(step))),
        Notes(notes),
    )
    said = tuple(filter(None, (graph.source, _about(step))))
    return Page(f"Training: {title(step.profile)}", said, (Section("", parts),))


def _about(step: Step) -> str:
    asked = step.asked
    clauses = [f"recipe {step.recipe.name}: {step.recipe.title}", f"optimizer {step.optimizer.name}"]
    if asked.lora is not None:
        clauses.append(f"adapters of rank {asked.lora} beside {asked.on}")
    if asked.freeze is not None:
        clauses.append(f"{asked.freeze} frozen")
    if step.attends:
        clauses.append(f"attention {asked.attention}{' with dropout' if asked.attention_dropout else ''}")
    again = {
        "none": "nothing" if step.recomputed == 0 else "nothing but scores inside fused kernels",
        "selective": "the scores of attention",
        "full": f"each {asked.blocks}" if asked.blocks else "each block that repeats",
    }
    clauses.append(f"computed again: {again[asked.recompute]}")
    said = "; ".join(clauses)
    given = f"Input {inputs_text(step.profile.graph)}, batch {format_dim(step.profile.batch)}"
    return f"{given}. {said[0].upper()}{said[1:]}. MACs and bytes."


def _layers(step: Step) -> Table:
    """A row for each layer, repeats that cost the same written once, and the sums."""
    again = step.recomputed != 0
    by_name = {one.row.name: one for one in step.rows}
    body = []
    for line in folded(step.profile.rows):
        # Repeats may differ in what reaches them and in what they keep.
        alike: dict[tuple[Dim, ...], list[Row]] = {}
        for row in line.rows:
            done = by_name[row.name].done
            cells = (done.forward, done.backward, *([done.again] if again else []), by_name[row.name].kept_bytes)
            alike.setdefault(cells, []).append(row)
        for cells, rows in alike.items():
            first, times = rows[0], sum_of([row.times for row in rows])
            body.append((first.name, format_times(times), kind(first.kind), first.output, *cells))
    titles = ("name", "times", "layer", "output", "forward", "backward", *(["again"] if again else []), "kept")
    last = ("total", "", "", "", step.forward, step.backward, *([step.recomputed] if again else []), step.kept)
    # Without repeats there is no column for them.
    columns = [place for place in range(len(titles)) if place != 1 or any(row[1] for row in body)]
    head = tuple(Head(titles[place], titles[place] not in {"name", "layer", "output"}) for place in columns)
    return Table(head, tuple(tuple(row[place] for place in columns) for row in body), tuple(last[i] for i in columns))


def _operations(step: Step) -> Iterator[Fact]:
    yield Fact("forward", _worth(step.forward))
    yield Fact("backward", _worth(step.backward))
    if step.recomputed != 0:
        yield Fact("computed again", _worth(step.recomputed))
    if step.masked != 0:
        yield Fact("masked", f"{_worth(step.masked)} of forward and backward are between positions that a mask hides")
    if step.update is not None and step.optimizer.update is not None:
        each = sum_of(msgspec.structs.astuple(step.optimizer.update))
        said = f"{format_dim(sum_of(msgspec.structs.astuple(step.update)))} operations once a step, {format_dim(each)} for each"
        yield Fact("update", f"{said} of {format_dim(step.values)} trained values")


def _worth(macs: Dim) -> str:
    return f"{format_dim(macs)} MACs, {format_dim(2 * macs)} FLOPs"


def _rule(step: Step) -> Table:
    """The rule of 6·N, what it leaves out or has too much, and the FLOPs of the products."""
    found = step.rule
    unit = "token" if has_tokens(step.profile.graph) else "sample"
    counted = f"{format_dim(found.tokens)} {unit}{'' if found.tokens == 1 else 's'}"
    six = f"6·N, of {format_dim(found.params)} params and {counted}"
    parts = [(name, n) for name, n in found.parts.items() if n != 0]
    head = (Head("6·N and the exact number"), Head("FLOPs", numeric=True))
    return Table(head, ((six, found.six), *parts), ("forward and backward", found.flops))


def _held(step: Step) -> Table:
    """The bytes held from step to step, by part."""
    trained, frozen = step.trained.bytes, step.frozen.bytes
    rows = [
        (name, _each(getattr(step.trained, part), step.values), getattr(trained, part), getattr(frozen, part))
        for part, name in _HELD.items()
        if getattr(trained, part) != 0 or getattr(frozen, part) != 0
    ]
    titles = ("held from step to step", "for each", "trained", "frozen and buffers")
    head = tuple(Head(name, place > 0) for place, name in enumerate(titles))
    return Table(head, tuple(rows), ("together", _each(sum_of(step.trained), step.values), trained.total, frozen.total))


def _each(held: Dim, values: Dim) -> str:
    """The bytes for each trained value, where they are a number of few digits."""
    if not isinstance(held, int) or not isinstance(values, int) or not values:
        return ""
    return f"{held / 8 / values:.6g}"


def _bytes(step: Step) -> Iterator[Fact]:
    yield Fact("kept", f"{bytes_text(step.kept)} for the backward pass")
    for output, tensors in step.losses.items():
        said = " and ".join(f"{one.what} {format_dim(one.bytes)}" for one in tensors)
        yield Fact(
            "loss", f"{bytes_text(sum_of([one.bytes for one in tensors]))}: the cross-entropy of {output}, {said}"
        )
    if step.again is not None:
        yield Fact("one block", f"{bytes_text(step.again)} more while the largest is computed again")
    yield Fact("together", bytes_text(step.together))


def _missing(step: Step) -> Iterator[str]:
    """The costs that no number here includes."""
    yield "work that is no product, such as norms, softmax and activations, forward and backward"
    yield "gradients of activations and what is let go within the step, which `archcalc memory --train` has at its peak"
    if not step.losses:
        yield "the loss"
    if step.update is None:
        yield f"the operations of {step.optimizer.name}'s update"
    if not all(row.layer.runs for row in step.profile.rows):
        yield "layers of which nobody says what they compute"
