"""A verification in each format: for every number of a network, the layers where formula and run agree."""

from __future__ import annotations

from typing import Any

import msgspec

from archcalc.document.content import Head, Notes, Page, Part, Section, Table
from archcalc.document.printed import printed
from archcalc.document.screen import PAPER, Screen
from archcalc.document.tones import RED, toned
from archcalc.formats.as_json import json_text, plain_inputs
from archcalc.formats.summary import unread
from archcalc.network.graph import Graph, inputs_text
from archcalc.verification import LayerCheck, MemoryCheck, Shown, Verification

_RUN = {
    "output": "shapes of the arrays",
    "params": "sizes of the arrays",
    "macs": "products counted one einsum at a time",
    "activations": "values stored in memory of their own",
}
NO_SMALLER = "No smaller input leaves several places along every axis that has several."
_TITLES = ("number", "agree", "of", "with", "found")


class Proof(msgspec.Struct, frozen=True):
    """A number with the layers that agree with the run, of how many, and what the run says of it."""

    name: str
    agree: int
    layers: int
    run: str
    found: str = ""
    said: str = "agree with the"

    @property
    def line(self) -> str:
        """The proof in a line of text."""
        if not self.layers:
            return f"{self.name:11}  {self.run}"
        found = f", {self.found}" if self.found else ""
        return f"{self.name:11}  {self.agree} of {self.layers} layers {self.said} {self.run}{found}"


class Run(msgspec.Struct, frozen=True):
    """A run: its network, batch and seed, a remark on its input, and the params that are lower than the spec's."""

    graph: Graph
    batch: int
    seed: int
    remark: str = ""
    lowered: dict[str, str] = {}

    @property
    def remarks(self) -> tuple[str, ...]:
        """The remark, and the params that were lowered."""
        lower = ", ".join(f"{name} = {value}" for name, value in self.lowered.items())
        return tuple(filter(None, [self.remark, lower and f"The whole network would run long. Set lower: {lower}."]))


def render(run: Run, found: Verification, form: str = "text", screen: Screen = PAPER) -> str:
    """The proofs of a network's numbers, and the layers that nothing reads."""
    if form == "json":
        return json_text(_plain(run, found))
    proofs = [*_proved(found.layers), _remembered(found.memory), _seen(found), _placed(found.places)]
    graph = run.graph
    title = f"{graph.name}, input {inputs_text(graph)}, batch {run.batch}, seed {run.seed}: {len(found.layers)} layers run in numpy."
    if form == "text":
        lines = (toned(proof.line, RED if screen.tones and proof.agree < proof.layers else "") for proof in proofs)
        return "\n".join([title, *run.remarks, *lines, *unread(graph)])
    return printed(Page(title, run.remarks, (Section("", _parts(proofs, graph)),)), form, screen)


def _parts(proofs: list[Proof], graph: Graph) -> tuple[Part, ...]:
    head = tuple(Head(name, name in {"agree", "of"}) for name in _TITLES)
    rows = tuple(
        (proof.name, proof.agree if proof.layers else "", proof.layers or "", proof.run, proof.found)
        for proof in proofs
    )
    notes = tuple(unread(graph))
    return Table(head, rows), *([Notes(notes)] if notes else [])


def _proved(done: list[LayerCheck]) -> list[Proof]:
    """The measures of the layers, with the total of the run."""
    proofs = []
    for name, run in _RUN.items():
        agree = sum(getattr(proof.row, name) == getattr(proof.found, name) for proof in done)
        total = "" if name == "output" else f"{sum(getattr(proof.found, name) for proof in done):,} in all"
        proofs.append(Proof(name, agree, len(done), run, total))
    return proofs


def _seen(found: Verification) -> Proof:
    """The places that each layer depends on."""
    agree = sum(not layer.differing for layer in found.seen)
    moved = f"{sum(layer.moved for layer in found.seen):,} in all"
    return Proof("fields", agree, len(found.seen), "values that move with one input place", moved)


def _placed(places: list[Shown]) -> Proof:
    """The fields of the layers' outputs, unless there are too many to try."""
    ends = sum(layer.ends for layer in places)
    if not ends:
        return Proof("places", 0, 0, "too many to nudge each; a smaller input shows what every output sees")
    agree = sum(not layer.differences for layer in places)
    return Proof("places", agree, len(places), "what their fields say", f"{ends:,} ends of windows met", "see")


def _remembered(memory: list[MemoryCheck]) -> Proof:
    """The plan of memory, with the peak of the run and its layer."""
    agree = sum(not step.differences for step in memory)
    most = max(memory, key=lambda step: step.found)
    return Proof("memory", agree, len(memory), "bytes of the arrays alive", f"{most.found:,} at most, in {most.name}")


def _plain(run: Run, found: Verification) -> dict[str, Any]:
    return {
        "network": run.graph.name,
        **plain_inputs(run.graph),
        **({"set": run.lowered} if run.lowered else {}),
        "proofs": found.layers,
        "seen": found.seen,
        "places": found.places,
        "memory": found.memory,
        "unread": [node.name for node in run.graph.unread],
        "differences": found.differences,
    }
