"""Receptive fields: which inputs the outputs of every layer see, along each axis, over every path.

The field of a layer is the hull of the windows of all paths to it (Araujo et al. 2019). Windows are composed and joined node by
node, so time is linear in the number of layers however many paths there are. A field is that of a place with all its channels;
channels that see differently, as those of a concat do, are told apart until a layer sums them.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from fractions import Fraction
from itertools import accumulate, groupby
from typing import Any, NamedTuple, TypeAlias

import msgspec

from archcalc.dims import Shape
from archcalc.graph import Graph, Node
from archcalc.layers.base import Views
from archcalc.reach import Reach, apart, joined, through
from archcalc.window import HERE, Window, fraction

# More runs of channels that see differently, or more channels to sort into runs, are taken together.
_MOST_PARTS = 256
_MOST_CHANNELS = 4096

# For each axis with places what is seen of it, None where nothing is.
Reaches: TypeAlias = tuple[Reach | None, ...]


class Part(NamedTuple):
    """Channels that follow each other and see alike, though others of their layer see differently."""

    channels: int
    reaches: Reaches


class Field(msgspec.Struct, frozen=True):
    """The receptive field of one layer: an entry for each axis of the input that has places, in `axes` by name."""

    name: str
    layer: str
    output: Shape
    axes: tuple[str, ...]
    # The sizes of those axes.
    whole: Shape
    reaches: Reaches
    # Runs of channels, where not all see alike.
    parts: tuple[Part, ...] = ()

    @property
    def size(self) -> tuple[Any, ...]:
        """How many inputs lie between the first and the last that an output sees; 0 where it sees none."""
        return tuple(0 if reach is None else reach.window.size for reach in self.reaches)

    @property
    def jump(self) -> tuple[Any, ...]:
        """By how many inputs the field moves from one output to the next (cumulative stride); 0 where it stays."""
        return tuple(0 if reach is None or not reach.axes else reach.window.jump for reach in self.reaches)

    @property
    def start(self) -> tuple[Any, ...]:
        """The centre of the first output's field, the first input being at 0."""
        return tuple(None if reach is None else reach.window.centre for reach in self.reaches)

    @property
    def padding(self) -> tuple[Any, ...]:
        """How many places the first output's field reaches beyond the input (effective padding)."""
        return tuple(None if reach is None else reach.window.padding for reach in self.reaches)

    @property
    def shortest(self) -> tuple[Any, ...]:
        """The smallest field of any single path from the input."""
        return tuple(0 if reach is None else reach.shortest.size for reach in self.reaches)

    @property
    def longest(self) -> tuple[Any, ...]:
        """The largest field of any single path from the input."""
        return tuple(0 if reach is None else reach.longest.size for reach in self.reaches)

    @property
    def coverage(self) -> tuple[Any, ...]:
        """The field's size as a share of the input's."""
        return tuple(fraction(n, whole) for n, whole in zip(self.size, self.whole, strict=True))

    @property
    def covers(self) -> bool:
        """Whether the field is as large as the input along every axis; False where letters leave it open."""
        return all(isinstance(share, (int, Fraction)) and share >= 1 for share in self.coverage)

    @property
    def exact(self) -> bool:
        """Whether all of the field is seen, and not only known to hold what is."""
        return all(reach is None or reach.exact for reach in self.reaches)

    @property
    def apart(self) -> dict[str, str]:
        """For each axis along which branches that are joined here do not line up: what they do not agree on."""
        return {name: reach.apart for name, reach in zip(self.axes, self.reaches, strict=True) if reach and reach.apart}


