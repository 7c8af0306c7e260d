"""The body of a forward method: what is computed of what, in as few lines as read well."""

from __future__ import annotations

import re
from collections.abc import Sequence

import msgspec

from archcalc.exporters.torch.classes import Line, value_texts

# A line of so many characters still reads well.
_WIDTH = 88
# So many calls inside each other too.
_DEPTH = 4


class _Step(msgspec.Struct):
    """A line `target = expression`, of which a single reader may take the expression into its own."""

    target: str
    expression: str
    operator: bool
    # The part whose value it is.
    of: int


class Forward:
    """The lines that compute the outputs of a class, given by the numbers of its parts, from its inputs."""

    def __init__(self, lines: Sequence[Line], inputs: Sequence[str], outputs: Sequence[int]) -> None:
        self._lines = lines
        self._values = {-1 - at: name for at, name in enumerate(inputs)}
        self._kept = {*inputs} - {"x", "y", "z"}
        self._batch = inputs[0]
        self._same = self._aliases()
        self._last: dict[int, int] = {}
        self._uses: dict[int, int] = {}
        for at, line in enumerate(lines):
            for read in map(self._resolved, () if at in self._same else line.reads):
                self._last[read] = at
                self._uses[read] = self._uses.get(read, 0) + 1
        self._outputs = [self._resolved(output) for output in outputs]
        for output in self._outputs:
            self._last[output] = len(lines)
            self._uses[output] = self._uses.get(output, 0) + 1
        self._steps: list[_Step] = []
        for at in range(len(lines)):
            if at not in self._same:
                self._add(at)

    def _aliases(self) -> dict[int, int]:
        """The parts that are their input unchanged, with it."""
        return {at: line.reads[0] for at, line in enumerate(self._lines) if line.code.expression == "$0"}

    def _resolved(self, read: int) -> int:
        while read in self._same:
            read = self._same[read]
        return read

    def text(self) -> list[str]:
        """The lines of the method, its return last."""
        steps = list(self._steps)
        names = [self._values[output] for output in self._outputs]
        if len(names) == 1 and steps and steps[-1].of == self._outputs[0]:
            names = [steps.pop().expression]
        return [*(f"{step.target} = {step.expression}" for step in steps), f"return {', '.join(names)}"]

    def _add(self, at: int) -> None:
        line = self._lines[at]
        reads = [self._resolved(read) for read in line.reads]
        template = line.code.expression
        texts = [self._values[read] for read in reads]
        if not reads and template == "$self" and self._uses.get(at) == 1:
            # What depends on nothing is written where it is used.
            self._values[at] = f"self.{line.attribute}"
            return
        freed = [self._values[read] for read in reads if self._last[read] <= at and self._values[read].isidentifier()]
        taken = self._taken_in(line, reads)
        if taken is not None:
            texts[reads.index(taken.of)] = taken.expression
            freed = [name for name in freed if name != taken.target] + [taken.target]
        expression = self._filled(line, texts)
        target = self._target(at, line, [name for name in freed if name not in self._kept])
        self._values[at] = target
        self._steps.append(_Step(target, expression, line.code.operator, at))

    def _taken_in(self, line: Line, reads: Sequence[int]) -> _Step | None:
        """The step before, no longer one of its own, if this line alone reads it and can hold it."""
        if not self._steps or self._steps[-1].of not in reads:
            return None
        before = self._steps[-1]
        hole = f"${reads.index(before.of)}"
        template = line.code.expression
        if self._uses[before.of] > 1 or "$all" in template or len(re.findall(re.escape(hole) + r"\b", template)) != 1:
            return None
        loose = line.code.operator or f"{hole}." in template or f"{hole}[" in template
        if before.operator and loose:
            return None
        texts = [before.expression if read == before.of else self._values[read] for read in reads]
        filled = self._filled(line, texts)
        if len(filled) > _WIDTH or filled.count("(") > _DEPTH:
            return None
        return self._steps.pop()

    def _filled(self, line: Line, texts: Sequence[str]) -> str:
        """The expression of a line with its inputs and numbers."""
        values = {name: re.sub(r"(?<![\w.])[a-z_]\w*", r"self.\g<0>", said) for name, said in value_texts(line).items()}
        values |= {str(at): text for at, text in enumerate(texts)}
        values |= {"self": f"self.{line.attribute}", "all": ", ".join(texts), "n": f"len({self._batch})"}
        return re.sub(r"\$(\w+)", lambda found: values[found[1]], line.code.expression)

    def _target(self, at: int, line: Line, freed: Sequence[str]) -> str:
        """The variable for a value: one that nobody needs any more, or a new one."""
        if at not in self._last:
            return "_"
        for name in ("x", *freed):
            if name in freed and name != "_":
                return name
        live = {self._values[read] for read, last in self._last.items() if last > at and read in self._values}
        for name in ("x", "y", line.attribute):
            if name not in live | self._kept | {self._batch}:
                return name
        count = 2
        while f"{line.attribute}_{count}" in live:
            count += 1
        return f"{line.attribute}_{count}"
