"""A row's field along one axis of the input, compared with the values seen by the outputs of its layer."""

from __future__ import annotations

import math
from typing import Any, NamedTuple, cast

import numpy as np

from archcalc.receptive_field.field import Field
from archcalc.receptive_field.reach import AxisField
from archcalc.receptive_field.spans import seen_at
from archcalc.symbols.shape import axes_of, values_axis

# Outputs of a layer that are checked one by one.
_MAX_PLACES = 2048


class Cut(NamedTuple):
    """The values that may see less than their windows along an axis: before the first position, and after the last."""

    low: Any
    high: Any
    # True where some window on the way grows with the position, so that several of them together may see everything.
    grows: bool


def consistent(field: Field) -> list[str]:
    """The contradictions within a row: paths larger than the field, and a start that is no output's centre."""
    wrong = []
    for which, reach in enumerate(field.reaches):
        name, least, most, size = field.axes[which], field.shortest[which], field.longest[which], field.size[which]
        if field.followed and not least <= most <= size:
            wrong.append(f"{field.name}: paths of {least} to {most} in a field of {size} along {name}")
        first, start, padding = field.first[which], field.start[which], field.padding[which]
        strands = (reach.local or reach.strands) if reach else ()
        axes = {axis for strand in strands for axis in strand.axes}
        if first is not None and start is not None and len(axes) < 2:
            lo, hi = seen_at(strands, tuple(first if axis in axes else 0 for axis in range(len(field.output))))
            if hi < lo or (2 * start, padding) != (lo + hi, -lo):
                said = f"start {start} and padding {padding}"
                wrong.append(f"{field.name}: {said} along {name}, where output {first} sees {lo} to {hi}")
    return wrong


class Look(NamedTuple):
    """A layer's field along one axis of the input, with the changes of its values for some positions there."""

    field: Field
    which: int
    places: list[int]
    moved: Any
    cut: Cut
    local: bool

    @property
    def reach(self) -> AxisField | None:
        """The field along the axis."""
        return self.field.reaches[self.which]

    @property
    def _channels(self) -> int:
        """The axis of the channels, which may see differently; the first where no name tells."""
        return values_axis(axes_of(self.field.output)) or 0

    def compared(self, random: np.random.Generator) -> tuple[list[str], int]:
        """The disagreements of field and values, and the number of window ends that were reached."""
        name = f"{self.field.name}: along {self.field.axes[self.which]}{' through local paths' if self.local else ''}"
        if self.reach is None or not self.places:
            return [
                f"{name} nothing is seen by the formula, {self.moved.sum()} values moved"
            ] if self.moved.any() else [], 0
        strands = self.reach.local if self.local else self.reach.strands
        # For a strand along an axis of one position, only its layer's windows tell if it moves.
        moving = all(any(self.field.output[digit.axis] > 1 for digit in strand.digits) for strand in strands)
        if self.local and (self.cut.grows or not moving):
            return [], 0
        axes = sorted(self.reach.axes)
        if not strands:
            return [] if self._alike() else [f"{name} outputs do not all see the same"], 0
        sizes = [self.field.output[axis] for axis in axes]
        count = math.prod(sizes)
        looked = range(count) if count <= _MAX_PLACES else random.integers(count, size=_MAX_PLACES)
        every = [tuple(int(i) for i in np.unravel_index(n, sizes)) if sizes else () for n in looked]
        n, wrong, widest = self.field.whole[self.which], [], 0
        exact = self.field.exact and not any(strand.window.loose for strand in strands)
        # The values that reached either end of the windows, and the values cut off there, by position.
        met: dict[Any, list[Any]] = {}
        for place in every:
            index = tuple(
                place[axes.index(axis)] if axis in axes else slice(None) for axis in range(len(self.field.output))
            )
            first = tuple(0 if isinstance(i, slice) else i for i in index)
            lo, hi = seen_at(strands, first)
            widest = max(widest, math.floor(hi) - math.ceil(lo) + 1)
            moved = self.moved[(slice(None), *index)]
            seen = [p for p, values in zip(self.places, moved, strict=True) if values.any()]
            if seen and not lo <= seen[0] <= seen[-1] <= hi:
                wrong.append(f"{name} output {place} sees {seen[0]} to {seen[-1]}, by the formula {lo} to {hi}")
            key = tuple(strand.place(first) if strand.holds(first) else None for strand in strands)
            for side, (end, cut) in enumerate(((lo, self.cut.low[index]), (hi, self.cut.high[index]))):
                if exact and lo <= hi and 0 <= end < n and end in self.places and not cut.all():
                    ends = met.setdefault(
                        (side, *key), [f"{name} output {place} sees {lo} to {hi} by the formula, not {end}"]
                    )
                    ends.append((moved[self.places.index(cast("int", end))], cut))
        for said, *ends in met.values():
            reached, cut = (np.logical_or.reduce(masks) for masks in zip(*ends, strict=True))
            if not self._everywhere(reached, cut, axes):
                wrong.append(said)
        size = (self.field.local if self.local else self.field.size)[self.which]
        if count <= _MAX_PLACES and (widest != size if exact else widest > size):
            wrong.append(f"{name} the size is {size}, and the widest of all windows {widest}")
        return wrong[:1], len(met)

    def _alike(self) -> bool:
        """True if all values that see anything see the same first and last position."""
        moved = self.moved.any(axis=1 + self._channels, keepdims=True) if self.field.parts else self.moved
        seeing = moved.any(axis=0)
        ends = [np.argmax(way, axis=0)[seeing] for way in (moved, moved[::-1])]
        return self.field.mixed or all((end == end[:1]).all() for end in ends)

    def _everywhere(self, values: Any, cut: Any, axes: list[int]) -> bool:
        """True if a position is seen by all values, apart from those cut off, or by one channel if channels differ."""
        if 0 in axes or self.field.mixed:
            # Positions lie along the first axis, as tokens do, so the other axes are features.
            return bool(values.any() or cut.any())
        if self.field.parts:
            among = self._channels - sum(axis < self._channels for axis in axes)
            values, cut = values.any(axis=among), cut.any(axis=among)
        return bool((values | cut).all())
