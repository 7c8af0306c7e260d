"""The blocks of a network in code, each with the parameters by which its calls differ."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from itertools import pairwise
from typing import Any, ClassVar

import msgspec

from archcalc.exporters.source.code import Call, Code, Run, Steps, everything, numbers, text
from archcalc.exporters.source.parameters import arguments_of, parameters_of, said_by
from archcalc.exporters.source.sites import Part, Site, Unfoldable, attribute, everywhere, free
from archcalc.network.graph import Graph


class Line(msgspec.Struct, frozen=True):
    """A part of a block: its name there, its code with numbers as they stand there, and the parts that it reads, -1 the input."""

    attribute: str
    code: Code
    reads: tuple[int, ...]
    # The numbers of its module and of its expression, as text.
    numbers: tuple[str, ...]
    position: int
    # True for a call of a block, or several.
    is_call: bool = False


class Block(msgspec.Struct, frozen=True):
    """A class or function: its name, its parameters, its lines, and the sites that are calls of it."""

    name: str
    parameters: tuple[str, ...]
    lines: tuple[Line, ...]
    sites: tuple[Site, ...]


class Blocks:
    """The blocks of a network, inner ones first, the network itself last; each language says how it writes them."""

    # What stands between the name of a block and its number, where several have it.
    joint: ClassVar[str] = ""

    def __init__(self, graph: Graph, whole: Site, network: str, taken: Collection[str]) -> None:
        self.graph = graph
        self._taken = taken
        self._calls: dict[tuple[int, int], Call] = {}
        self._names = {network, *taken}
        self._attributes: dict[tuple[int, int], tuple[str, ...]] = {}
        self.found: list[Block] = []
        levels = defaultdict[int, list[Site]](list)
        for site in everywhere(whole):
            levels[_height(site)].append(site)
        for height in sorted(levels):
            groups = defaultdict[Any, list[Site]](list)
            for site in levels[height]:
                groups[site.word, self._skeleton(site)].append(site)
            for sites in groups.values():
                self._of_block(sites[0].word or network, sites)
        # What each layer is called in the whole network, by its name in the graph.
        self.paths: dict[str, str] = {}
        self._place(whole, "")

    def named(self, word: str) -> str:
        """The name of a block in the code."""
        raise NotImplementedError

    def code(self, position: int) -> Code:
        """The code of a layer."""
        raise NotImplementedError

    def many(self, calls: Sequence[Call], mode: str) -> Run:
        """Several calls one after the other, which are the `same`, but for the `first`, grow in `steps`, or are like `each`."""
        raise NotImplementedError

    def path(self, around: str, name: str, at: int | None = None) -> str:
        """The name of a part in the whole network, by what is around it; `at` numbers those of several calls."""
        raise NotImplementedError

    def settled(self, column: tuple[Any, ...]) -> tuple[Any, ...]:
        """The values of the calls of a block for one setting, where there is a choice between some."""
        return column

    def _place(self, site: Site, around: str) -> None:
        for part, name in zip(site.parts, self._attributes[site.first, site.last], strict=True):
            if not part.sites:
                self.paths[self.graph.nodes[part.position].name] = self.path(around, name)
            for at, inner in enumerate(part.sites):
                self._place(inner, self.path(around, name, at if part.many else None))

    def _skeleton(self, site: Site) -> Any:
        """The part of a site that must be alike for calls of one class: the kinds of its parts, and what is repeated."""
        return tuple(
            part.many or part.sites[0].word if part.sites else self.graph.nodes[part.position].layer.kind
            for part in site.parts
        )

    def _of_block(self, name: str, sites: list[Site]) -> None:
        """Find the code of a block: one function or class, or several where its calls differ in more than numbers."""
        modes = self._modes(sites)
        groups = defaultdict[Any, list[tuple[Site, list[Line]]]](list)
        for site in sites:
            lines = [self._line(site, part, mode) for part, mode in zip(site.parts, modes, strict=True)]
            groups[tuple(map(_signature, lines))].append((site, lines))
        for members in groups.values():
            self.found.append(self._block(name, members))

    def _block(self, word: str, members: list[tuple[Site, list[Line]]]) -> Block:
        name = free(self.named(word), self._names, self.joint) if members[0][0].word else word
        named = self.attributes([site for site, _ in members])
        members = [
            (site, [msgspec.structs.replace(line, attribute=own) for line, own in zip(lines, named, strict=True)])
            for site, lines in members
        ]
        rows = [[number for line in lines for number in _numbers(line)] for _, lines in members]
        owners = [attribute(line.attribute, "", set()) for line in members[0][1] for _ in _numbers(line)]
        columns = [self.settled(tuple(row[at][1] for row in rows)) for at in range(len(owners))]
        shapes = [self.graph.nodes[site.last - 1].shape for site, _ in members]
        outputs = set(zip(*shapes, strict=True)) if len({*map(len, shapes)}) == 1 else set()
        # A size inside is no size of the output.
        called = [
            one if column in outputs else one.removeprefix("out_")
            for (one, _), column in zip(rows[0], columns, strict=True)
        ]
        parameters = parameters_of(columns, called, owners, self._taken)
        said = [said_by(column, parameters) for column in columns]
        lines, at = [], 0
        for line in members[0][1]:
            count = len(_numbers(line))
            lines.append(msgspec.structs.replace(line, numbers=tuple(said[at : at + count])))
            at += count
        for which, (site, _) in enumerate(members):
            values = [(parameter, column[which]) for column, parameter in parameters.items()]
            self._calls[site.first, site.last] = Call(name, tuple(arguments_of(values)))
            self._attributes[site.first, site.last] = named
        return Block(name, tuple(parameters.values()), tuple(lines), tuple(site for site, _ in members))

    def attributes(self, sites: Sequence[Site]) -> tuple[str, ...]:
        """The names of the parts of a block: as they are called, without what differs between its calls."""
        taken: set[str] = set()
        found = []
        for column in zip(*(site.parts for site in sites), strict=True):
            part = column[0]
            kind = part.sites[0].word if part.sites else self.graph.nodes[part.position].layer.kind
            names = {one.name for one in column} if len({one.name for one in column}) == 1 else set()
            found.append(attribute(names.pop() if names else "", kind, taken))
        return tuple(found)

    def _modes(self, sites: Sequence[Site]) -> list[str]:
        """For each part of a block how its calls are written, which holds for all calls of the block."""
        modes = []
        for column in zip(*(site.parts for site in sites), strict=True):
            runs = [self._called(part) for part in column]
            if not column[0].many:
                modes.append("one")
            elif all(len(set(run)) == 1 for run in runs):
                modes.append("same")
            elif all(len(set(run[1:])) <= 1 for run in runs):
                modes.append("first")
            elif all(_even(run) for run in runs):
                modes.append("steps")
            else:
                modes.append("each")
        return modes

    def _called(self, part: Part) -> list[Call]:
        return [self._calls[site.first, site.last] for site in part.sites]

    def _line(self, site: Site, part: Part, mode: str) -> Line:
        ends = {one.last: at for at, one in enumerate(site.parts)}
        inputs: tuple[int, ...]
        if part.sites:
            inputs = part.sites[0].entries
            calls = self._called(part)
            run = calls[0] if mode == "one" else self.many(calls, mode)
            code = Code("$self($0)" if len(inputs) == 1 else "$self($all)", run)
        else:
            code = self.code(part.position)
            inputs = self.graph.nodes[part.position].inputs
        reads = tuple(ends[i] if i in ends else self._outside(site, i) for i in inputs)
        return Line(part.name, code, reads, (), part.position, bool(part.sites))

    def _outside(self, site: Site, position: int) -> int:
        """The number by which a line reads an input: -1 for the first."""
        inputs = site.entries if site.word else self.graph.inputs
        if position not in inputs:
            raise Unfoldable
        return -1 - inputs.index(position)


def _height(site: Site) -> int:
    return 1 + max((_height(inner) for part in site.parts for inner in part.sites), default=0)


def _signature(line: Line) -> Any:
    code = line.code
    values = tuple((name, everything(value)) for name, value in code.values.items())
    module = None if code.module is None else everything(code.module)
    return module, code.expression, values, line.reads


def _numbers(line: Line) -> list[tuple[str, Any]]:
    """The numbers of a line: those of its module, then those of its expression."""
    own = [] if line.code.module is None else list(numbers(line.code.module))
    return own + [number for name, value in line.code.values.items() for number in numbers(value, name)]


def growing(calls: Sequence[Call]) -> Call:
    """The call that several are whose whole numbers grow by as much each time."""
    grown = calls[1:] or calls
    pairs = zip(calls[0].arguments, grown[0].arguments, strict=True)
    stepped = tuple(
        msgspec.structs.replace(a, value=Steps(a.value, b.value - a.value) if isinstance(a.value, int) else a.value)
        for a, b in pairs
    )
    return Call(calls[0].callee, stepped)


def _even(run: Sequence[Call]) -> bool:
    """True if the whole numbers of calls grow by as much each time."""
    if len({call.callee for call in run}) > 1:
        return False
    return all(_steady([one.value for one in column]) for column in zip(*(call.arguments for call in run), strict=True))


def _steady(values: Sequence[Any]) -> bool:
    if not all(isinstance(value, int) for value in values):
        return len(set(values)) == 1
    return len({b - a for a, b in pairwise(values)}) <= 1


def module_text(line: Line) -> str:
    """The module of a line as code."""
    given = iter(line.numbers)
    return text(line.code.module, lambda _name, _value: next(given))


def value_texts(line: Line) -> dict[str, str]:
    """The numbers of the expression of a line as code, by name."""
    skipped = 0 if line.code.module is None else len(list(numbers(line.code.module)))
    given = iter(line.numbers[skipped:])
    return {name: text(value, lambda _name, _value: next(given), name) for name, value in line.code.values.items()}
