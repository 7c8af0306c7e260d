"""The body of a function: a line for each layer, and a loop for calls that repeat."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Sequence

import msgspec

from archcalc.exporters.keras.functions import Listed, Repeated, counted, numbered
from archcalc.exporters.source.blocks import Line, module_text, value_texts
from archcalc.exporters.source.code import text
from archcalc.exporters.source.module import arguments
from archcalc.exporters.source.sites import attribute
from archcalc.exporters.source.variables import Variables

_WIDTH = 110


class Body(Variables):
    """The lines that compute the outputs of a block from its inputs.

    Names begin with that of the block `inside` one. `shared` are the positions of layers that others have the weights of,
    which are kept in variables, and `above` what stands before a line.
    """

    def __init__(  # noqa: PLR0913 - what a block has
        self,
        lines: Sequence[Line],
        inputs: Sequence[str],
        outputs: Sequence[int],
        *,
        inside: bool,
        shared: Collection[int] = (),
        above: Callable[[Line], list[str]] = lambda _: [],
    ) -> None:
        self._names = [line.attribute for line in lines]
        taken: set[str] = set()
        called = [
            msgspec.structs.replace(line, attribute=attribute(line.attribute.partition(",")[0], "block", taken).lower())
            for line in lines
        ]
        super().__init__(called, inputs, outputs, {*inputs} - {"x", "y", "z"})
        self._inside, self._shared, self._above = inside, shared, above
        self.owned: dict[int, str] = {}
        self._text: list[str] = []
        for at in range(len(lines)):
            if at not in self.same:
                self._add(at)

    def text(self) -> list[str]:
        """The lines of the function up to its return, which is among them in a block."""
        if not self._inside:
            return self._text
        [value] = [self.values[output] for output in self.outputs]
        *before, last = self._text
        if last.startswith(f"{value} = ") and len(self.lines) - 1 == self.outputs[0]:
            return [*before, f"return {last.removeprefix(f'{value} = ')}"]
        return [*self._text, f"return {value}"]

    def _add(self, at: int) -> None:
        line = self.lines[at]
        reads = [self.resolved(read) for read in line.reads]
        texts = [self.values[read] for read in reads]
        self._text += self._above(line)
        target = self.target(at, line, self.freed(at, reads))
        self.values[at] = target
        if not line.is_call:
            self._layer(at, target, texts)
        elif isinstance(line.code.module, Repeated):
            self._loop(at, line.code.module, target, texts)
        else:
            given = iter(line.numbers)
            several = isinstance(line.code.module, Listed)
            for count, call in enumerate(line.code.module.calls if several else (line.code.module,)):
                name = numbered(self._names[at], count) if several else self._names[at]
                said = text(call, lambda _name, _value: next(given))
                self._text.append(f"{target} = {_called(said, texts, self._said(name))}")
                texts = [target]

    def _loop(self, at: int, run: Repeated, target: str, texts: Sequence[str]) -> None:
        """The calls of a block that repeats, the first by itself where it is another."""
        given = iter(self.lines[at].numbers)
        series = self._names[at]
        done = 0

        def supply(_name: str, _value: object) -> str:
            return next(given)

        if run.first is not None:
            said = text(run.first, supply)
            self._text.append(f"{target} = {_called(said, texts, self._said(numbered(series, 0)))}")
            done = 1
        elif texts != [target]:
            self._text.append(f"{target} = {texts[0]}")
        rest, count = text(run.rest, supply), supply("times", run.count)
        if count.isdecimal() and int(count) == done + 1:
            self._text.append(f"{target} = {_called(rest, [target], self._said(numbered(series, done)))}")
            return
        head, name = _over(series, done, count, steps=run.steps)
        self._text.append(head)
        said = self._said(name)
        self._text.append(f"    {target} = {_called(rest, [target], said if said[0] == 'f' else f'f{said}')}")

    def _layer(self, at: int, target: str, texts: Sequence[str]) -> None:
        """The lines of a layer, after that which makes it where others have its weights."""
        line, name = self.lines[at], self._names[at]
        values = value_texts(line)
        values |= {str(place): one for place, one in enumerate(texts)}
        values |= {"_": target, "all": ", ".join(texts), "batch": self.batch}
        if line.code.module is not None:
            values["self"] = _with(module_text(line), f"name={self._said(name)}")
            if line.position in self._shared:
                self._text.append(f"{line.attribute} = {values['self']}")
                values["self"] = self.owned[line.position] = line.attribute

        def value(found: re.Match[str]) -> str:
            word = found[1]
            return (
                self._said(f"{name}_{word.removesuffix('_name')}".lstrip("_"))
                if word.endswith("_name")
                else values[word]
            )

        for template in line.code.expression.split("\n"):
            own = re.sub(r"<(\d+)>", lambda found: self.owned[int(found[1])], template)
            filled = re.sub(r"[$](\w+)", value, own)
            self._text.append(f"{target} = {filled}")

    def _said(self, name: str) -> str:
        """A name as code."""
        if not self._inside:
            return f'"{name}"'
        if "{name}" in name:
            return f'f"{name}"'
        return f'f"{{name}}_{name}"' if name else "name"


def _over(series: str, done: int, count: str, *, steps: bool) -> tuple[str, str]:
    """The head of a loop over the calls after those that are done, and the name of each."""
    if "," in series:
        names = ", ".join(f'"{name}"' for name in series.split(",")[done:])
        return (f"for i, part in enumerate(({names})):" if steps else f"for part in ({names}):"), "{part}"
    stem, start = counted(series)
    if steps:
        return f"for i in range({count}):", f"{stem}{{i + {start}}}" if start else f"{stem}{{i}}"
    end = str(start + int(count)) if count.isdecimal() else f"{count} + {start}" if start else count
    begin = f"{start + done}, " if start + done else ""
    return f"for i in range({begin}{end}):", f"{stem}{{i}}"


def _with(call: str, argument: str) -> str:
    """A call with one more argument."""
    return f"{call[:-1]}{'' if call.endswith('()') else ', '}{argument})"


def _called(call: str, inputs: Sequence[str], name: str) -> str:
    """A call of a function on some inputs."""
    callee, _, rest = call.partition("(")
    return _with(f"{callee}({', '.join(inputs)}{'' if rest == ')' else ', '}{rest}", f"name={name}")


def wrapped(line: str, indent: int) -> Iterator[str]:
    """A line, the arguments of its longest call on lines of their own where it is too long."""
    found = list(_groups(line))
    inner = len(line) - len(line.lstrip())
    space = " " * (indent + inner)
    if len(line) + indent <= _WIDTH or not found:
        yield " " * indent + line
        return
    start, stop = max(found, key=lambda one: one[1] - one[0])
    yield " " * indent + line[: start + 1]
    yield from (f"{space}    {one}," for one in arguments(line[start + 1 : stop]))
    yield space + line[stop:]


def _groups(line: str) -> Iterator[tuple[int, int]]:
    """The outermost brackets of a line."""
    depth, start = 0, 0
    for at, character in enumerate(line):
        start = at if character == "(" and depth == 0 else start
        depth += {"(": 1, "[": 1, ")": -1, "]": -1}.get(character, 0)
        if character == ")" and depth == 0:
            yield start, at
