"""The exact dependence of values on values, position by position, from the windows of every layer.

A window along one axis is a hull, and holds in the middle of an image. Here windows are applied to arrays that stand
for the values of every layer, so that gaps, borders, and branches with different windows come out exactly.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from archcalc.layers.axes import reshape_along
from archcalc.layers.views import At, View
from archcalc.layers.window import IDENTITY, Window
from archcalc.network.graph import Graph, Node
from archcalc.symbols.dims import Shape


def forward_mask(graph: Graph, touched: Any) -> Iterator[tuple[Node, Any]]:
    """Each node in order with a mask of its values that depend on any value marked in `touched` of the input in focus.

    >>> import numpy as np
    >>> from archcalc.language import load
    >>> pixel = np.zeros((1, 32, 32), bool)
    >>> pixel[:, 10, 10] = True
    >>> [int(mask.sum()) for node, mask in forward_mask(load("lenet5"), pixel)][:2]
    [1, 150]
    """
    import numpy as np  # noqa: PLC0415 - the windows themselves need none of it

    last_use = {source: position for position, node in enumerate(graph.nodes) for source in node.inputs}
    alive: dict[int, Any] = {}
    for position, node in enumerate(graph.nodes):
        marked = np.asarray(touched, bool) if position == graph.focus else np.zeros(node.shape, bool)
        shapes = [graph.nodes[i].shape for i in node.inputs]
        for source, views in zip(node.inputs, node.layer.receptive_views(*shapes), strict=True):
            for view in views:
                marked = marked | onward(np, alive[source], view, node.shape)
        for source in set(node.inputs):
            if last_use[source] == position:
                del alive[source]
        if position in last_use:
            alive[position] = marked
        yield node, marked


def backward(graph: Graph, position: int, wanted: Any, shapes: list[Shape]) -> Iterator[tuple[int, Any]]:
    """Each node that the marked values of a node depend on, by its position from there back, with its marked values.

    Marks are booleans, or whole numbers, which are counted along every path and added up. `shapes` has for each node
    the shape of its marks: its own, or 1 for an axis that every window sees whole.
    """
    import numpy as np  # noqa: PLC0415 - the windows themselves need none of it

    marks: dict[int, Any] = {position: wanted}
    for number in range(position, -1, -1):
        if number not in marks:
            continue
        node, mark = graph.nodes[number], marks.pop(number)
        yield number, mark
        inputs = [graph.nodes[i].shape for i in node.inputs]
        for source, views in zip(node.inputs, node.layer.receptive_views(*inputs), strict=True):
            for view in views:
                seen = _back(
                    np, mark, view, inputs=(inputs[node.inputs.index(source)], shapes[source]), full=node.shape
                )
                marks[source] = marks[source] + seen if source in marks else seen


def backward_counts(graph: Graph, position: int, wanted: Any, shapes: list[Shape]) -> Any:
    """The input values that the marked values of a node depend on, through every layer on the way back."""
    import numpy as np  # noqa: PLC0415 - the windows themselves need none of it

    found = dict(filter(lambda item: item[0] == graph.focus, backward(graph, position, wanted, shapes)))
    return found.get(graph.focus, np.zeros(shapes[graph.focus], wanted.dtype))


def onward(np: Any, marked: Any, view: View, shape: Shape) -> Any:
    """A mask of the outputs of this shape that see any marked input."""
    if not view:
        return marked.reshape(shape)
    spare = _spare(view)
    for axis, at in enumerate(view):
        marked = _gathered(np, marked, axis, at, 1 if axis in spare else shape[at.axis])
    marked = marked.squeeze(spare)
    order = [at.axis for axis, at in enumerate(view) if axis not in spare]
    # An axis that the input lacks, such as the features of an embedding, repeats its values.
    marked = marked.reshape(*marked.shape, *(1 for axis in range(len(shape)) if axis not in order))
    order += [axis for axis in range(len(shape)) if axis not in order]
    return np.broadcast_to(marked.transpose(np.argsort(order)), shape)


def _spare(view: View) -> tuple[int, ...]:
    """The axes of an input that are seen whole and have no axis of the output to themselves."""
    order = [at.axis for at in view]
    return tuple(axis for axis, at in enumerate(view) if order.count(at.axis) > 1 and not at.window.moves)


def _gathered(np: Any, marked: Any, axis: int, at: At, n: int) -> Any:
    found = _looked(np, marked, axis, at.window, n)
    return found if at.outputs is None else found & _alone(np, found, axis, at.outputs)


def _alone(np: Any, marked: Any, axis: int, outputs: tuple[Any, Any]) -> Any:
    """A mask of the outputs that look through a window, along their axis."""
    mask = np.zeros(marked.shape[axis], bool)
    mask[outputs[0] : outputs[1]] = True
    return reshape_along(axis, mask, marked)


def _looked(np: Any, marked: Any, axis: int, window: Window, n: int) -> Any:
    if window == IDENTITY and marked.shape[axis] == n:
        return marked
    if not window.moves:
        found = np.take(marked, window.seen(0, marked.shape[axis]), axis).any(axis, keepdims=True)
        return np.repeat(found, n, axis)
    marked = np.moveaxis(marked, axis, 0)
    out = np.zeros((n, *marked.shape[1:]), bool)
    for i in range(n):
        seen = window.seen(i, len(marked))
        if seen:
            out[i] = marked[seen.start : seen.stop : seen.step].any(0)
    return np.moveaxis(out, 0, axis)


def _back(np: Any, mark: Any, view: View, *, inputs: tuple[Shape, Shape], full: Shape) -> Any:
    """The inputs that marked outputs see, as an array in which an axis of 1 stands for the whole axis."""
    whole, shape = inputs
    if not view:
        return _summed(np, np.broadcast_to(mark, full).reshape(whole), shape)
    spare = _spare(view)
    order = [at.axis for axis, at in enumerate(view) if axis not in spare]
    rest = tuple(axis for axis in range(mark.ndim) if axis not in order)
    mark = np.add.reduce(mark, rest, dtype=mark.dtype) if rest else mark
    kept = sorted(order)
    mark = np.expand_dims(mark.transpose([kept.index(axis) for axis in order]), spare)
    for axis, at in enumerate(view):
        if mark.shape[axis] == 1 and ((at.window.moves and shape[axis] > 1) or at.outputs):
            mark = np.repeat(mark, full[at.axis], axis)
        if at.outputs is not None:
            mark = mark * _alone(np, mark, axis, at.outputs)
        if shape[axis] == 1 != whole[axis]:
            mark = np.add.reduce(mark, axis, dtype=mark.dtype, keepdims=True)
        else:
            mark = _spread(np, mark, axis, at.window, shape[axis])
    return mark


def _summed(np: Any, mark: Any, shape: Shape) -> Any:
    axes = tuple(axis for axis, n in enumerate(shape) if n == 1 != mark.shape[axis])
    return np.add.reduce(mark, axes, dtype=mark.dtype, keepdims=True) if axes else mark


def _spread(np: Any, mark: Any, axis: int, window: Window, n: int) -> Any:
    if window == IDENTITY and mark.shape[axis] == n:
        return mark
    mark = np.moveaxis(mark, axis, 0)
    out = np.zeros((n, *mark.shape[1:]), mark.dtype)
    rows = [(0, np.add.reduce(mark, 0, dtype=mark.dtype))] if not window.moves else enumerate(mark)
    for i, row in rows:
        seen = window.seen(i, n)
        if seen and np.any(row):
            out[seen.start : seen.stop : seen.step] += row
    return np.moveaxis(out, 0, axis)