def receptive_fields(graph: Graph) -> dict[str, Field]:
    """The receptive field of every node of a graph, by its name.

    >>> from archcalc.spec import load
    >>> fields = receptive_fields(load("vgg16"))
    >>> fields["pool5"].size, fields["pool5"].jump, fields["pool5"].start, fields["pool5"].padding
    ((212, 212), (32, 32), (Fraction(31, 2), Fraction(31, 2)), (90, 90))
    """
    names = axes_of(graph)
    whole = tuple(graph.input[axis] for axis in names)
    known: dict[Any, tuple[Views, ...]] = {}
    fields: list[Field] = []
    own: Reaches = tuple(Reach(HERE, (axis,), n, HERE, HERE) for axis, n in zip(names, whole, strict=True))
    parts: tuple[Part, ...] = ()
    for position, node in enumerate(graph.nodes):
        shapes = tuple([graph.nodes[i].shape for i in node.inputs])
        # Repeated blocks bring the same layer on the same shapes again and again.
        views = known.get((node.layer, shapes))
        if views is None:
            views = known[node.layer, shapes] = node.layer.sees(*shapes)
        reaches, parts = own, ()
        if position:
            reaches, parts = _Step(node, shapes, views, [fields[i] for i in node.inputs], len(names)).seen()
        fields.append(Field(node.name, node.layer.kind, node.shape, tuple(names.values()), whole, reaches, parts))
    return {field.name: field for field in fields}


def axes_of(graph: Graph) -> dict[int, str]:
    """The axes of the input that have places, with their names: all but the channels, or the features of tokens."""
    names = graph.input_axes
    return {axis: name for axis, name in enumerate(names) if len(names) == 1 or name not in {"channels", "features"}}


def path(graph: Graph, fields: dict[str, Field], name: str, axis: int) -> list[tuple[str, Any]]:
    """The layers along the path that gives a layer the largest field of any single path, each with its field on that path."""
    found: list[tuple[str, Any]] = []
    reach = fields[name].reaches[axis]
    while reach is not None:
        found.append((name, reach.longest.size))
        if reach.via < 0:
            break
        name = graph.nodes[reach.via].name
        before = fields[name]
        reach = (before.parts[reach.part].reaches if reach.part >= 0 else before.reaches)[axis]
    return found[::-1]


class _Source(NamedTuple):
    """What one output channel sees of one input: through one of its views, one of its parts, or with -1 all of them."""

    which: int
    view: int
    part: int


