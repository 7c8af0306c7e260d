"""Where the values of a tensor stand after it was cut, read under another shape, or turned."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from archcalc.layers.base import Layer
from archcalc.layers.rearrange import Flatten, Permute, Reshape, Slice, Split
from archcalc.symbols.dims import Dim, Shape, divides, equal, quotient


class Atom(NamedTuple):
    """A part of an axis of the first tensor: `size` steps of so many entries each.

    The steps of what was repeated are of 0 entries.
    """

    axis: int
    stride: Dim
    size: Dim


class Cut(NamedTuple):
    """Those entries of an axis that were taken: of each `size` steps the ones from a first up to a last (exclusive)."""

    axis: int
    stride: Dim
    size: Dim
    start: Dim
    stop: Dim

    def apart(self, other: Cut) -> bool:
        """True if no entry is in both."""
        alike = self[:3] == other[:3]
        return (
            alike
            and all(isinstance(n, int) for n in (*self[3:], *other[3:]))
            and (self.stop <= other.start or other.stop <= self.start)
        )


class Layout(NamedTuple):
    """The axes of a tensor in parts of those of the first, and what was cut off on the way."""

    axes: tuple[tuple[Atom, ...], ...]
    cuts: tuple[Cut, ...] = ()

    def after(self, layer: Layer, given: Shape, output: Shape) -> Layout | None:
        """The layout after a layer that moves values; None where it is none that is followed."""
        match layer:
            case Reshape() | Flatten():
                return self.reshaped(output)
            case Permute():
                return Layout(tuple(self.axes[axis] for axis in layer.order), self.cuts)
            case Slice():
                return self._cut(int(layer.axis), layer.start, layer.stop)
            case Split():
                part = quotient(given[layer.axis], layer.parts)
                return self._cut(int(layer.axis), layer.part * part, (layer.part + 1) * part)
        return None

    def reshaped(self, shape: Shape) -> Layout | None:
        """The layout of the same values in the same order under another shape; None where parts are torn."""
        rest = [atom for axis in self.axes for atom in axis][::-1]
        axes: list[tuple[Atom, ...]] = []
        for n in shape:
            parts: list[Atom] = []
            while n != 1:
                if not rest:
                    return None
                atom = rest.pop()
                if equal(atom.size, n) is True:
                    parts.append(atom)
                    n = 1  # noqa: PLW2901 - what is left of it
                elif divides(atom.size, n) is True:
                    parts.append(atom)
                    n = quotient(n, atom.size)  # noqa: PLW2901
                elif divides(n, atom.size) is True:
                    inner = quotient(atom.size, n)
                    parts.append(atom._replace(stride=atom.stride * inner, size=n))
                    rest.append(atom._replace(size=inner))
                    n = 1  # noqa: PLW2901
                else:
                    return None
            axes.append(tuple(parts))
        return None if rest else Layout(tuple(axes), self.cuts)

    def repeated(self, given: Shape, output: Shape) -> Layout | None:
        """The layout after axes of 1 were repeated."""
        if len(given) != len(output):
            return None
        axes = [
            (Atom(-1, 0, m),) if n == 1 and m != 1 else atoms
            for atoms, n, m in zip(self.axes, given, output, strict=True)
        ]
        return Layout(tuple(axes), self.cuts)

    def _cut(self, axis: int, start: Dim, stop: Dim) -> Layout | None:
        if len(self.axes[axis]) != 1:
            return None
        [atom] = self.axes[axis]
        if atom.axis < 0:
            return None
        left = (atom._replace(size=stop - start),) if stop - start != 1 else ()
        cut = Cut(*atom, start, stop)
        return Layout((*self.axes[:axis], left, *self.axes[axis + 1 :]), (*self.cuts, cut))


def whole(shape: Sequence[Dim]) -> Layout:
    """The layout of a tensor as it is."""
    return Layout(tuple(() if n == 1 else (Atom(axis, 1, n),) for axis, n in enumerate(shape)))


def sizes(atoms: Sequence[Atom]) -> list[Dim]:
    """The sizes of parts."""
    return [atom.size for atom in atoms]
