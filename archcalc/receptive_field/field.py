"""The receptive field of one layer, in numbers."""

from __future__ import annotations

from fractions import Fraction
from typing import NamedTuple, TypeAlias

import msgspec

from archcalc.layers.intervals import fraction
from archcalc.receptive_field.reach import AxisField, Route, centre
from archcalc.receptive_field.spans import span
from archcalc.symbols.dims import Dim, Ratio, Shape, at_least, decided

# The field along each input axis with positions, None if nothing is seen.
Reaches: TypeAlias = tuple[AxisField | None, ...]


class ChannelRun(NamedTuple):
    """A run of consecutive channels with equal fields, in a layer whose channels differ."""

    channels: int
    reaches: Reaches


class Field(msgspec.Struct, frozen=True):
    """The receptive field of one layer: an entry for each axis of the input that has positions, in `axes` by name.

    A field has two parts: the local one, whose window moves with the position, and the fixed one, which every position
    sees through a layer that sees everything, such as global pooling. The size is that of both together; jump, start
    and padding are the local part's if there is one.
    """

    name: str
    kind: str
    output: Shape
    axes: tuple[str, ...]
    # The sizes of those axes.
    whole: Shape
    reaches: Reaches
    # Runs of channels, if not all have the same field.
    parts: tuple[ChannelRun, ...] = ()
    # True where values at one position see differently without separate parts, as after parts were rearranged.
    mixed: bool = False
    # True where some of these values were selected from the others, which may have seen more.
    picked: bool = False

    @property
    def size(self) -> tuple[Ratio, ...]:
        """The number of inputs from the first to the last that an output sees; 0 if it sees none."""
        return tuple(0 if reach is None else reach.span[0] for reach in self.reaches)

    @property
    def local(self) -> tuple[Ratio, ...]:
        """The size through local paths alone; 0 if every position sees the same."""
        return tuple(0 if reach is None else reach.local_span[0] for reach in self.reaches)

    @property
    def fixed(self) -> tuple[tuple[Ratio, Ratio] | None, ...]:
        """The first and last input that every position sees through a layer like global pooling; None without one."""
        return tuple(None if reach is None else reach.fixed for reach in self.reaches)

    @property
    def jump(self) -> tuple[Ratio | None, ...]:
        """The cumulative stride: the number of inputs that the field moves per output.

        It is 0 if it stays, and None if positions move differently.
        """
        return tuple(0 if reach is None else reach.jump for reach in self.reaches)

    @property
    def first(self) -> tuple[Dim | None, ...]:
        """The first output with a non-empty field, along the axis of its positions; None if unknown."""
        return tuple(None if reach is None or reach.first is None else reach.first[0] for reach in self.reaches)

    @property
    def start(self) -> tuple[Ratio | None, ...]:
        """The centre of the field of the first output that sees anything, the first input being at 0."""
        return tuple(None if reach is None or reach.first is None else centre(reach.first[1]) for reach in self.reaches)

    @property
    def padding(self) -> tuple[Ratio | None, ...]:
        """The effective padding: the number of positions by which that field reaches beyond the input."""
        return tuple(None if reach is None or reach.first is None else -reach.first[1][0] for reach in self.reaches)

    @property
    def shortest(self) -> tuple[Ratio, ...]:
        """The smallest field of any single path from the input."""
        return tuple(0 if reach is None else _within(reach, longest=False) for reach in self.reaches)

    @property
    def longest(self) -> tuple[Ratio, ...]:
        """The largest field of any single path from the input."""
        return tuple(0 if reach is None else _within(reach, longest=True) for reach in self.reaches)

    @property
    def coverage(self) -> tuple[Ratio, ...]:
        """The field's size as a share of the input's."""
        return tuple(fraction(n, whole) for n, whole in zip(self.size, self.whole, strict=True))

    @property
    def covers(self) -> bool:
        """True if the field is as large as the input along every axis; False if letters or a bound leave it open."""
        known = self.exact and all(isinstance(share, (int, Fraction)) for share in self.coverage)
        return known and all(share >= 1 for share in self.coverage)

    @property
    def exact(self) -> bool:
        """True if some output sees all of the field; otherwise its sizes are upper bounds."""
        return not self.picked and all(reach is None or reach.span[1] for reach in self.reaches)

    @property
    def followed(self) -> bool:
        """True if the smallest and the largest path are known to be those of all paths."""
        return not self.picked and all(
            reach is None or (reach.followed and all(extreme(reach, longest=way)[2] for way in (False, True)))
            for reach in self.reaches
        )

    @property
    def misalignment(self) -> dict[str, str]:
        """The disagreement of joined branches, in words, for each axis along which they are misaligned."""
        return {
            name: reach.misalignment
            for name, reach in zip(self.axes, self.reaches, strict=True)
            if reach and reach.misalignment
        }


def _within(reach: AxisField, *, longest: bool) -> Ratio:
    """The size of the single path with the largest or the smallest field, at most that of all paths together."""
    size, every = extreme(reach, longest=longest)[1], reach.span[0]
    return every if decided(at_least(size, every)) else size


def extreme(reach: AxisField, *, longest: bool) -> tuple[Route, Ratio, bool]:
    """The single path with the largest or smallest field, the size of the field, and true if that is certain."""
    routes = reach.long if longest else reach.short
    spans = [span(route.strands, reach.output) for route in routes]
    best = 0
    for i, (size, _) in enumerate(spans):
        a, b = (size, spans[best][0]) if longest else (spans[best][0], size)
        # If letters leave it open, the first stays.
        best = i if i and decided(at_least(b, a)) is False else best
    size = spans[best][0]
    sure = all(decided(at_least(size, n) if longest else at_least(n, size)) for n, _ in spans)
    return routes[best], size, sure and all(exact for _, exact in spans)
