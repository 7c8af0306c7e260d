"""One run of a sweep's network on knobs: its layers in sections, each with what was asked in it and what it costs.

A section begins at an item of the spec's own list of layers, or at a round of a loop that is one, and reads nothing of those
before it but what the last of them puts out. So what it costs depends on that, on the knobs and on nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec

from archcalc.errors import SpecError
from archcalc.language.scope import ENTRY
from archcalc.layers import Layer
from archcalc.network.graph import Graph
from archcalc.profiling.engine import profile
from archcalc.profiling.rows import Profile
from archcalc.sweeping.sections import Section, joined, mark_reaching, owners, sections_of
from archcalc.symbols.evaluate import letters
from archcalc.symbols.knobs import atom_of, knob
from archcalc.symbols.terms import Term, Terms
from archcalc.symbols.traces import Guard, Trace, mark, traced

# What a section costs in one measure: terms with how often each is added, and a number.
Cost = tuple[tuple[tuple[Term, int], ...], int]


class Record(msgspec.Struct):
    """A run: what was asked outside all sections, the sections, and the refusal if it ended in one."""

    guards: list[Guard]
    sections: list[Section]
    refusal: SpecError | None = None
    # False where something that is said of the whole network is of layers in several sections.
    apart: bool = True


class Recorder(msgspec.Struct, frozen=True):
    """The maker of runs of a network on knobs.

    `build` gives a network and its samples for values by name; `stands_for` what a number stands for, None where the number
    itself is meant.
    """

    terms: Terms
    build: Callable[[dict[str, Any]], tuple[Graph, Any]]
    stands_for: Callable[[str, int], Any]
    convention: str

    def record(
        self,
        numbers: Mapping[str, int],
        sums: Mapping[str, Callable[[Profile, Any], Any]],
        wholes: Mapping[str, Callable[[Profile], Any]],
    ) -> Record:
        """The run at one configuration, with sums over rows and what is of the whole.

        That is answered by everything that was asked.
        """
        trace = Trace(self.terms)
        with traced(trace):
            try:
                graph, batch = self.build(self._given(trace, numbers))
            except SpecError as error:
                return _refused(trace, error)
            loaded = len(trace.guards)
            sections, outside = sections_of(trace, loaded)
            apart = _are_apart(graph, trace)
            if not apart or not sections:
                sections = [joined(sections)]
            owner = owners(sections, len(graph.nodes))
            try:
                found = profile(graph, batch, convention_name=self.convention)
                _count(found, sections, owner, sums)
                mark("whole")
                for key, whole in wholes.items():
                    _add(sections[0].costs.setdefault(key, {}), whole(found))
            except SpecError as error:
                return Record(list(trace.guards), [], refusal=error)
        _attribute(trace, loaded, sections, owner, outside)
        mark_reaching(sections, graph)
        return Record(outside, sections, apart=apart)

    def _given(self, trace: Trace, numbers: Mapping[str, int]) -> dict[str, Any]:
        """The values of the knobs, and knobs where numbers themselves are meant."""
        given = {}
        for name, number in numbers.items():
            value = self.stands_for(name, number)
            given[name] = knob(trace, name, number) if value is None else value
            if value is not None:
                knob(trace, name, number).settled()
        return given


def _are_apart(graph: Graph, trace: Trace) -> bool:
    """True if sections of a network may be apart.

    Named outputs are read by the caller too, patterns speak of names that depend on the layers before, adapters are put
    among layers, and an input is of token numbers if anything takes it for such.
    """
    built = next(detail[0] for _, what, detail in trace.marks if what == "end")
    said = graph.named_outputs or graph.formats or graph.frozen or graph.token_numbers
    return not said and built == len(graph.nodes)


def _count(
    found: Profile,
    sections: Sequence[Section],
    owner: Sequence[int],
    sums: Mapping[str, Callable[[Profile, Any], Any]],
) -> None:
    """Add each row to the section that it is in."""
    for position, row in enumerate(found.rows):
        mark("row", position)
        if row.auxiliary:
            continue
        for key, of in sums.items():
            value = of(found, row)
            if value is not None:
                _add(sections[owner[position]].costs.setdefault(key, {}), value)


def _attribute(
    trace: Trace, loaded: int, sections: Sequence[Section], owner: Sequence[int], outside: list[Guard]
) -> None:
    """Give what was asked after loading to the section of the row that it was asked for, or to all."""
    marks = [(at, what, detail) for at, what, detail in trace.marks if what in {"row", "whole"}]
    outside += trace.guards[loaded : marks[0][0]]
    for (at, what, row), stop in zip(marks, [*[at for at, _, _ in marks[1:]], len(trace.guards)], strict=True):
        (outside if what == "whole" else sections[owner[row]].guards).extend(trace.guards[at:stop])


def number(value: Any) -> Any:
    """The value, if it is a number; raises SpecError for a formula, since letters are left open then."""
    if isinstance(value, (int, float)):
        return value
    names = ", ".join(letters(value)) or str(value)[:60]
    raise SpecError(
        f"the network has letters without values: {names}", None, f"give them some: --over {names.split(',')[0]}=1:8"
    )


def _add(costs: dict[Any, int], value: Any) -> None:
    atom = atom_of(number(value))
    if isinstance(atom, int):
        costs[None] = costs.get(None, 0) + atom
    else:
        costs[atom] = costs.get(atom, 0) + 1


def _refused(trace: Trace, error: SpecError) -> Record:
    """The run that ended in a refusal: what was asked before its first mistake, in its section or else in all of it."""
    known = [what for _, what, _ in trace.marks]
    stop = next((at for at, what, _ in trace.marks if what == "mistake"), len(trace.guards))
    if "end" in known and ("mistake" not in known or known.index("end") < known.index("mistake")):
        return Record(trace.guards[:stop], [], refusal=error)
    sections, outside = sections_of(trace, stop)
    return Record(outside, sections, refusal=error)


def explicit(name: str) -> bool:
    """True of a name that no layer without one can be given."""
    base = name.rpartition("_")[0] if name.rpartition("_")[2].isdecimal() else name
    return base not in Layer.kinds and name not in Layer.kinds and name.rpartition("/")[2] != ENTRY


def atoms(cost: dict[Any, int]) -> Cost:
    """A cost as terms with how often each is added, and a number."""
    return tuple((term, times) for term, times in cost.items() if term is not None), cost.get(None, 0)


def greatest(cost: Cost) -> int:
    """A bound on what a cost may come to, of either sign."""
    terms, number = cost
    return sum(times * max(abs(term.low), abs(term.high)) for term, times in terms) + abs(number)