class _Step:
    """One more layer: what it sees through each of its inputs."""

    def __init__(
        self, node: Node, shapes: tuple[Shape, ...], views: tuple[Views, ...], inputs: list[Field], axes: int
    ) -> None:
        self.node, self.shapes, self.views, self.inputs, self.axes = node, shapes, views, inputs, axes

    def seen(self) -> tuple[Reaches, tuple[Part, ...]]:
        """What all channels together see, and, where they do not see alike, what each run of them sees."""
        every = tuple(_Source(i, v, -1) for i, views in enumerate(self.views) for v in range(len(views)))
        whole = self.reaches(every)
        runs = self.runs()
        if runs is None:
            return whole, ()
        parts: list[Part] = []
        # Shuffled channels make many runs of a few kinds.
        known: dict[Any, Reaches] = {}
        for channels, sources in runs:
            alike = {self.identity(source): source for source in sources}
            reaches = known.get(key := tuple(alike)) or known.setdefault(key, self.reaches(tuple(alike.values())))
            if parts and _alike(parts[-1].reaches, reaches):
                parts[-1] = Part(parts[-1].channels + channels, parts[-1].reaches)
            else:
                parts.append(Part(channels, reaches))
        together = tuple(
            self.together([reaches[axis] for reaches in known.values()], whole[axis]) for axis in range(self.axes)
        )
        return together, tuple(parts) if 1 < len(parts) <= _MOST_PARTS else ()

    def identity(self, source: _Source) -> tuple[int, int, int]:
        """The same for sources through which the same is seen."""
        parts = self.inputs[source.which].parts
        return source.which, source.view, id(parts[source.part].reaches) if source.part >= 0 else -1

    def reaches(self, sources: tuple[_Source, ...]) -> Reaches:
        """What is seen through some of the views of some of the inputs, along each axis."""
        return tuple(self.merged(axis, sources) for axis in range(self.axes))

    def merged(self, axis: int, sources: tuple[_Source, ...]) -> Reach | None:
        """What is seen along one axis, and what branches that are joined do not agree on."""
        branches = []
        for which, group in groupby(sources, key=lambda source: source.which):
            seen = [reach for source in group if (reach := self.through(axis, source)) is not None]
            if seen:
                branches.append((which, joined(seen, self.node.shape)))
        if not branches:
            return None
        reaches = [reach for _, reach in branches]
        return msgspec.structs.replace(joined(reaches, self.node.shape), apart=apart(reaches))

    def through(self, axis: int, source: _Source) -> Reach | None:
        """What is seen along one axis through one view of one part of an input."""
        field = self.inputs[source.which]
        reach = (field.parts[source.part].reaches if source.part >= 0 else field.reaches)[axis]
        if reach is None:
            return None
        here = msgspec.structs.replace(reach, via=self.node.inputs[source.which], part=source.part, apart="")
        return through(here, self.views[source.which][source.view], self.shapes[source.which], self.node.shape)

    def together(self, reaches: list[Reach | None], whole: Reach | None) -> Reach | None:
        """What all runs of channels see along one axis."""
        some = [reach for reach in reaches if reach is not None]
        return msgspec.structs.replace(joined(some, self.node.shape), apart=whole.apart) if some and whole else None

    def runs(self) -> list[tuple[int, tuple[_Source, ...]]] | None:
        """Channels that see the same parts of the inputs, run by run; None where all see all there is."""
        windows = [[self.channels(i, v) for v in range(len(views))] for i, views in enumerate(self.views)]
        flat = [window for each in windows for window in each]
        # Only what is joined can be told apart, or what was told apart before.
        apart_before = any(field.parts for field in self.inputs)
        if not apart_before and (len(self.inputs) < 2 or all(w is None or w == HERE or not w.moves for w in flat)):
            return None
        if len(flat) == 1 and flat[0] == HERE:
            return [(part.channels, (_Source(0, 0, p),)) for p, part in enumerate(self.inputs[0].parts)]
        channels = self.node.shape[0]
        counted = all(isinstance(n, int) for n in (channels, *(shape[0] for shape in self.shapes)))
        if not counted or channels > _MOST_CHANNELS or all(w is None or not w.moves for w in flat):
            return None
        bounds = [[0, *accumulate(part.channels for part in field.parts)] for field in self.inputs]
        starts = self.starts(windows, bounds, channels)
        return [
            (stop - start, tuple(self.sources(windows, bounds, start)))
            for start, stop in zip(starts, [*starts[1:], channels], strict=True)
        ]

    def starts(self, windows: list[list[Window | None]], bounds: list[list[int]], channels: int) -> list[int]:
        """Output channels at which it may change which parts are seen."""
        found = {0}
        for which, each in enumerate(windows):
            for window in each:
                if window is None or not window.moves:
                    continue
                if len(window.phases) > 1 or window.advance != 1:
                    return list(range(channels))
                ends = [*bounds[which], self.shapes[which][0]]
                found |= {bound - end for bound in ends for lo, hi in window.phases for end in (lo, hi, hi + 1)}
        return sorted(start for start in found if 0 <= start < channels)

    def channels(self, which: int, view: int) -> Window | None:
        """The window along the channels, the first axis of input and output; None where that is no axis of channels."""
        seen = self.views[which][view]
        places = {axis for reach in self.inputs[which].reaches if reach is not None for axis in reach.axes}
        return seen[0].window if seen and 0 not in places and seen[0].axis == 0 else None

    def sources(self, windows: list[list[Window | None]], bounds: list[list[int]], channel: int) -> Iterator[_Source]:
        """What one output channel sees."""
        for which, each in enumerate(windows):
            for view, window in enumerate(each):
                if window is None:
                    yield _Source(which, view, -1)
                    continue
                seen = window.seen(channel, self.shapes[which][0])
                if not seen:
                    continue
                if not self.inputs[which].parts:
                    yield _Source(which, view, -1)
                    continue
                first, last = (bisect_right(bounds[which], n) - 1 for n in (seen[0], seen[-1]))
                yield from (_Source(which, view, part) for part in range(first, last + 1))


def _alike(one: Reaches, other: Reaches) -> bool:
    """Whether two runs of channels see the same."""
    return [a and (a.window, a.axes, a.shortest, a.longest, a.scattered) for a in one] == [
        b and (b.window, b.axes, b.shortest, b.longest, b.scattered) for b in other
    ]
