"""A worksheet marked line by line, in the order of the network, so that what is carried on is known as such."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import msgspec

from archcalc.dims import Dim, Shape
from archcalc.errors import SpecError
from archcalc.grading.case import Case, case_of, outcome
from archcalc.grading.fields import exact_field, field_of, field_slips, grown, is_field
from archcalc.grading.marks import Grade, Marked
from archcalc.grading.shapes import CHANNELS_LAST, agreement, meant
from archcalc.grading.sheet import GRADED, TOTAL, Line, Sheet
from archcalc.grading.slips import mixed_up, number_slips, shape_slips
from archcalc.grading.totals import marked_totals
from archcalc.grading.written import Written
from archcalc.graph import Node
from archcalc.rows import Profile, Row

_NUMBERS = tuple(column for column in GRADED if column not in {"output", "rf"})
_UNREADABLE = {"output": "not a shape", "rf": "not a size"}


def grade(profile: Profile, sheet: Sheet) -> Grade:
    """The marks of a worksheet on a network, for one sample; raises SpecError for a network with letters in it."""
    if any(not isinstance(n, int) for row in profile.rows for n in (*row.output, row.params, row.macs)):
        raise SpecError("a worksheet has numbers, and the network has letters", None, "set them with --set or --input")
    marking = _Marking(profile, sheet)
    by_line = {row.name: marking.line(place) for place, row in enumerate(profile.rows)}
    cells = [
        cell
        for line in sheet.lines
        for cell in (by_line[line.name] if line.name in by_line else marked_totals(profile, sheet, line))
    ]
    named = {line.name for line in sheet.lines}
    return Grade(
        network=profile.graph.name,
        worksheet=sheet.source.name,
        convention=profile.convention.name,
        cells=tuple(cells),
        passed_over=sheet.passed_over,
        missing=tuple(row.name for row in profile.rows if row.name not in named),
    )


class _Own(msgspec.Struct, frozen=True):
    """What somebody went on with from a layer: its output as they had it, and the layers whose slips are in it."""

    shape: Shape
    blamed: tuple[str, ...] = ()


class _Marking:
    """The marking of one worksheet: what was written of the layers so far, and how they are to go on from it."""

    def __init__(self, profile: Profile, sheet: Sheet) -> None:
        self.profile = profile
        self.columns = sheet.columns
        self.lines = {line.name: line for line in sheet.lines}
        # The lines above and below each, where cells may have slipped to.
        order = [line.name for line in sheet.lines if line.name != TOTAL]
        self.below = dict(pairwise(order))
        self.above = {below: name for name, below in self.below.items()}
        self.rows = {row.name: row for row in profile.rows}
        self.own: list[_Own] = []
        self.fields: dict[str, Shape] = {}
        self.channels_last = False

    def line(self, place: int) -> list[Marked]:
        """The marks of one layer's cells, in the order of the columns; none where it has no line."""
        node, row = self.profile.graph.nodes[place], self.profile.rows[place]
        line = self.lines.get(row.name)
        before = [self.own[i] for i in node.inputs]
        inputs = tuple(own.shape for own in before)
        blamed = tuple(dict.fromkeys(name for own in before for name in own.blamed))
        # By the right method, from what they had; where a layer cannot take that, they can only have started anew.
        method = row.output if inputs == row.inputs else outcome(row.definition, inputs)
        if method is None:
            inputs, method, blamed = row.inputs, row.output, ()
        case = case_of(self.profile, node, row)
        own_case = msgspec.structs.replace(case, inputs=inputs, output=method)
        marks = {}
        cell = line.cells.get("output") if line else None
        if cell is None:
            self.own.append(_Own(method, blamed if method != row.output else ()))
        else:
            marks["output"] = self.output(cell, case, own_case, blamed)
        if line:
            theirs = msgspec.structs.replace(own_case, output=self.own[-1].shape)
            blamed = tuple(dict.fromkeys((*blamed, *self.own[-1].blamed)))
            marks |= self.numbers(line, case, theirs, blamed)
            if "rf" in line.cells and (mark := self.field(line.cells["rf"], node, row)):
                marks["rf"] = mark
        return [marks[column] for column in self.columns if column in marks]

    def output(self, cell: Written, case: Case, own_case: Case, blamed: tuple[str, ...]) -> Marked:
        """The mark of an output, noting what they go on with from it."""
        exact, method = case.output, own_case.output
        mark = Marked(case.row.name, "output", cell.text, exact, "wrong")
        carried = blamed if method != exact else ()
        if cell.blank:
            self.own.append(_Own(method, carried))
            return msgspec.structs.replace(mark, verdict="unanswered")
        remark = agreement(cell.shapes, exact)
        if remark is not None:
            self.channels_last |= CHANNELS_LAST in remark
            self.own.append(_Own(exact))
            return msgspec.structs.replace(mark, verdict="right", remark=remark)
        if carried and agreement(cell.shapes, method) is not None:
            self.own.append(_Own(method, carried))
            return msgspec.structs.replace(mark, verdict="carried on", carried=carried)
        went_on = meant(cell.shapes, method, last=self.channels_last)
        self.own.append(_Own(went_on, (case.row.name,)) if went_on else _Own(method, carried))
        if not cell.readable:
            return msgspec.structs.replace(mark, slips=(_UNREADABLE["output"],))
        slips = shape_slips(cell, case) or self._shifted(cell, case.row)
        if slips or not carried:
            return msgspec.structs.replace(mark, slips=slips)
        slips = shape_slips(cell, own_case)
        return msgspec.structs.replace(mark, slips=slips, carried=carried if slips else ())

    def _shifted(self, cell: Written, row: Row) -> tuple[str, ...]:
        return tuple(
            f"the output of {name}, the line {where}"
            for name, where in self._beside(row)
            if agreement(cell.shapes, self.rows[name].output) is not None
        )

    def _beside(self, row: Row) -> Iterator[tuple[str, str]]:
        for where, lines in (("above", self.above), ("below", self.below)):
            if row.name in lines:
                yield lines[row.name], where

    def numbers(self, line: Line, case: Case, theirs: Case, blamed: tuple[str, ...]) -> dict[str, Marked]:
        """The marks of a line's counts: `theirs` is the layer with the sizes that they had, which `blamed` made wrong."""
        exact, own = case.costs, theirs.costs if (theirs.inputs, theirs.output) != (case.inputs, case.output) else {}
        found = {}
        for column in _NUMBERS:
            # A convention need not have a price for every layer.
            if column not in line.cells or column not in exact:
                continue
            cell = line.cells[column]
            mark = Marked(line.name, column, cell.text, exact[column], "wrong")
            remark = cell.judged(exact[column], column)
            if cell.blank or remark is not None:
                mark = _sound(mark, cell, remark)
            elif column in own and cell.judged(own[column], column) is not None:
                mark = msgspec.structs.replace(mark, verdict="carried on", carried=blamed)
            elif beside := _from_own_cells(line, case, theirs, column):
                mark = msgspec.structs.replace(mark, verdict="carried on", carried=beside)
            else:
                mark = self._slipped(mark, cell, case, theirs if own else None, blamed)
            found[column] = mark
        return found

    def _slipped(self, mark: Marked, cell: Written, case: Case, theirs: Case | None, blamed: tuple[str, ...]) -> Marked:
        """The mark of a wrong count with what explains it."""
        if not cell.readable:
            return msgspec.structs.replace(mark, slips=("not a number",))
        column, exact = mark.column, case.costs
        beside = [
            (f"the {column} of {name}, the line {where}", case_of(self.profile, self._node(name), self.rows[name]))
            for name, where in self._beside(case.row)
        ]
        others = [(said, value) for said, other in beside if (value := other.costs.get(column)) is not None]
        # MACs in the column of FLOPs are a slip of their own.
        others += [(f"the {name} of this line", value) for name, value in exact.items() if name != column]
        others += [(f"the {_axis(at)} of the output", n) for at, n in enumerate(case.output) if isinstance(n, int)]
        slips = number_slips(cell, case, column)
        if not slips or ", and " in slips[0]:
            slips = mixed_up(cell, exact[column], others) or slips
        if slips and ", and " not in slips[0]:
            return msgspec.structs.replace(mark, slips=slips)
        on_theirs = number_slips(cell, theirs, column) if theirs is not None else ()
        if on_theirs and ", and " not in on_theirs[0]:
            return msgspec.structs.replace(mark, slips=on_theirs, carried=blamed)
        if slips:
            return msgspec.structs.replace(mark, slips=slips)
        return msgspec.structs.replace(mark, slips=on_theirs, carried=blamed if on_theirs else ())

    def _node(self, name: str) -> Node:
        return next(node for node in self.profile.graph.nodes if node.name == name)

    def field(self, cell: Written, node: Node, row: Row) -> Marked | None:
        """The mark of a receptive field, or None where it has none that is a number."""
        exact = exact_field(self.profile, row)
        if exact is None:
            return None
        mark = Marked(row.name, "rf", cell.text, exact[0] if len(set(exact)) == 1 else exact, "wrong")
        if cell.blank or is_field(cell, exact):
            return _sound(mark, cell, "")
        if not cell.readable:
            return msgspec.structs.replace(mark, slips=(_UNREADABLE["rf"],))
        if written := field_of(cell, len(exact)):
            self.fields[row.name] = written
        return self._field_explained(mark, cell, row, [self.profile.graph.nodes[i].name for i in node.inputs])

    def _field_explained(self, mark: Marked, cell: Written, row: Row, sources: list[str]) -> Marked:
        """The mark of a wrong receptive field: from a wrong one before it, or by a slip from a right or a wrong one."""
        wrong = {name: self.fields[name] for name in sources if name in self.fields}
        grew = {name: grown(self.profile, row, name, had) for name, had in wrong.items()}
        carried = tuple(name for name, field in grew.items() if field and is_field(cell, field))
        if carried:
            return msgspec.structs.replace(mark, verdict="carried on", carried=carried)
        right = {name: exact_field(self.profile, self.rows[name]) for name in sources}
        for before in (right, wrong):
            for name, had in before.items():
                if had and (slips := field_slips(self.profile, row, name, had, cell)):
                    from_wrong = (name,) if before is wrong else ()
                    return msgspec.structs.replace(mark, slips=slips, carried=from_wrong)
        return mark


