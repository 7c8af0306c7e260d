"""The variables in which the values of a block are kept."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from archcalc.exporters.source.blocks import Line


class Variables:
    """The variables of the lines of a block, of its inputs first, some of which are `kept` for those."""

    def __init__(
        self, lines: Sequence[Line], inputs: Sequence[str], outputs: Sequence[int], kept: Collection[str]
    ) -> None:
        self.lines = lines
        self.values = {-1 - at: name for at, name in enumerate(inputs)}
        self.kept = {*kept}
        self.batch = inputs[0]
        # The parts that are their input unchanged, with it.
        self.same = {at: line.reads[0] for at, line in enumerate(lines) if line.code.expression == "$0"}
        self.last: dict[int, int] = {}
        self.uses: dict[int, int] = {}
        for at, line in enumerate(lines):
            for read in map(self.resolved, () if at in self.same else line.reads):
                self.last[read] = at
                self.uses[read] = self.uses.get(read, 0) + 1
        self.outputs = [self.resolved(output) for output in outputs]
        for output in self.outputs:
            self.last[output] = len(lines)
            self.uses[output] = self.uses.get(output, 0) + 1

    def resolved(self, read: int) -> int:
        """The part whose value another is."""
        while read in self.same:
            read = self.same[read]
        return read

    def freed(self, at: int, reads: Sequence[int]) -> list[str]:
        """The variables that nobody needs once a part has read them."""
        return [self.values[read] for read in reads if self.last[read] <= at and self.values[read].isidentifier()]

    def target(self, at: int, line: Line, freed: Sequence[str]) -> str:
        """The variable for a value: one that nobody needs any more, or a new one."""
        if at not in self.last:
            return "_"
        freed = [name for name in freed if name not in self.kept]
        for name in ("x", *freed):
            if name in freed and name != "_":
                return name
        live = {self.values[read] for read, last in self.last.items() if last > at and read in self.values}
        for name in ("x", "y", line.attribute):
            if name not in live | self.kept | {self.batch}:
                return name
        count = 2
        while f"{line.attribute}_{count}" in live:
            count += 1
        return f"{line.attribute}_{count}"
