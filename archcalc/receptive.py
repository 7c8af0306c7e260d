"""Receptive fields: which inputs the outputs of every layer see, along each axis, over every path.

The field of a layer is the hull of the windows of all paths to it (Araujo et al. 2019). Windows are composed and joined node by
node, so time is linear in the number of layers however many paths there are. A field is that of a place with all its channels.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import msgspec

from archcalc.dims import Dim, Shape, same, size
from archcalc.graph import Graph
from archcalc.layers.base import AXES, View
from archcalc.window import HERE, Window, everything, fraction, longer, number_text


class Reach(msgspec.Struct, frozen=True):
    """What a node sees of one axis of the input, through one window.

    The window moves with the axis `axis` of the output, or with none where every place sees the same. `scattered` says that the
    places of the axis, `count` of them, lie along the axis in another order or among others, as after a flatten. `shortest` and
    `longest` are the windows of single paths, the longest coming from the node at `via`. `exact` is false where the window is
    only known to hold all that is seen.
    """

    window: Window
    axes: tuple[int, ...]
    count: Dim
    shortest: Window
    longest: Window
    via: int = -1
    scattered: bool = False
    exact: bool = True
    # What joined branches do not agree on, in words.
    apart: str = ""

    def each(self, change: Callable[[Window], Window], **fields: Any) -> Reach:
        """The same with all its windows changed alike."""
        window = change(self.window)
        shortest = window if self.shortest is self.window else change(self.shortest)
        longest = window if self.longest is self.window else change(self.longest)
        return msgspec.structs.replace(self, window=window, shortest=shortest, longest=longest, **fields)


class Field(msgspec.Struct, frozen=True):
    """The receptive field of one layer: an entry for each axis of the input that has places, in `axes` by name."""

    name: str
    layer: str
    output: Shape
    axes: tuple[str, ...]
    # The sizes of those axes.
    whole: Shape
    # None where the layer depends on no input.
    reaches: tuple[Reach | None, ...]

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
    nodes = graph.nodes
    known: dict[Any, tuple[tuple[View, ...], ...]] = {}
    reaches: list[tuple[Reach | None, ...]] = []
    for position, node in enumerate(nodes):
        if position == 0:
            reaches.append(tuple(Reach(HERE, (axis,), node.shape[axis], HERE, HERE) for axis in names))
            continue
        shapes = tuple([nodes[i].shape for i in node.inputs])
        # Repeated blocks bring the same layer on the same shapes again and again.
        views = known.get((node.layer, shapes))
        if views is None:
            views = known[node.layer, shapes] = node.layer.sees(*shapes)
        own = []
        for axis in range(len(names)):
            branches = []
            for source, seen, x in zip(node.inputs, views, shapes, strict=True):
                reach = reaches[source][axis]
                if reach is not None:
                    through = [_through(reach, view, x, node.shape, source) for view in seen]
                    branches.append(_joined(through, node.shape))
            own.append(_merged(branches, node.shape))
        reaches.append(tuple(own))
    whole = tuple(graph.input[axis] for axis in names)
    return {
        node.name: Field(node.name, node.layer.kind, node.shape, tuple(names.values()), whole, reach)
        for node, reach in zip(nodes, reaches, strict=True)
    }


def axes_of(graph: Graph) -> dict[int, str]:
    """The axes of the input that have places, with their names: all but the channels, or the features of tokens."""
    shape = graph.input
    if len(shape) > 2:
        return dict(enumerate(AXES[len(shape) - 1], start=1))
    if len(shape) == 1:
        words = any(node.layer.kind == "embedding" for node in graph.nodes)
        return {0: "tokens" if words else "features"}
    # Only a layer that slides takes two axes for channels and a length; some may come before it that leave all as it is.
    alike = {0}
    for position, node in enumerate(graph.nodes):
        if alike.intersection(node.inputs):
            if getattr(node.layer, "rank", 0) == 1:
                return {1: "length"}
            if node.layer.stores == "in place":
                alike.add(position)
    return {0: "tokens"}


def path(graph: Graph, fields: dict[str, Field], name: str, axis: int) -> list[Field]:
    """The layers along the path that gives a layer the largest field of any single path, from the input on."""
    found = [fields[name]]
    while (reach := found[-1].reaches[axis]) is not None and reach.via >= 0:
        found.append(fields[graph.nodes[reach.via].name])
    return found[::-1]


def _through(reach: Reach, view: View, x: Shape, y: Shape, source: int) -> Reach:
    """What is seen through one more layer, of input x and output y."""
    if not reach.axes:
        return msgspec.structs.replace(reach, via=source, apart="")
    if not view:
        axes = reordered(reach.axes, x, y)
        alone = len(axes) == len(reach.axes) == 1 and same(x[reach.axes[0]], y[axes[0]]) is True
        scattered = reach.scattered or not alone
        return msgspec.structs.replace(reach, axes=axes, scattered=scattered, via=source, apart="")
    if reach.scattered:
        # Windows of one place pick among the places, and do not widen what any of them sees.
        ats = [view[axis] for axis in reach.axes]
        if all(at.window.size == 1 for at in ats):
            axes = tuple(dict.fromkeys(at.axis for at in ats if at.window.moves))
            return msgspec.structs.replace(reach, axes=axes, via=source, apart="")
        exact = reach.exact and all(not at.window.moves for at in ats)
        return _everywhere(msgspec.structs.replace(reach, exact=exact, via=source, apart=""))
    at = view[reach.axes[0]]
    outputs = y[at.axis]
    if at.window == HERE:
        return msgspec.structs.replace(reach, axes=(at.axis,), count=outputs, via=source, apart="")
    changed = reach.each(
        lambda window: at.window.after(window, outputs), axes=(at.axis,), count=outputs, via=source, apart=""
    )
    return changed if _moves(changed) else msgspec.structs.replace(changed, axes=())


def _moves(reach: Reach) -> bool:
    return reach.window.moves or reach.shortest.moves or reach.longest.moves


def _everywhere(reach: Reach) -> Reach:
    """What all the places together see."""
    if not reach.axes:
        return reach
    return reach.each(lambda window: everything(reach.count).after(window, 1), axes=(), scattered=False)


def reordered(axes: tuple[int, ...], x: Shape, y: Shape) -> tuple[int, ...]:
    """The axes of a shape y along which the places of some axes of x lie when the same values are put under it in order.

    >>> reordered((1,), (8, 14, 14), (8, 196)), reordered((1,), (8, 4), (2, 4, 4))
    ((1,), (2,))
    """
    found: list[int] = []
    i = j = 0
    while i < len(x) or j < len(y):
        # The fewest axes of either shape that hold as many values as each other.
        left, right = [i], [j]
        i, j = i + 1, j + 1
        while True:
            a, b = size(x[left[0] : i]), size(y[right[0] : j])
            if same(a, b) is True or (i >= len(x) and j >= len(y)):
                break
            if j >= len(y) or (i < len(x) and isinstance(a, int) and isinstance(b, int) and a < b):
                i += 1
            elif i >= len(x) or (isinstance(a, int) and isinstance(b, int)):
                j += 1
            else:
                i, j = len(x), len(y)
        if any(axis in range(left[0], i) for axis in axes):
            found += [axis for axis in range(right[0], j) if axis < len(y) and y[axis] != 1]
    return tuple(found)


def _joined(reaches: list[Reach], y: Shape) -> Reach:
    """What is seen through any of several views or branches, without a word on how they lie to each other."""
    first, *others = reaches
    for other in others:
        a, b = first, other
        if a.axes and b.axes and (a.axes, a.scattered) != (b.axes, b.scattered):
            a, b = (msgspec.structs.replace(_everywhere(reach), exact=False) for reach in (a, b))
        axes = a.axes or b.axes
        scattered = a.scattered or b.scattered
        count = a.count if a.axes else b.count
        outputs = y[axes[0]] if axes and not scattered else count
        longest, via = (b.longest, b.via) if longer(a.longest, b.longest) is False else (a.longest, a.via)
        first = Reach(
            a.window.joined(b.window, outputs),
            axes,
            count,
            b.shortest if longer(b.shortest, a.shortest) is False else a.shortest,
            longest,
            via,
            scattered,
            a.exact and b.exact,
        )
    return first


def _merged(branches: list[Reach], y: Shape) -> Reach | None:
    """The field of a layer that joins branches, and what those that move do not agree on."""
    if not branches:
        return None
    merged = _joined(branches, y)
    # A window with a jump of 0 moves by no rule, or not at all.
    moving = [reach.window for reach in branches if reach.axes and reach.window.jump != 0]
    said = ""
    if len(moving) > 1 and not merged.scattered:
        jumps, centres = (
            list(dict.fromkeys(values)) for values in zip(*((w.jump, w.middle) for w in moving), strict=True)
        )
        if len(jumps) > 1:
            said = f"jumps {_listed(jumps)}"
        elif len(centres) > 1:
            said = f"centres {_listed(centres)}"
    return msgspec.structs.replace(merged, apart=said) if said else merged


def _listed(values: list[Any]) -> str:
    return " and ".join(map(number_text, values))
