"""The field of every row, checked against the positions that all outputs of its layer see in a run.

There is a run for each position along each axis of the input, with NaN at that position, and so in all that depends on
it. Every output thus shows the first and the last position that it sees, through all paths, and in a second run through
the paths without a layer that sees everything.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import lru_cache
from itertools import product
from typing import Any, NamedTuple

import msgspec
import numpy as np

from archcalc.layers.window import Window
from archcalc.network.graph import Graph, Node
from archcalc.receptive_field.dependence import onward
from archcalc.receptive_field.field import Field
from archcalc.receptive_field.fields import axes_of, receptive_fields
from archcalc.receptive_field.reach import AxisField
from archcalc.reference import seeded
from archcalc.reference.random_arrays import Arrays, noises
from archcalc.verification.fields import extended
from archcalc.verification.look import Cut, Look, consistent

# Above these products and values, only as many positions are run as these allow.
_MAX_MACS = 10**10
_MAX_VALUES = 6 * 10**7


class Shown(msgspec.Struct, frozen=True):
    """The result for a layer's field: the number of window ends that were reached, and the differences."""

    name: str
    ends: int
    differences: list[str]


class _Nudge(NamedTuple):
    """The NaN of a sample: everything at a position along an axis of the input, the `which`-th with positions."""

    which: int
    axis: int
    place: int


class _Batch(NamedTuple):
    """An unchanged sample and one for each nudge, the token number of the NaN entry, and the trained arrays."""

    x: dict[int, Any]
    beyond: int
    arrays: Arrays


class _Border(NamedTuple):
    """The outputs of one view whose windows reach before the first position, or after the last, or see nothing."""

    below: Any
    above: Any
    nothing: Any


def shown(graph: Graph, seed: int = 0, arrays: Arrays | None = None) -> Iterator[Shown]:
    """The first and the last input position that every layer's outputs see, checked against their fields.

    LeNet-5's input has 32 positions along two axes, its first layer 28, each with two ends through all paths and
    through local ones.

    >>> from archcalc.language import load
    >>> [layer.ends for layer in shown(load("lenet5"))][:2], [name for layer in shown(load("lenet5")) for name in layer.differences]
    ([256, 224], [])
    """
    nudges = _nudges(graph)
    fields = receptive_fields(graph)
    wrong: dict[str, list[str]] = {node.name: consistent(fields[node.name]) for node in graph.nodes}
    ends = dict.fromkeys(wrong, 0)
    batches = [_nudged(graph, nudges, seed, arrays)] if nudges else []
    for batch, local in product(batches, (False, True)):
        for node, moved, cuts in _moved(graph, fields, nudges, batch, local=local):
            for which, cut in enumerate(cuts):
                rows = [i for i, nudge in enumerate(nudges) if nudge.which == which]
                looked = Look(fields[node.name], which, [nudges[i].place for i in rows], moved[rows], cut, local)
                said, met = looked.compared(np.random.default_rng(seed))
                wrong[node.name] += said
                ends[node.name] += met
    for name, said in wrong.items():
        yield Shown(name, ends[name], said)


