"""The configurations of a sweep: every combination of some values, or a sample of these, in order and in chunks."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

import msgspec

from archcalc.errors import SpecError

if TYPE_CHECKING:
    import numpy as np

    Columns = dict[str, np.ndarray[Any, np.dtype[np.int64]]]

# The rows of a chunk: enough that an operation costs more than its call, few enough to lie in a processor's cache.
CHUNK = 1 << 18
# What fits into the columns.
_MOST = 2**62


class Knob(msgspec.Struct, frozen=True, dict=True):
    """One thing that a sweep varies, and its values in order: whole numbers, or anything else, which is listed."""

    name: str
    values: Sequence[Any]

    @cached_property
    def counts(self) -> bool:
        """True if all values are whole numbers, so that one formula may hold for all of them."""
        return isinstance(self.values, range) or all(type(value) is int for value in self.values)

    @property
    def numbers(self) -> Sequence[int]:
        """The numbers in its column: the values, or for each how many there are before it."""
        return self.values if self.counts else range(len(self.values))

    def value(self, number: int) -> Any:
        """The value that a number in its column stands for."""
        return number if self.counts else self.values[number]


class Space(msgspec.Struct, frozen=True):
    """All combinations of the knobs' values, the last knob's changing fastest, or a sample of them by a seed.

    A listed space has no combinations: each configuration takes one value of every knob.
    """

    knobs: tuple[Knob, ...]
    sample: int = 0
    hypercube: bool = False
    seed: int = 0
    listed: bool = False

    @property
    def combinations(self) -> int:
        """The number of all combinations."""
        return math.prod(len(knob.values) for knob in self.knobs)

    @property
    def size(self) -> int:
        """The number of configurations."""
        return len(self.knobs[0].values) if self.listed else self.sample or self.combinations

    @property
    def bounds(self) -> dict[str, tuple[int, int]]:
        """The least and the greatest number of each knob."""
        return {knob.name: _ends(knob.numbers) for knob in self.knobs}

    def chunks(self, rows: int = CHUNK) -> list[tuple[int, int]]:
        """The first and the last (exclusive) configuration of each chunk, of at most about so many rows."""
        if self.sample or self.listed:
            return [(at, min(at + rows, self.size)) for at in range(0, self.size, rows)]
        sizes, inner, axis = [len(knob.values) for knob in self.knobs], 1, len(self.knobs)
        while axis and inner * sizes[axis - 1] <= rows:
            axis -= 1
            inner *= sizes[axis]
        if not axis:
            return [(0, inner)]
        step = max(1, rows // inner)
        outer = math.prod(sizes[: axis - 1])
        return [
            (
                inner * (sizes[axis - 1] * before + at),
                inner * (sizes[axis - 1] * before + min(at + step, sizes[axis - 1])),
            )
            for before in range(outer)
            for at in range(0, sizes[axis - 1], step)
        ]

    def columns(self, first: int, last: int) -> Columns:
        """The numbers of each knob for the configurations of a chunk, in shapes that broadcast to one for each."""
        if self.listed:
            return self._listed(first, last)
        return self._sampled(first, last) if self.sample else self._grid(first, last)

    def _listed(self, first: int, last: int) -> Columns:
        import numpy as np  # noqa: PLC0415 - only sweeps need it

        return {knob.name: np.array(knob.numbers[first:last], dtype=np.int64) for knob in self.knobs}

    def _grid(self, first: int, last: int) -> Columns:
        import numpy as np  # noqa: PLC0415 - only sweeps need it

        found, inner = {}, self.combinations
        axes = len(self.knobs)
        for axis, knob in enumerate(self.knobs):
            size = len(knob.values)
            inner //= size
            # A chunk has all values of the inner knobs, some of one, and one of each before it.
            start, count = first // inner % size, min(size, max(1, (last - first) // inner))
            shape = [1] * axes
            shape[axis] = count
            numbers = [knob.numbers[at] for at in range(start, start + count)]
            found[knob.name] = np.array(numbers, dtype=np.int64).reshape(shape)
        return found

    def _sampled(self, first: int, last: int) -> Columns:
        import numpy as np  # noqa: PLC0415 - only sweeps need it

        found = {}
        for at, knob in enumerate(self.knobs):
            size = len(knob.values)
            if self.hypercube:
                # Each of as many equal shares of the values as there are samples is drawn from once.
                random = np.random.default_rng((self.seed, at))
                share, more = divmod(size, self.sample)
                drawn = random.permutation(self.sample)[first:last]
                picked = drawn * share + drawn * more // self.sample
            else:
                # A generator for each chunk would depend on how the sample is cut.
                random = np.random.default_rng((self.seed, at))
                random.bit_generator.advance(first)  # type: ignore[attr-defined]
                picked = (random.random(last - first) * size).astype(np.int64)
            numbers = knob.numbers
            if isinstance(numbers, range):
                found[knob.name] = numbers.start + picked.astype(np.int64) * numbers.step
            else:
                found[knob.name] = np.array(numbers, dtype=np.int64)[picked]
        return found

    def configuration(self, columns: Columns, at: int) -> dict[str, int]:
        """The numbers of one configuration of a chunk."""
        import numpy as np  # noqa: PLC0415 - only sweeps need it

        shape = np.broadcast_shapes(*[column.shape for column in columns.values()])
        place = np.unravel_index(at, shape)
        return {
            name: int(column[tuple(0 if n == 1 else i for n, i in zip(column.shape, place, strict=True))])
            for name, column in columns.items()
        }


def _ends(numbers: Sequence[int]) -> tuple[int, int]:
    # A range may have more numbers than anyone goes through.
    ends = (numbers[0], numbers[-1]) if isinstance(numbers, range) else numbers
    return min(ends), max(ends)


def checked(space: Space) -> Space:
    """The space; raises SpecError for a name that stands twice, a knob without values, and numbers beyond any size."""
    names = [knob.name for knob in space.knobs]
    for knob in space.knobs:
        if names.count(knob.name) > 1:
            raise SpecError(f"'{knob.name[:60]}' is swept twice", None, "give all its values at once")
        if not len(knob.values):
            raise SpecError(f"'{knob.name[:60]}' has no values", None, "such as width=16:64:8 or depth=2,3,4")
        if max(map(abs, space.bounds[knob.name])) > _MOST:
            raise SpecError(f"'{knob.name[:60]}' has a number beyond any size")
    if space.listed and len({len(knob.values) for knob in space.knobs}) > 1:
        raise SpecError("the columns of the configurations differ in length")
    if not space.knobs:
        raise SpecError("nothing is swept", None, "such as --over width=16:64:8")
    return space
