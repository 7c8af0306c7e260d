"""The outline of a network for diagrams in any format: nodes, the boxes around them, and the arrows between them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import count, takewhile
from typing import TypeAlias

import msgspec

from archcalc.drawing.diagrams.growth import between, grown
from archcalc.drawing.diagrams.labels import TO, described, first_to_last, named
from archcalc.drawing.diagrams.repeats import follows, lines_of, written_out
from archcalc.layers.registry import Family
from archcalc.network.graph import inputs_text
from archcalc.profiling.folding import FoldedBlock as Call
from archcalc.profiling.folding import FoldedRow, Part, groups, unfolded
from archcalc.profiling.rows import Profile, Row
from archcalc.symbols.dims import Dim, Shape, format_times
from archcalc.symbols.notation import TEXT
from archcalc.symbols.sums import sum_of


class Box(msgspec.Struct, frozen=True):
    """A layer with the activations, normalisations and dropouts right after it; `rows` names all of them."""

    id: str
    # The part of its name that neither its kind nor the box around it says, often empty.
    title: str
    lines: tuple[str, ...]
    family: Family
    kind: str
    inputs: tuple[Shape, ...]
    output: Shape
    # Of the first of the repeats, and of the last.
    params: Dim
    last_params: Dim
    auxiliary: bool
    rows: tuple[str, ...]
    # True where no layer reads it and it is not the last, which its last line then says.
    unread: bool = False
    # True for the network's input; the sign by which it joins branches; true where values keep their order in it.
    given: bool = False
    sign: str = ""
    keeps_order: bool = False
    # The output of the last of its repeats, where they differ.
    until: Shape = ()

    @property
    def shape(self) -> str:
        """The output's shape as text, or those of the first and the last repeat."""
        return between(self.output, self.until or self.output)


class Frame(msgspec.Struct, frozen=True):
    """A box: a call of a block, or of a single layer if `block` is empty, repeated `times` times in a row."""

    id: str
    block: str
    # The common part of its layers' names, or the first and the last of them; of repeats, those of the first and the last.
    name: str
    times: Dim
    parts: tuple[Item, ...]

    @property
    def nodes(self) -> tuple[Box, ...]:
        """All nodes in the box, at any depth."""
        return tuple(_nodes(self.parts))

    @property
    def head(self) -> str:
        """The layers that it stands for, or the block where they have no names."""
        return self.name or self.block

    @property
    def title(self) -> str:
        """The text on the box, such as "conv4_2 … conv4_6 × 5"."""
        return " ".join(filter(None, (self.head, format_times(self.times))))

    @property
    def kind(self) -> str:
        """The block, where the title does not say it."""
        return "" if self.head.startswith(self.block) else self.block


UNREAD = "read by no layer"
Item: TypeAlias = Box | Frame


class Edge(msgspec.Struct, frozen=True):
    """An arrow from one node to another, by their ids, labelled with the shape of the tensor."""

    start: str
    end: str
    label: str


class Outline(msgspec.Struct, frozen=True):
    """The contents of a diagram; × n stands for the arrows back that repeats would need."""

    title: str
    summary: str
    parts: tuple[Item, ...]
    edges: tuple[Edge, ...]

    @property
    def nodes(self) -> tuple[Box, ...]:
        """All nodes in order of execution."""
        return tuple(_nodes(self.parts))


def outline(profile: Profile, *, fold: bool = True) -> Outline:
    """The outline of a network, with repeated blocks drawn once if `fold`.

    >>> from archcalc.profiling.engine import profile
    >>> from archcalc.language import load
    >>> drawn = outline(profile(load("alexnet")))
    >>> drawn.nodes[1].lines, drawn.edges[1].label
    (('conv2d 11×11, 96, stride 4', 'relu', 'localresponsenorm'), '96×55×55')
    """
    tree = written_out(grown(groups(profile.rows))) if fold else _calls(profile.rows, 0)
    merging = _Merging(profile)
    merging.take(tree, ())
    parts = tuple(_titled([*_boxed(tree, merging, count(1))], ""))
    ids = {name: node.id for node in _nodes(parts) for name in node.rows}
    repeats = {row.name: len(line.rows) for chain in merging.chains for line in chain for row in line.rows}
    # What comes from before the repeats is read by the first.
    edges = tuple(
        Edge(ids[source], ids[line.row.name], between(first, last if repeats[source] == len(line.rows) else first))
        for line in (chain[0] for chain in merging.chains)
        for source, first, last in zip(line.row.sources, line.row.inputs, line.rows[-1].inputs, strict=True)
    )
    graph = profile.graph
    params = TEXT.dim(profile.totals.params)
    summary = f"input {inputs_text(graph, TEXT.shape)}, {len(profile.rows)} layers, {params} params"
    return Outline(graph.title or graph.name, summary, parts, edges)


def _nodes(parts: Sequence[Item]) -> Iterator[Box]:
    for part in parts:
        if isinstance(part, Box):
            yield part
        else:
            yield from _nodes(part.parts)


def _calls(rows: Sequence[Row], depth: int) -> tuple[Part, ...]:
    """The tree of blocks with every repeat in it."""
    parts: list[Part] = []
    start = 0
    while start < len(rows):
        blocks = rows[start].blocks
        if len(blocks) <= depth:
            parts.extend(unfolded(rows[start : start + 1]))
            start += 1
            continue
        inside = [*takewhile(lambda row: row.blocks[depth : depth + 1] == (blocks[depth],), rows[start:])]  # noqa: B023 - used at once
        parts.append(Call(blocks[depth], 1, _calls(inside, depth + 1)))
        start += len(inside)
    return tuple(parts)


