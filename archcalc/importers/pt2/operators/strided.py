"""Every so manieth entry of an axis, and all of such put together again, as patches are merged."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate, permutations, product

import msgspec

from archcalc.importers.pt2.calls import Call
from archcalc.importers.pt2.operators.views import part, turned
from archcalc.importers.pt2.rows import Rows
from archcalc.importers.pt2.values import Batch, Grid, Value, without_batch
from archcalc.symbols.dims import Shape, quotient
from archcalc.symbols.shape import axes_of


def laid_out(call: Call, rows: Rows) -> Call:
    """A use of an operator whose tensors all are rows: those of every so manieth entry too."""

    def plain(argument: object) -> object:
        if isinstance(argument, tuple):
            return tuple(map(plain, argument))
        return gathered(call, rows, argument) if isinstance(argument, Value) and argument.grid else argument

    return msgspec.structs.replace(call, arguments={name: plain(each) for name, each in call.arguments.items()})


def gathered(call: Call, rows: Rows, value: Value) -> Value:
    """Every so manieth entry of a tensor, one axis after the other."""
    x = msgspec.structs.replace(value, full=value.source, grid=(), source=())
    for grid in value.grid:
        one = part(call, rows, _split(call, rows, x, [grid]), grid.axis + 1, (grid.first, grid.first + 1))
        full = (*x.full[: grid.axis], quotient(x.full[grid.axis], grid.step), *x.full[grid.axis + 1 :])
        x = rows.view(call, one, full, x.batch)
    return x


def _split(call: Call, rows: Rows, x: Value, grids: Sequence[Grid]) -> Value:
    """A tensor whose axes are split in as many parts as there are steps."""
    steps = {grid.axis: grid.step for grid in grids}
    full: list[Shape] = [(quotient(n, steps[i]), steps[i]) if i in steps else (n,) for i, n in enumerate(x.full)]
    batch = x.batch and Batch(x.batch.axis + sum(axis < x.batch.axis for axis in steps), x.batch.outer)
    return rows.view(call, x, tuple(n for part_ in full for n in part_), batch)


def woven(call: Call, rows: Rows, values: Sequence[Value], axis: int) -> Value | None:
    """All of the entries of one tensor, each so many along some axes beside each other; None if it is anything else."""
    first = values[0]
    alike = {
        (value.at, value.source, value.batch, tuple(sorted((g.axis, g.step) for g in value.grid))) for value in values
    }
    steps = {grid.axis: grid.step for grid in first.grid}
    if not steps or len(alike) > 1 or axis in steps or len(steps) < len(first.grid):
        return None
    starts = [{grid.axis: grid.first for grid in value.grid} for value in values]
    order = next((axes for axes in permutations(steps) if starts == _starts(axes, steps)), None)
    if order is None:
        return None
    x = msgspec.structs.replace(first, full=first.source, grid=(), source=())
    split = _split(call, rows, x, first.grid)
    # The place of each axis after the split, behind which its steps lie.
    places = [*accumulate((1 + (i in steps) for i in range(len(x.full) - 1)), initial=0)]
    moved = [places[i] + 1 for i in order]
    whole = [place for i, own in enumerate(places) for place in ([*moved, own] if i == axis else [own])]
    wanted = without_batch(call.full, x.batch, rows.samples)
    axes = axes_of(rows.builder.shape(first.at))
    named = axes if all(axes) and len(axes) == len(wanted) else None
    at = rows.shaped(call, turned(call, rows, split, whole), wanted, axes=named)
    return Value(call.full, batch=x.batch, at=at)


def _starts(axes: Sequence[int], steps: dict[int, int]) -> list[dict[int, int]]:
    """The first entries along some axes in order, those of the last changing fastest."""
    return [dict(zip(axes, each, strict=True)) for each in product(*(range(steps[axis]) for axis in axes))]
