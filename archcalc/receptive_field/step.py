"""The propagation of fields through one more layer, with channels that see differently kept apart."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from itertools import accumulate, groupby
from operator import itemgetter
from typing import Any, NamedTuple, cast

import msgspec

from archcalc.layers.intervals import some
from archcalc.layers.views import View, Views
from archcalc.layers.window import IDENTITY, Window
from archcalc.network.graph import Node
from archcalc.receptive_field.digits import kept
from archcalc.receptive_field.field import ChannelRun, Field, Reaches
from archcalc.receptive_field.padding import finds, has_holes, has_padding, is_counted
from archcalc.receptive_field.reach import AxisField, joined, lacking, misalignment, propagate
from archcalc.symbols.dims import Dim, Shape, equal, quotient, size
from archcalc.symbols.shape import axes_of, values_axis

# More runs of channels, or more channels to sort into runs, are merged.
_MAX_PARTS = 2048
_MAX_CHANNELS = 4096


class _Source(NamedTuple):
    """One source of an output channel: an input, one of its views, and one of its parts, or -1 for all of them."""

    which: int
    view: int
    part: int


class Propagation:
    """The propagation of fields through one more layer, from each of its inputs."""

    def __init__(
        self, node: Node, shapes: tuple[Shape, ...], views: tuple[Views, ...], inputs: list[Field], whole: Shape
    ) -> None:
        self.node, self.shapes, self.views, self.inputs, self.whole = node, shapes, views, inputs, whole
        # True where channels that see differently are kept apart.
        self.told = False
        # The axes of the channels, or features, of the output and of each input; the first where no name tells.
        self.along, *self.froms = (values_axis(axes_of(x)) or 0 for x in (node.shape, *shapes))
        self.axes = {axis for which in range(len(inputs)) for axis in self.places(which)}

    def seen(self) -> tuple[Reaches, tuple[ChannelRun, ...]]:
        """The field of all channels together, and, if they differ, that of each run of channels."""
        every = tuple(_Source(i, v, -1) for i, views in enumerate(self.views) for v in range(len(views)))
        whole = self.reaches(every)
        runs = self.runs()
        self.told = runs is not None
        if runs is None:
            return whole, ()
        parts: list[ChannelRun] = []
        # Shuffled channels make many runs of a few kinds.
        known: dict[Any, Reaches] = {}
        for channels, sources in runs:
            alike = {self.identity(source): source for source in sources}
            reaches = known.get(key := tuple(alike)) or known.setdefault(key, self.reaches(tuple(alike.values())))
            if parts and _alike(parts[-1].reaches, reaches):
                parts[-1] = ChannelRun(parts[-1].channels + channels, parts[-1].reaches)
            else:
                parts.append(ChannelRun(channels, reaches))
        together = tuple(
            self.together([reaches[axis] for reaches in known.values()], whole[axis], n)
            for axis, n in enumerate(self.whole)
        )
        self.told = len(parts) <= _MAX_PARTS
        return together, tuple(parts) if 1 < len(parts) <= _MAX_PARTS else ()

    def identity(self, source: _Source) -> tuple[int, int, int]:
        """A key that is equal for sources with equal fields."""
        parts = self.inputs[source.which].parts
        return source.which, source.view, id(parts[source.part].reaches) if source.part >= 0 else -1

    def reaches(self, sources: tuple[_Source, ...]) -> Reaches:
        """The fields along each axis through some of the views of some of the inputs."""
        axes = range(len(self.whole))
        seen = [(source.which, [self.through(axis, source) for axis in axes]) for source in sources]
        # A position that is missing along one axis is missing altogether.
        there = [(which, reaches) for which, reaches in seen if all(reach is not None for reach in reaches)]
        return tuple(self.merged(axis, there) for axis in axes)

    def merged(self, axis: int, seen: list[tuple[int, list[AxisField | None]]]) -> AxisField | None:
        """The field along one axis through several inputs, with the misalignment of joined branches."""
        branches = []
        for _, group in groupby(seen, key=itemgetter(0)):
            found = [reach for _, reaches in group if (reach := reaches[axis]) is not None]
            branches.append(joined(found, self.whole[axis]))
        if not branches:
            return None
        together = joined(branches, self.whole[axis])
        return msgspec.structs.replace(together, misalignment=misalignment(branches)) if len(branches) > 1 else together

    def through(self, axis: int, source: _Source) -> AxisField | None:
        """The field along one axis through one view of one part of an input."""
        field = self.inputs[source.which]
        reach = (field.parts[source.part].reaches if source.part >= 0 else field.reaches)[axis]
        if reach is None:
            return None
        view, via = self.views[source.which][source.view], (self.node.inputs[source.which], source.part)
        if self.padded(source.which, view) is None:
            return None
        if self.axes.isdisjoint(at.axis for at in view if at.ends):
            # Joined along channels, which are kept apart as parts.
            view = tuple(at._replace(ends=False) for at in view)
        found = propagate(reach, view, self.node.shape, self.whole[axis], via)
        if found is None or all(strand.digits for strand in found.strands):
            return found
        # A value that one view leaves out may be seen by another.
        alone = len(self.views[source.which]) == 1
        gaps = alone and any(has_holes(at.window) for at in view)
        sizes = zip(view, self.shapes[source.which], strict=False)
        padded = alone and any(has_padding(at.window, n, self.node.shape[at.axis]) for at, n in sizes if not at.ends)
        return lacking(found, gaps=gaps) if gaps or padded else found

    def together(self, reaches: list[AxisField | None], whole: AxisField | None, n: Dim) -> AxisField | None:
        """The field of all runs of channels along one axis."""
        found = [reach for reach in reaches if reach is not None]
        if not found or whole is None:
            return None
        return msgspec.structs.replace(joined(found, n), misalignment=whole.misalignment)

    def mixed(self) -> bool:
        """True if values at one position see differently without being kept apart."""
        if self.told and not any(field.mixed for field in self.inputs):
            return False
        views = [(i, view) for i, views in enumerate(self.views) for view in views]
        if any(self.padded(i, view) for i, view in views):
            return True
        if any(field.parts or field.mixed for field in self.inputs):
            return not all(self.whole_of(i, view) for i, view in views)
        windows = [[(at.axis, at.window) for at in view if at.axis not in self.axes] for _, view in views]
        return any(one not in windows[0] for other in windows[1:] for one in other) or any(
            one not in other for other in windows[1:] for one in windows[0]
        )

    def picked(self) -> bool:
        """True if this layer, or one before it, sees some of the values that are mixed and not others."""
        return any(
            field.picked
            or any(
                self.torn(i, view) or self.unsure(i, view) or (field.mixed and self.picks(i, view)) for view in views
            )
            for i, (field, views) in enumerate(zip(self.inputs, self.views, strict=True))
        )

    def padded(self, which: int, view: View) -> bool | None:
        """True if a window over values of one position finds only padding for some outputs; None if it does for all."""
        some_lack = False
        for window, n, outputs in self.over_values(which, view):
            if not is_counted(window, n, outputs):
                some_lack |= not finds(window, n, outputs)[1]
                continue
            found = [bool(window.seen(i, n)) for i in range(outputs)]
            if not any(found):
                return None
            some_lack |= not all(found)
        return some_lack

    def unsure(self, which: int, view: View) -> bool:
        """True if letters leave open that a window over values of one position finds any value for any output."""
        over = self.over_values(which, view)
        return any(not is_counted(*one) and not finds(*one)[0] for one in over)

    def over_values(self, which: int, view: View) -> Iterator[tuple[Window, Any, Any]]:
        """The windows that slide over values of one position, with the numbers of values and of outputs."""
        for axis, at in enumerate(view):
            n, outputs = self.shapes[which][axis], self.node.shape[at.axis]
            if axis in self.axes or at.ends or not at.window.moves:
                continue
            if at.window != IDENTITY or equal(n, outputs) is not True:
                yield at.window, n, outputs

    def torn(self, which: int, view: View) -> bool:
        """True if a window slides over a flattened pair of axes, of which one has positions that see nothing."""
        reaches = [reach for reach in self.inputs[which].reaches if reach]
        for axis, at in enumerate(view):
            lying = [s for reach in reaches for s in reach.strands if s.on(axis)]
            if at.window == IDENTITY or not at.window.moves or all(digit.plain for s in lying for digit in s.on(axis)):
                continue
            if any(not some(lo, hi) for s in lying for lo, hi in s.window.phases):
                return True
        return False

    def whole_of(self, which: int, view: View) -> bool:
        """True if every output sees all the values of each position it sees."""
        places, x = self.places(which), self.shapes[which]
        return bool(view) and all(
            (axis in places and self.alone(which, axis))
            or n == 1
            or (equal(at.window.size, n) is True and not at.window.moves)
            for axis, (at, n) in enumerate(zip(view, x, strict=True))
        )

    def alone(self, which: int, axis: int) -> bool:
        """True if an axis has only positions: as many indices as its digits have values."""
        strands = [s for reach in self.inputs[which].reaches if reach for s in reach.strands if s.on(axis)]
        for limit in {s.limit(axis) for s in strands}:
            n = self.shapes[which][axis] if limit is None else limit.stop - limit.start
            digits = {(d.inner, d.modulo) for s in strands if s.limit(axis) == limit for d in s.on(axis)}
            counts = [quotient(n, inner) if modulo is None else modulo for inner, modulo in digits]
            if equal(size(tuple(counts)), n) is not True:
                return False
        return True

    def picks(self, which: int, view: View) -> bool:
        """True if some outputs see only some values of a position, for which fields were merged."""
        places, x = self.places(which, plain=True), self.shapes[which]
        return any(
            axis not in places
            and (at.window != IDENTITY or equal(n, self.node.shape[at.axis]) is not True)
            and not at.ends
            and (at.window.moves or equal(at.window.size, n) is not True)
            for axis, (at, n) in enumerate(zip(view, x, strict=False))
        )

    def places(self, which: int, *, plain: bool = False) -> set[int]:
        """The axes of an input that hold its positions, or with `plain` those that hold nothing else."""
        digits = [d for reach in self.inputs[which].reaches if reach for s in reach.strands for d in s.digits]
        return {digit.axis for digit in digits if digit.plain or not plain}

    def runs(self) -> list[tuple[int, tuple[_Source, ...]]] | None:
        """Runs of channels with the same sources, with their sources; None if all see everything."""
        windows = [[self.channels(i, v) for v in range(len(views))] for i, views in enumerate(self.views)]
        flat = [window for each in windows for window in each]
        # Only joined channels can be kept apart, or those that were kept apart before.
        apart_before = any(field.parts for field in self.inputs)
        if not apart_before and (len(self.inputs) < 2 or all(w is None or w == IDENTITY or not w.moves for w in flat)):
            return None
        channels = self.node.shape[self.along]
        before = [shape[axis] for shape, axis in zip(self.shapes, self.froms, strict=True)]
        if len(flat) == 1 and flat[0] == IDENTITY and equal(before[0], channels) is True:
            return [(part.channels, (_Source(0, 0, p),)) for p, part in enumerate(self.inputs[0].parts)]
        counted = all(isinstance(n, int) for n in (channels, *before))
        counted = counted and all(window is None or window.settled for window in flat)
        if not counted or channels > _MAX_CHANNELS or all(w is None or not w.moves for w in flat):
            return None
        bounds = [[0, *accumulate(part.channels for part in field.parts)] for field in self.inputs]
        starts = self.starts(windows, bounds, channels)
        return [
            (stop - start, tuple(self.sources(windows, bounds, start)))
            for start, stop in zip(starts, [*starts[1:], channels], strict=True)
        ]

    def starts(self, windows: list[list[Window | None]], bounds: list[list[int]], channels: int) -> list[int]:
        """The output channels at which the sources may change."""
        found = {0}
        for which, each in enumerate(windows):
            for window in each:
                if window is None or not window.moves:
                    continue
                if len(window.phases) > 1 or window.advance != 1:
                    return list(range(channels))
                ends = [*bounds[which], self.shapes[which][self.froms[which]]]
                found |= {
                    bound - cast("int", end) for bound in ends for lo, hi in window.phases for end in (lo, hi, hi + 1)
                }
        return sorted(start for start in found if 0 <= start < channels)

    def channels(self, which: int, view: int) -> Window | None:
        """The window along the channels of input and output; None if their axis holds no channels."""
        seen, axis = self.views[which][view], self.froms[which]
        if axis in self.axes:
            return None
        if not seen:
            # Merged or split places leave the channels where they are.
            return IDENTITY if kept(axis, self.shapes[which], self.node.shape) == self.along else None
        return seen[axis].window if seen[axis].axis == self.along else None

    def sources(self, windows: list[list[Window | None]], bounds: list[list[int]], channel: int) -> Iterator[_Source]:
        """The sources of one output channel."""
        for which, each in enumerate(windows):
            for view, window in enumerate(each):
                if window is None:
                    yield _Source(which, view, -1)
                    continue
                seen = window.seen(channel, self.shapes[which][self.froms[which]])
                if not seen:
                    continue
                if not self.inputs[which].parts:
                    yield _Source(which, view, -1)
                    continue
                first, last = (bisect_right(bounds[which], n) - 1 for n in (seen[0], seen[-1]))
                yield from (_Source(which, view, part) for part in range(first, last + 1))


def _alike(one: Reaches, other: Reaches) -> bool:
    """True if two runs of channels have the same fields."""
    return all(
        a is b or (a is not None and b is not None and (a.strands, a.short, a.long) == (b.strands, b.short, b.long))
        for a, b in zip(one, other, strict=True)
    )