def _sound(mark: Marked, cell: Written, remark: str | None) -> Marked:
    """The mark of a cell that is right or left open."""
    if cell.blank:
        return msgspec.structs.replace(mark, verdict="unanswered")
    said = "" if remark in {None, "rounded"} else remark
    return msgspec.structs.replace(mark, verdict="rounded" if remark else "right", remark=said or "")


def _axis(at: int) -> str:
    return ("first", "second", "third", "fourth")[min(at, 3)] + " size"


def _from_own_cells(line: Line, case: Case, theirs: Case, column: str) -> tuple[str, ...]:
    """The wrong cells of the same line that a number follows from, each named with its column."""
    had: dict[str, int] = {}
    for name, cell in line.cells.items():
        if name in _NUMBERS and (value := cell.whole) is not None and value != case.costs.get(name):
            had[name] = value
    cell = line.cells[column]
    for sources, value in _followed(had, case, theirs, column):
        if isinstance(value, int) and cell.says(value):
            return tuple(f"the {source} of {line.name}" for source in sources)
    return ()


def _followed(
    had: dict[str, int], case: Case, theirs: Case, column: str
) -> Iterator[tuple[tuple[str, ...], Dim | None]]:
    """What follows for a column from the wrong numbers of a line, by the right method."""
    costs = theirs.costs
    if column == "params" and not {"weights", "biases"}.isdisjoint(had):
        parts = tuple(name for name in ("weights", "biases") if name in had)
        yield parts, had.get("weights", costs["weights"]) + had.get("biases", costs["biases"])
    if column == "macs" and "weights" in had and costs["weights"] and costs["macs"] % costs["weights"] == 0:
        yield ("weights",), had["weights"] * (costs["macs"] // costs["weights"])
    if column == "flops" and "macs" in had:
        yield ("macs",), case.priced(had["macs"])