class _Merging:
    """The chains of lines that make up one node each, by the name of their first row."""

    def __init__(self, profile: Profile) -> None:
        self.uses = Counter(source for row in profile.rows for source in row.sources)
        self.unread = {node.name for node in profile.graph.unread}
        self.chains: list[list[FoldedRow]] = []
        self.by_last: dict[str, tuple[list[FoldedRow], tuple[int, ...]]] = {}
        self.first: dict[str, list[FoldedRow]] = {}

    def take(self, parts: Sequence[Part], path: tuple[int, ...]) -> None:
        """Take lines in order, each into the chain it follows; `path` has the enclosing boxes, negative if repeated."""
        for place, part in enumerate(parts):
            if isinstance(part, FoldedRow):
                self._take(part, path)
                continue
            lines = [*lines_of(part)]
            slight = part.times == 1 and (len(lines) == 1 or all(follows(line.row) for line in lines))
            # No box is drawn around a lone layer, so chains may cross its border.
            here = (place + 1) if part.times == 1 else -(place + 1)
            self.take(part.parts, path if slight else (*path, here))

    def _take(self, line: FoldedRow, path: tuple[int, ...]) -> None:
        row = line.row
        before, where = self.by_last.get(row.sources[0], (None, ())) if follows(row) else (None, ())
        left = where[len(path) :]
        if (
            before is not None
            and where[: len(path)] == path
            and all(box > 0 for box in left)
            and self._joins(before, line)
        ):
            before.append(line)
            self.by_last[row.name] = before, where
        else:
            chain = [line]
            self.chains.append(chain)
            self.first[row.name] = chain
            self.by_last[row.name] = chain, path

    def _joins(self, chain: list[FoldedRow], line: FoldedRow) -> bool:
        """True if each row of the line is the only reader of the matching row at the chain's end."""
        last = chain[-1]
        return (
            len(last.rows) == len(line.rows)
            and last.row.auxiliary == line.row.auxiliary
            and bool(last.row.inputs)
            and all(
                after.sources == (before.name,) and self.uses[before.name] == 1
                for before, after in zip(last.rows, line.rows, strict=True)
            )
        )


def _boxed(parts: Sequence[Part], merging: _Merging, numbers: Iterator[int]) -> Iterator[Item]:
    """The boxes and nodes of the parts, without boxes that would hold one thing once."""
    for part in parts:
        number = next(numbers)
        if isinstance(part, FoldedRow):
            chain = merging.first.get(part.row.name)
            if chain:
                yield _node(chain, number, unread=not merging.unread.isdisjoint(row.name for row in chain[-1].rows))
            continue
        inner = tuple(_boxed(part.parts, merging, numbers))
        lone = inner[0] if len(inner) == 1 else None
        if lone is not None and part.times == 1 and not (isinstance(lone, Frame) and lone.times == 1):
            yield lone
        elif inner:
            if isinstance(lone, Frame) and lone.times == 1:
                inner = lone.parts
            lines = [line.rows for line in lines_of(part)][: 1 if isinstance(lone, Box) else None]
            name = first_to_last(lines)
            yield Frame(f"g{number}", part.block.rpartition(":")[0], name, part.times, inner)


def _node(chain: list[FoldedRow], number: int, *, unread: bool) -> Box:
    row = chain[0].row
    shared = [f"weights of {row.shared}"] if row.shared else []
    first, last = chain[-1].row.output, chain[-1].rows[-1].output
    return Box(
        id=f"n{number}",
        title=named(row),
        lines=(described(row), *shared, *(described(line.row) for line in chain[1:]), *([UNREAD] * unread)),
        family=row.layer.family,
        kind=row.kind,
        inputs=row.inputs,
        output=first,
        until=() if last == first else last,
        params=sum_of([line.row.params for line in chain]),
        last_params=sum_of([line.rows[-1].params for line in chain]),
        auxiliary=row.auxiliary,
        rows=tuple(each.name for line in chain for each in line.rows),
        unread=unread,
        given=row.layer.comes_from_outside,
        sign=row.layer.joins_by,
        keeps_order=row.layer.keeps_order,
    )


def _inside(name: str, around: str) -> str:
    """A name without the name of its enclosing box."""
    return name[len(around) + 1 :] if around and f"{name}/".startswith(f"{around}/") else name


def _titled(parts: Sequence[Item], around: str) -> Iterator[Item]:
    """The parts with titles that do not repeat those of the box around them or of the node before them."""
    before = ""
    for part in parts:
        if isinstance(part, Frame):
            first, *last = part.name.split(TO)
            inside = _inside(first, around)
            # If the enclosing box repeats, the last name stands in another call of it.
            both = [_inside(name, around) for name in last] if inside == first or part.times != 1 else []
            name = TO.join(dict.fromkeys([inside, *both]))
            # Some boxes are named by their first and last layers, which share no name.
            shared = first if all(_inside(node.rows[0], first) != node.rows[0] for node in part.nodes) else around
            yield msgspec.structs.replace(part, name=name, parts=tuple(_titled(part.parts, shared)))
            continue
        title = _inside(part.title, around)
        yield msgspec.structs.replace(part, title="" if title == before else title)
        before = title