def _nudges(graph: Graph) -> list[_Nudge]:
    """Each position along each axis, or as many of them, evenly spaced, as run in a short time."""
    axes = axes_of(graph)
    shapes = [[graph.nodes[i].shape for i in node.inputs] for node in graph.nodes]
    macs = sum(node.layer.work_for(1, node.shape, *given).macs for node, given in zip(graph.nodes, shapes, strict=True))
    values = sum(
        math.prod(node.shape) + node.layer.im2col_size(*given) for node, given in zip(graph.nodes, shapes, strict=True)
    )
    most = min(_MAX_MACS // max(1, macs), _MAX_VALUES // values) // len(axes)
    found = []
    for which, axis in enumerate(axes):
        n = graph.input[axis]
        places = (
            range(n) if n <= most else np.unique(np.linspace(0, n - 1, most).round()).astype(int) if most > 1 else ()
        )
        found += [_Nudge(which, axis, int(place)) for place in places]
    return found


def _nudged(graph: Graph, nudges: list[_Nudge], seed: int, arrays: Arrays | None) -> _Batch:
    """The batch in which each sample but the first is nudged."""
    arrays = seeded(graph, seed) if arrays is None else arrays
    x = {position: np.repeat(a, 1 + len(nudges), 0) for position, a in noises(graph, 1, seed).items()}
    arrays, beyond = extended(graph, arrays)
    for sample, nudge in zip(x[graph.focus][1:], nudges, strict=True):
        np.moveaxis(sample, nudge.axis, 0)[nudge.place] = beyond if graph.focus in graph.token_numbers else np.nan
    return _Batch(x, beyond, arrays)


def _moved(
    graph: Graph, fields: dict[str, Field], nudges: list[_Nudge], batch: _Batch, *, local: bool
) -> Iterator[tuple[Node, Any, list[Cut]]]:
    """Each node with the values changed in each sample, and for each axis of the input the values cut off."""
    x, beyond, arrays = batch
    axes, numbers = axes_of(graph), graph.token_numbers
    alive: list[Any] = []
    cut: list[list[Cut]] = []
    laid_out_anew = [False] * len(graph.nodes)
    for position, node in enumerate(graph.nodes):
        shapes = [graph.nodes[i].shape for i in node.inputs]
        views = node.layer.receptive_views(*shapes)
        inputs = [x[position]] if position in x else [alive[i] for i in node.inputs]
        if local:
            inputs = [
                _unmoved(y, each, fields[graph.nodes[i].name].reaches, nudges)
                for i, y, each in zip(node.inputs, inputs, views, strict=False)
            ] or inputs
        with np.errstate(all="ignore"):
            y = node.layer.forward(np, *inputs, **arrays[node.name])
        y = np.array(np.broadcast_to(y, (1 + len(nudges), *y.shape[1:])))
        lost = np.zeros(node.shape, bool)
        if position not in numbers:
            lost = ~np.isfinite(y[0])
            y[:, lost] = 0
        laid_out_anew[position] = any(laid_out_anew[i] or () in v for i, v in zip(node.inputs, views, strict=True))
        grows = any(at.window.stretch for each in views for view in each for at in view)
        cuts = []
        for which in range(len(axes)):
            low = high = lost
            untold = grows
            # An input that only says where values go, or how many, is seen by none.
            for i, each in ((i, each) for i, each in zip(node.inputs, views, strict=True) if each):
                reach = fields[graph.nodes[i].name].reaches[which]
                borders = [_border(view, reach, graph.nodes[i].shape, node.shape) for view in each]
                untold |= reach is not None and any(_gathers_some(view, reach) for view in each)
                # A value that one view leaves out may be seen by another.
                nothing = np.logical_and.reduce([border.nothing for border in borders])
                below, above = (np.logical_or.reduce([nothing, *ends]) for ends in list(zip(*borders, strict=True))[:2])
                if laid_out_anew[position]:
                    below = above = below | above
                for view in each:
                    low = low | below | onward(np, cut[i][which].low, view, node.shape)
                    high = high | above | onward(np, cut[i][which].high, view, node.shape)
            # A trained array sees nothing, wherever it is joined, and neither does another input.
            alone = np.full(node.shape, position != graph.focus and not node.inputs)
            sources = [cut[i][which].grows for i in node.inputs]
            cuts.append(Cut(low | alone, high | alone, any(sources) or untold))
        alive.append(y)
        cut.append(cuts)
        yield node, (y[1:] == beyond if position in numbers else np.isnan(y[1:])), cuts


def _unmoved(y: Any, views: Any, reaches: Any, nudges: list[_Nudge]) -> Any:
    """An input with the samples of an axis reset to the first one, if a layer on the way sees all of the axis."""
    stays = [reach is not None and all(not reach.local or _gathers(view, reach) for view in views) for reach in reaches]
    rows = [1 + i for i, nudge in enumerate(nudges) if stays[nudge.which]]
    if rows:
        y = y.copy()
        y[rows] = y[0]
    return y


def _gathers(view: Any, reach: AxisField) -> bool:
    """True if a layer sees everything along every axis along which positions differ."""
    along = {digit.axis for strand in reach.strands for digit in strand.digits}
    return bool(view) and all(not view[axis].window.moves for axis in along)


def _gathers_some(view: Any, reach: AxisField) -> bool:
    """True if a layer sees everything along one of two axes that follow one of the input, as rows and columns of scores do.

    A run of local paths cannot tell what is seen so from what is seen along the other.
    """
    fixed = (
        {all(not view[digit.axis].window.moves for digit in strand.digits) for strand in reach.local} if view else ()
    )
    return len(fixed) > 1


def _border(view: Any, reach: AxisField | None, x: Any, y: Any) -> _Border:
    """The outputs whose windows reach before the first or beyond the last position of an input, or see nothing."""
    found = _Border(*(np.zeros(y, bool) for _ in range(3)))
    for axis, at in enumerate(view):
        if not at.window.moves or at.ends:
            continue
        here = reach is not None and axis in reach.axes
        below, above, nothing = _beyond(at.window, y[at.axis], x[axis])
        for mask, outside in zip(found, (here & below, here & above, nothing), strict=True):
            np.logical_or(mask, np.reshape(outside, (-1, *(1 for _ in y[at.axis + 1 :]))), out=mask)
    return found


# Layers of a kind have the same windows, and features of a transformer have thousands of positions.
@lru_cache
def _beyond(window: Window, outputs: int, inputs: int) -> _Border:
    """The outputs along one axis whose windows reach before the first or beyond the last input, or see none."""
    ends = [window.at(i) for i in range(outputs)]
    nothing = [not window.seen(i, inputs) for i in range(outputs)]
    return _Border(np.array([lo < 0 for lo, _ in ends]), np.array([hi >= inputs for _, hi in ends]), np.array(nothing))
