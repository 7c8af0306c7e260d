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
from archcalc.network.graph import Graph, Node
from archcalc.network.storage import Storage
from archcalc.network.tokens import token_numbers
from archcalc.profiling.engine import profile
from archcalc.profiling.rows import Profile
from archcalc.symbols.evaluate import letters
from archcalc.symbols.knobs import atom_of, knob
from archcalc.symbols.shape import axes_of
from archcalc.symbols.terms import Term, Terms
from archcalc.symbols.traces import Guard, Trace, mark, traced

# The place of a section in a spec: the item, and the round of a loop.
Label = tuple[int, int]
# What a section costs in one measure: terms with how often each is added, and a number.
Cost = tuple[tuple[tuple[Term, int], ...], int]


class Section(msgspec.Struct):
    """The layers from one place of a spec to the next."""

    label: Label
    # What is known where it begins: the loop around it and what the layer before it puts out.
    state: Any
    guards: list[Guard]
    names: set[str]
    first: int
    # The last layer before it.
    follows: int
    costs: dict[str, dict[Any, int]] = {}
    # True if it reads other layers than that.
    reaches: bool = False


class Record(msgspec.Struct):
    """A run: what was asked outside all sections, the sections, and the refusal if it ended in one."""

    guards: list[Guard]
    sections: list[Section]
    refusal: SpecError | None = None
    profile: Profile | None = None


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
            found = profile(graph, batch, convention_name=self.convention)
            sections, outside = _sections(trace, loaded)
            owner = _owners(sections, len(graph.nodes))
            try:
                _count(found, sections, owner, sums)
                mark("whole")
                for key, whole in wholes.items():
                    _add(sections[0].costs.setdefault(key, {}), whole(found))
            except SpecError as error:
                return Record(list(trace.guards), [], refusal=error)
        _attribute(trace, loaded, sections, owner, outside)
        _mark_reaching(sections, graph)
        return Record(outside, sections, profile=found)

    def _given(self, trace: Trace, numbers: Mapping[str, int]) -> dict[str, Any]:
        """The values of the knobs, and knobs where numbers themselves are meant."""
        given = {}
        for name, number in numbers.items():
            value = self.stands_for(name, number)
            given[name] = knob(trace, name, number) if value is None else value
            if value is not None:
                knob(trace, name, number).settled()
        return given


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


def _sections(trace: Trace, stop: int) -> tuple[list[Section], list[Guard]]:
    """The sections of a run up to a guard, and the guards outside them."""
    sections: list[Section] = []
    outside: list[Guard] = []
    item, turn, begun = -1, -1, 0
    around: Any = ()
    ended = False
    for at, what, detail in trace.marks:
        if at > stop or what in {"row", "mistake"}:
            break
        if what in {"name", "found"}:
            if sections and not ended:
                section = sections[-1]
                if what == "name":
                    section.names.add(detail)
                # What a name stands for depends on all that was named before; the network's inputs are the same always.
                elif not 0 <= detail < sections[0].first:
                    for one in sections:
                        one.reaches = one.reaches or detail < one.first
            continue
        (sections[-1].guards if sections and not ended else outside).extend(trace.guards[begun:at])
        begun = at
        if what == "end":
            ended = True
            continue
        nodes, first, last = detail
        item, turn = (item + 1, -1) if what == "item" else (item, turn + 1)
        if what == "item":
            around = ()
        elif turn == 0:
            # What was asked to know the loop's rounds goes on to hold for each of them.
            around = tuple((guard.asked, guard.answer) for guard in sections[-1].guards)
        state = (around, _put_out(nodes, last))
        sections.append(Section((item, turn), state, [], set(), first, last))
    (sections[-1].guards if sections and not ended else outside).extend(trace.guards[begun:stop])
    return sections, outside


def _put_out(nodes: Sequence[Node], last: int) -> Any:
    """All that a layer can know of the one before it: sizes, names of axes, and whether it may be overwritten."""
    if last < 0:
        return None
    before = list(nodes[: last + 1])
    shape = before[last].shape
    storage = Storage(before, kept=(last,))
    for position in range(len(before)):
        storage.add(position, overwrites=storage.may_overwrite(position))
    lies = tuple(map(atom_of, storage.strides(last) or ()))
    return (
        tuple(map(atom_of, shape)),
        axes_of(shape),
        (storage.free[last], lies, before[last].layer.comes_from_outside),
        last in token_numbers(before),
    )


def _owners(sections: Sequence[Section], count: int) -> list[int]:
    """The section of each layer; inputs belong to the first."""
    owner = [0] * count
    for at, section in enumerate(sections):
        for position in range(section.first, count):
            owner[position] = at
    return owner


def _mark_reaching(sections: Sequence[Section], graph: Graph) -> None:
    """Mark the sections that read other layers before them than the last, or share their weights."""
    inputs = {*graph.inputs}
    for position, node in enumerate(graph.nodes):
        for i in (*node.inputs, *(() if node.share is None else (node.share,))):
            if i in inputs and i != node.share:
                continue
            for section in sections:
                if i < section.first <= position and (i != section.follows or i == node.share):
                    section.reaches = True


def _refused(trace: Trace, error: SpecError) -> Record:
    """The run that ended in a refusal: what was asked before its first mistake, in its section or else in all of it."""
    known = [what for _, what, _ in trace.marks]
    stop = next((at for at, what, _ in trace.marks if what == "mistake"), len(trace.guards))
    if "end" in known and ("mistake" not in known or known.index("end") < known.index("mistake")):
        return Record(trace.guards[:stop], [], refusal=error)
    sections, outside = _sections(trace, stop)
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
