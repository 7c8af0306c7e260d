"""Marks for receptive fields, worked out by hand as the field before plus (kernel − 1) · jump."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from archcalc.grading.answers import Written
from archcalc.grading.case import gathering
from archcalc.grading.marks import Marked
from archcalc.grading.miscounts import swapped_digits
from archcalc.layers.axes import each_axis
from archcalc.network.graph import Node
from archcalc.profiling.rows import Profile, Row
from archcalc.symbols.dims import Shape


class Fields:
    """The receptive fields of a network, and the wrong ones written so far."""

    def __init__(self, profile: Profile) -> None:
        self.profile = profile
        self.rows = {row.name: row for row in profile.rows}
        self.wrong: dict[str, Shape] = {}

    def marked(self, cell: Written, node: Node, row: Row) -> Marked | None:
        """The mark of a receptive field, or None if the exact one is not a number."""
        exact = self.exact(row.name)
        if exact is None:
            return None
        mark = Marked(row.name, "rf", cell.text, exact[0] if len(set(exact)) == 1 else exact, "wrong")
        if cell.blank or _says(cell, exact):
            return msgspec.structs.replace(mark, verdict="unanswered" if cell.blank else "right")
        if not cell.readable:
            return msgspec.structs.replace(mark, slips=("not a size",))
        if written := next((_each(shape, exact) for shape in cell.near(exact) if len(shape) in {1, len(exact)}), None):
            self.wrong[row.name] = written
        return self._explained(mark, cell, row, [self.profile.graph.nodes[i].name for i in node.inputs])

    def exact(self, name: str) -> Shape | None:
        """The receptive field of a row, an entry for each axis; None if it is not a number, but a formula or a bound."""
        field = self.profile.fields[name]
        return field.size if field.size and field.exact and all(isinstance(n, int) for n in field.size) else None

    def _explained(self, mark: Marked, cell: Written, row: Row, sources: list[str]) -> Marked:
        """The mark of a wrong field: carried on from a wrong one, or due to a slip after a right or a wrong one."""
        wrong = {name: self.wrong[name] for name in sources if name in self.wrong}
        carried = tuple(name for name, had in wrong.items() if _says(cell, self._grown(row, name, had)))
        if carried:
            return msgspec.structs.replace(mark, verdict="carried on", carried=carried)
        right = {name: field for name in sources if (field := self.exact(name))}
        for before in (right, wrong):
            for name, had in before.items():
                found = (said for said, field in self._slips(row, name, had) if _says(cell, field))
                if slips := tuple(dict.fromkeys(found)):
                    return msgspec.structs.replace(mark, slips=slips, carried=(name,) if before is wrong else ())
        return mark

    def _grown(self, row: Row, source: str, before: Shape) -> Shape:
        """The field of a row that adds the right growth to a given field of a layer before it."""
        exact, base = self.exact(row.name) or (), self.exact(source) or ()
        if any(b > n for b, n in zip(base, exact, strict=True)):
            return ()
        return tuple(n - b + own for n, b, own in zip(exact, base, before, strict=True))

    def _slips(self, row: Row, source: str, before: Shape) -> Iterator[tuple[str, Shape]]:
        """The fields of a row after one with the field `before`, with one slip each."""
        geometry = gathering(row.layer)
        jumps = self.profile.fields[source].jump
        rank = row.layer.rank
        if geometry and len(jumps) == rank == len(before) and None not in jumps:
            kernel, stride, _, dilation, _ = geometry
            settings = (each_axis(field, rank) for field in (kernel, stride, dilation, self._stride(source, rank)))
            axes = list(zip(before, jumps, *settings, strict=True))
            yield "kernel in place of kernel − 1", tuple(n + k * d * j for n, j, k, _, d, _ in axes)
            yield "the jump forgotten: kernel − 1 added once", tuple(n + (k - 1) * d for n, _, k, _, d, _ in axes)
            yield (
                "the layer's own stride counted in the jump",
                tuple(n + (k - 1) * d * j * s for n, j, k, s, d, _ in axes),
            )
            yield (
                "the layer's own stride alone taken for the jump",
                tuple(n + (k - 1) * d * s for n, _, k, s, d, _ in axes),
            )
            yield (
                "the last stride alone taken for the jump",
                tuple(n + (k - 1) * d * last for n, _, k, _, d, last in axes),
            )
            yield "dilation ignored", tuple(n + (k - 1) * j for n, j, k, _, _, _ in axes)
            yield "the kernel alone", tuple(k for _, _, k, *_ in axes)
        yield "the field of the layer before kept", before
        exact = self.exact(row.name) or ()
        if len(set(exact)) == 1:
            yield from ((said, _each((value,), exact)) for said, value in swapped_digits(exact[0]))

    def _stride(self, name: str, rank: int) -> Any:
        """The stride of the last layer up to a given one with a stride above 1."""
        row = self.rows[name]
        while True:
            geometry = gathering(row.layer)
            stride = geometry.stride if geometry and row.layer.rank == rank else 1
            if stride != 1 or len(row.sources) != 1:
                return stride
            row = self.rows[row.sources[0]]


def _each(field: Shape, axes: Shape) -> Shape:
    """A field with an entry for each axis, from one that is the same along all."""
    return field * len(axes) if len(field) == 1 else field


def _says(cell: Written, field: Shape) -> bool:
    """True if a field was written: for each axis, or once if all are the same."""
    return bool(field) and (field in cell.near(field) or (len(set(field)) == 1 and field[:1] in cell.shapes))
