"""The marking of a worksheet line by line, in the order of the network, so that carried errors are recognised."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import msgspec

from archcalc.grading.answers import Written
from archcalc.grading.case import Case, outcome
from archcalc.grading.counts import marked_counts
from archcalc.grading.fields import Fields
from archcalc.grading.folded_lines import folded_away
from archcalc.grading.marks import Grade, Marked, by_habit
from archcalc.grading.shapes import CHANNELS_LAST, intended_shape, matches
from archcalc.grading.sheet import TOTAL, Sheet
from archcalc.grading.slips import Search, explained
from archcalc.grading.totals import marked_totals
from archcalc.profiling.rows import Profile
from archcalc.symbols.dims import Shape

# A longer worksheet that is wrong throughout would be searched for minutes.
_MAX_IN_PAIRS = 2_000


def grade(profile: Profile, sheet: Sheet) -> Grade:
    """The marks of a worksheet on a network, for one sample; raises SpecError for a network with letters in it."""
    profile.require_numbers("a worksheet")
    away = folded_away(profile, sheet.lines)
    marking = _Marking(profile, sheet)
    by_line = {row.name: marking.line(place) for place, row in enumerate(profile.rows)}
    cells = [
        cell
        for line in sheet.lines
        for cell in (by_line[line.name] if line.name in by_line else marked_totals(profile, sheet, line, away))
    ]
    named = away | {line.name for line in sheet.lines}
    return Grade(
        network=profile.graph.name,
        worksheet=sheet.source.name,
        convention=profile.convention.name,
        cells=tuple(by_habit(cells)),
        passed_over=sheet.passed_over,
        missing=tuple(row.name for row in profile.rows if row.name not in named),
    )


class _Own(msgspec.Struct, frozen=True):
    """The output of a layer that somebody went on with, and the layers whose slips are in it."""

    shape: Shape
    blamed: tuple[str, ...] = ()


class _Marking:
    """The marking of one worksheet, with the outputs of earlier layers that later ones go on from."""

    def __init__(self, profile: Profile, sheet: Sheet) -> None:
        self.profile = profile
        self.columns = sheet.columns
        self.lines = {line.name: line for line in sheet.lines}
        self.cases = {
            row.name: Case(profile, node, row, row.layer, row.inputs, row.output)
            for node, row in zip(profile.graph.nodes, profile.rows, strict=True)
        }
        # The lines above and below each, where cells may have slipped to.
        order = [line.name for line in sheet.lines if line.name != TOTAL]
        self.below = dict(pairwise(order))
        self.above = {below: name for name, below in self.below.items()}
        self.own: list[_Own] = []
        self.fields = Fields(profile)
        self.channels_last = False
        self.pairs = len(sheet.lines) <= _MAX_IN_PAIRS

    def line(self, place: int) -> list[Marked]:
        """The marks of one layer's cells, in the order of the columns; empty if it has no line."""
        node, row = self.profile.graph.nodes[place], self.profile.rows[place]
        line = self.lines.get(row.name)
        before = [self.own[i] for i in node.inputs]
        inputs = tuple(own.shape for own in before)
        blamed = tuple(dict.fromkeys(name for own in before for name in own.blamed))
        # The right method applied to their inputs; if a layer cannot take those, they must have started anew.
        method = row.output if inputs == row.inputs else outcome(row.layer, inputs)
        if method is None:
            inputs, method, blamed = row.inputs, row.output, ()
        case = self.cases[row.name]
        right = Search(case, pairs=self.pairs)
        theirs = right if inputs == row.inputs else self.search(case, inputs, method)
        marks: dict[str, Marked] = {}
        if line is None or "output" not in line.cells:
            self.own.append(_Own(method, blamed if method != row.output else ()))
        else:
            marks["output"] = self.output(line.cells["output"], right, theirs, blamed)
        if line is None:
            return []
        own = self.own[-1]
        if own.shape != theirs.case.output:
            theirs = self.search(case, inputs, own.shape)
        marks |= marked_counts(line, right, (theirs, tuple(dict.fromkeys((*blamed, *own.blamed)))), self.beside)
        # The fields of several layers differ, so a folded line has none.
        asked = "rf" in line.cells and not (line.times != 1 and line.cells["rf"].blank)
        if asked and (mark := self.fields.marked(line.cells["rf"], node, row)):
            marks["rf"] = mark
        return [marks[column] for column in self.columns if column in marks]

    def search(self, case: Case, inputs: tuple[Shape, ...], output: Shape) -> Search:
        """The search for slips in a layer with somebody's own sizes, and as many filters as their output has."""
        theirs = msgspec.structs.replace(case, inputs=inputs, output=output)
        filters = output[case.values]
        if case.layer.filters not in {None, filters}:
            theirs = theirs.redone(keep=True, out=filters) or theirs
        return Search(theirs, pairs=self.pairs)

    def output(self, cell: Written, right: Search, theirs: Search, blamed: tuple[str, ...]) -> Marked:
        """The mark of an output; also records the output that they went on with."""
        exact, method = right.case.output, theirs.case.output
        mark = Marked(right.case.row.name, "output", cell.text, exact, "wrong")
        carried = blamed if method != exact else ()
        remark = matches(cell.near(exact), exact)
        if cell.blank:
            self.own.append(_Own(method, carried))
            return msgspec.structs.replace(mark, verdict="unanswered")
        if remark is not None:
            self.channels_last |= CHANNELS_LAST in remark
            self.own.append(_Own(exact))
            return msgspec.structs.replace(mark, verdict="right", remark=remark)
        if carried and matches(cell.near(method), method) is not None:
            self.own.append(_Own(method, carried))
            return msgspec.structs.replace(mark, verdict="carried on", carried=carried)
        went_on = intended_shape(cell.near(method), method, last=self.channels_last) or method
        self.own.append(_Own(went_on, (mark.row,) if went_on not in {method, exact} else carried))
        if not cell.readable:
            return msgspec.structs.replace(mark, slips=("not a shape",))
        searches = [(right, ()), *([(theirs, carried)] if carried else [])]
        slips, carried = explained(cell, "output", self.beside(mark.row, "output"), searches)
        return msgspec.structs.replace(mark, slips=slips, carried=carried)

    def beside(self, name: str, column: str) -> Iterator[tuple[str, Any]]:
        """The right values of the lines above and below in a column."""
        for where, lines in (("above", self.above), ("below", self.below)):
            if name in lines:
                case = self.cases[lines[name]]
                value = case.output if column == "output" else case.costs.get(column, 0)
                yield f"the {column} of {lines[name]}, the line {where}", value
