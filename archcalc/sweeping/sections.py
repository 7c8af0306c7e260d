"""The sections of a run: its layers from one place of the spec to the next, and all that is known where each begins."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from archcalc.network.graph import Graph, Node
from archcalc.network.storage import Storage
from archcalc.network.tokens import token_numbers
from archcalc.symbols.knobs import atom_of
from archcalc.symbols.shape import axes_of
from archcalc.symbols.traces import Guard, Trace

# The place of a section in a spec: the item, and the round of a loop.
Label = tuple[int, int]


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
    # The layers and values that had been read of the spec where it begins, and where it ends.
    spent: tuple[int, int] = (0, 0)
    until: tuple[int, int] = (0, 0)


def joined(sections: Sequence[Section]) -> Section:
    """All sections as one."""
    if not sections:
        return Section((0, -1), None, [], set(), 0, -1)
    guards = [guard for section in sections for guard in section.guards]
    names = {name for section in sections for name in section.names}
    return msgspec.structs.replace(sections[0], guards=guards, names=names, until=sections[-1].until)


def sections_of(trace: Trace, stop: int) -> tuple[list[Section], list[Guard]]:
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
                _named(sections, what, detail)
            continue
        (sections[-1].guards if sections and not ended else outside).extend(trace.guards[begun:at])
        begun = at
        if what == "end":
            ended = True
            if sections:
                sections[-1].until = detail[1]
            continue
        nodes, first, last, spent = detail
        if sections:
            sections[-1].until = spent
        item, turn = (item + 1, -1) if what == "item" else (item, turn + 1)
        if what == "item":
            around = ()
        elif turn == 0:
            # What was asked to know the loop's rounds goes on to hold for each of them.
            around = (sections[-1].state, *((guard.asked, guard.answer) for guard in sections[-1].guards))
        state = (around, _put_out(nodes[:first], last))
        sections.append(Section((item, turn), state, [], set(), first, last, spent=spent, until=spent))
    (sections[-1].guards if sections and not ended else outside).extend(trace.guards[begun:stop])
    return sections, outside


def _named(sections: Sequence[Section], what: str, detail: Any) -> None:
    """Note a name that a section gives, or one that it finds, and which sections it depends on then."""
    if what == "name":
        sections[-1].names.add(detail)
        return
    name, position = detail
    if 0 <= position < sections[0].first:
        # The network's inputs are the same always.
        return
    parts = name.split("/")
    fronts = {"/".join(parts[:end]) for end in range(1, len(parts) + 1)}
    if position >= 0 and fronts & sections[-1].names and position >= sections[-1].first:
        return
    given = position >= 0 and any(fronts & one.names for one in sections)
    for one in sections:
        # A name that was not given is numbered by what stands before.
        one.reaches = one.reaches or not given or position < one.first


def _put_out(nodes: Sequence[Node], last: int) -> Any:
    """All that a layer can know of the one before it: sizes, names of axes, and whether it may be overwritten."""
    if last < 0:
        return None
    before = list(nodes)
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


def owners(sections: Sequence[Section], count: int) -> list[int]:
    """The section of each layer; inputs belong to the first."""
    owner = [0] * count
    for at, section in enumerate(sections):
        for position in range(section.first, count):
            owner[position] = at
    return owner


def mark_reaching(sections: Sequence[Section], graph: Graph) -> None:
    """Mark the sections that read other layers before them than the last, or share their weights."""
    inputs = {*graph.inputs}
    for position, node in enumerate(graph.nodes):
        for i in (*node.inputs, *(() if node.share is None else (node.share,))):
            if i in inputs and i != node.share:
                continue
            for section in sections:
                if i < section.first <= position and (i != section.follows or i == node.share):
                    section.reaches = True
