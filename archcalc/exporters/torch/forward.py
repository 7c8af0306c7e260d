"""The body of a forward method: what is computed of what, in as few lines as read well."""

from __future__ import annotations

import re
from collections.abc import Sequence

import msgspec

from archcalc.exporters.source.blocks import Line, value_texts
from archcalc.exporters.source.variables import Variables

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


class Forward(Variables):
    """The lines that compute the outputs of a class, given by the numbers of its parts, from its inputs."""

    def __init__(self, lines: Sequence[Line], inputs: Sequence[str], outputs: Sequence[int]) -> None:
        super().__init__(lines, inputs, outputs, {*inputs} - {"x", "y", "z"})
        self._steps: list[_Step] = []
        for at in range(len(lines)):
            if at not in self.same:
                self._add(at)

    def text(self) -> list[str]:
        """The lines of the method, its return last."""
        steps = list(self._steps)
        names = [self.values[output] for output in self.outputs]
        if len(names) == 1 and steps and steps[-1].of == self.outputs[0]:
            names = [steps.pop().expression]
        return [*(f"{step.target} = {step.expression}" for step in steps), f"return {', '.join(names)}"]

    def _add(self, at: int) -> None:
        line = self.lines[at]
        reads = [self.resolved(read) for read in line.reads]
        template = line.code.expression
        texts = [self.values[read] for read in reads]
        if not reads and template == "$self" and self.uses.get(at) == 1:
            # What depends on nothing is written where it is used.
            self.values[at] = f"self.{line.attribute}"
            return
        freed = self.freed(at, reads)
        taken = self._taken_in(line, reads)
        if taken is not None:
            texts[reads.index(taken.of)] = taken.expression
            freed = [name for name in freed if name != taken.target] + [taken.target]
        expression = self._filled(line, texts)
        target = self.target(at, line, freed)
        self.values[at] = target
        self._steps.append(_Step(target, expression, line.code.operator, at))

    def _taken_in(self, line: Line, reads: Sequence[int]) -> _Step | None:
        """The step before, no longer one of its own, if this line alone reads it and can hold it."""
        if not self._steps or self._steps[-1].of not in reads:
            return None
        before = self._steps[-1]
        hole = f"${reads.index(before.of)}"
        template = line.code.expression
        if self.uses[before.of] > 1 or "$all" in template or len(re.findall(re.escape(hole) + r"\b", template)) != 1:
            return None
        loose = line.code.operator or f"{hole}." in template or f"{hole}[" in template
        if before.operator and loose:
            return None
        texts = [before.expression if read == before.of else self.values[read] for read in reads]
        filled = self._filled(line, texts)
        if len(filled) > _WIDTH or filled.count("(") > _DEPTH:
            return None
        return self._steps.pop()

    def _filled(self, line: Line, texts: Sequence[str]) -> str:
        """The expression of a line with its inputs and numbers."""
        values = {name: re.sub(r"(?<![\w.])[a-z_]\w*", r"self.\g<0>", said) for name, said in value_texts(line).items()}
        values |= {str(at): text for at, text in enumerate(texts)}
        values |= {"self": f"self.{line.attribute}", "all": ", ".join(texts), "n": f"len({self.batch})"}
        return re.sub(r"\$(\w+)", lambda found: values[found[1]], line.code.expression)
