"""Products with trained matrices and between branches, look-ups, and what runs along a sequence."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from archcalc.importers.onnx.model import Operator
from archcalc.importers.onnx.picking import cut, looked_up, selected
from archcalc.importers.onnx.pointwise import aligned, shifted
from archcalc.importers.onnx.values import Flow, Known
from archcalc.importers.onnx.walk import Handler, Made, Walk
from archcalc.layers.linear import Embedding, Linear
from archcalc.layers.matmul import MatMul
from archcalc.layers.merge import Concat
from archcalc.layers.recurrent import GRU, LSTM, RNN
from archcalc.layers.unknown import Unknown
from archcalc.symbols.dims import Shape, equal, size


def dense(walk: Walk, op: Operator, x: Flow, axis: int, out: Any) -> Flow | None:
    """A dense layer along an axis of the file's array; None if the samples lie along it."""
    weight, bias = walk.known(op, 1) or walk.known(op, 0), walk.known(op, 2)
    own = x.own(axis)
    if own is None or walk.across(x, axis):
        return None
    given = (
        bias is not None
        and bias.floating
        and bias.owner != ""
        and size(bias.shape) == out
        and bias.shape[-1:] == (out,)
    )
    magnitude = None if weight is None else weight.magnitude
    layer = Linear(out, bias=given, axis=own, norm=None if magnitude is None else "weight")
    made = walk.trained(op, layer, x, weight=weight, bias=bias if given else None, magnitude=magnitude)
    if bias is None or given:
        return made
    return shifted(walk, op, made, bias)


def gemm(walk: Walk, op: Operator) -> Made:
    """A dense layer of a vector, or a product of two branches."""
    x, weight = walk.value(op, 0), walk.known(op, 1)
    turned = bool(op.whole("transB", 0))
    if not isinstance(x, Flow) or weight is None or len(weight.shape) != 2 or op.whole("transA", 0):
        return walk.unknown(op)
    made = dense(walk, op, x, 1, weight.shape[0 if turned else 1])
    return walk.unknown(op) if made is None or x.rank != 2 else [made]


def product(walk: Walk, op: Operator) -> Made:
    """A dense layer, or a product of two branches; a third input is a bias."""
    a, b = walk.value(op, 0), walk.value(op, 1)
    if isinstance(a, Known) and isinstance(b, Known):
        fits = len(a.shape) >= 2 and len(b.shape) >= 2
        owner = a if a.trained else b
        shape = (*a.shape[:-1], b.shape[-1]) if fits else a.shape
        return [Known(shape, None, owner=owner.owner, source=owner.source, trained=owner.trained)]
    made = None
    if isinstance(a, Flow) and isinstance(b, Known) and len(b.shape) == 2 and a.rank >= 1:
        along = op.whole("along", a.rank - 1)
        made = dense(walk, op, a, along, b.shape[1])
        if made is None and "along" in op.attributes:
            whole = walk.whole(a)
            return walk.unknown(op, (*whole[:along], b.shape[1], *whole[along + 1 :]))
    elif isinstance(b, Flow) and isinstance(a, Known) and len(a.shape) == 2 and b.rank >= 2:
        made = dense(walk, op, b, b.rank - 2, a.shape[0])
    if made is not None:
        return [made]
    return _branches(walk, op)


def _branches(walk: Walk, op: Operator) -> Made:
    a, b = walk.flow(op, 0), walk.flow(op, 1)
    whole = _product_shape(walk.whole(a), walk.whole(b))
    found = aligned(a, b, batch=walk.batch) if min(a.rank, b.rank) >= 2 else None
    if found is None:
        return walk.unknown(op, whole)
    (a, b), rank = found, max(a.rank, b.rank)
    at = a.batch if a.batch is not None else b.batch
    fits = len(a.shape) >= 2 and a.shape[:-2] == b.shape[:-2] and (at is None or at < rank - 2)
    if not fits:
        return walk.unknown(op, whole)
    made = walk.add(op, MatMul(), a, b)
    first = a if a.batch is not None else b
    return [Flow(made.at, made.shape, first.batch, first.merged, op.label, op.blocks)]


def _product_shape(a: Shape, b: Shape) -> Shape | None:
    if min(len(a), len(b)) < 2:
        return None
    before = a[:-2] if len(a) >= len(b) else b[:-2]
    other = b[:-2] if len(a) >= len(b) else a[:-2]
    lack = len(before) - len(other)
    mixed = tuple(n if n != 1 else m for n, m in zip(before[lack:], other, strict=True))
    return (*before[:lack], *mixed, a[-2], b[-1])


def gather(walk: Walk, op: Operator) -> Made:
    """A look-up in a table of the file, or some entries of an axis."""
    x, at = walk.value(op, 0), walk.value(op, 1)
    rank = len(walk.whole(x))
    axis = op.whole("axis", 0)
    if not -rank <= axis < rank:
        raise walk.error(op, f"there is no axis {axis} of {rank}")
    axis %= rank
    if isinstance(at, Known):
        found = looked_up(walk, op, x, at) if isinstance(x, Known) and axis == 0 else None
        return selected(walk, op, x, at, axis) if found is None else [found]
    whole = walk.whole(x)
    shape = (*whole[:axis], *walk.whole(at), *whole[axis + 1 :])
    if isinstance(x, Known) and x.trained and len(x.shape) == 2 and axis == 0 and at.alone == 0 and walk.lookups:
        count, width = x.shape
        tokens = at if len(at.shape) == 1 else walk.view(op, at, (size(at.shape),), 0)
        rows = walk.trained(op, Embedding(count, width), tokens, weight=x)
        return [walk.view(op, rows, (*at.shape, width), 0) if len(at.shape) != 1 else rows]
    return walk.unknown(op, shape)


_CELLS: dict[str, Any] = {"LSTM": LSTM, "GRU": GRU, "RNN": RNN}


def recurrent(walk: Walk, op: Operator) -> Made:
    """A recurrent layer: what it puts out at each step, and its last states."""
    x, weight, states = walk.flow(op, 0), walk.known(op, 1), walk.known(op, 2)
    first = bool(op.whole("layout", 0))
    fits = weight is not None and states is not None and len(weight.shape) == 3 and x.alone == (0 if first else 1)
    if weight is None or not fits or len(x.shape) != 2 or walk.known(op, 7):
        return walk.unknown(op)
    gates = {"LSTM": 4, "GRU": 3, "RNN": 1}[op.kind]
    hidden = op.whole("hidden_size", int(weight.shape[1]) // gates)
    both = op.word("direction") == "bidirectional"
    bias = walk.known(op, 3)
    settings: dict[str, Any] = {"reset_after": bool(op.whole("linear_before_reset", 0))} if op.kind == "GRU" else {}
    if bias is not None and equal(2 * size(bias.source), size(bias.shape)) is True:
        # The other half is put behind it as zeros.
        settings["bias_mode"] = "single"
    if op.kind == "RNN":
        settings["nonlinearity"] = "relu" if op.word("activations") == "Relu" else "tanh"
    layer = _CELLS[op.kind](hidden=hidden, bidirectional=both, bias=bias is not None, **settings)
    # The arrays of both directions lie in one, which has no name among those of the layer.
    made = walk.trained(op, layer, x, weight=weight)
    tokens, directions = x.shape[0], 2 if both else 1
    steps = walk.view(op, made, (tokens, directions, hidden), 0 if first else 2)
    outputs: list[Any] = [steps]
    if len(op.outputs) > 1 and op.outputs[1] in walk.read:
        first_step, last_step = (0, 1), (tokens - 1, tokens)
        end = cut(walk, op, made, 0, first_step if op.word("direction") == "reverse" else last_step)
        if both:
            forth = cut(walk, op, cut(walk, op, made, 1, (0, hidden)), 0, last_step)
            back = cut(walk, op, cut(walk, op, made, 1, (hidden, 2 * hidden)), 0, first_step)
            end = walk.add(op, Concat(axis=0), forth, back)
        outputs.append(walk.view(op, end, (directions, hidden), 0 if first else 1))
    if len(op.outputs) > 2 and op.outputs[2] in walk.read:
        cells = walk.add(op, Unknown("LSTM.cells", (directions, hidden)), made)
        outputs += [steps] * (2 - len(outputs))
        outputs.append(replace(cells, batch=0 if first else 1))
    return outputs


def quantized(walk: Walk, op: Operator) -> Made:
    """A product of whole numbers, each array with a factor and an offset beside it, or only an offset."""
    weight = op.given(3) if op.kind == "QLinearMatMul" else op.given(1)
    return product(walk, replace(op, inputs=(op.given(0), weight)))


HANDLERS: dict[str, Handler] = {
    "Gemm": gemm,
    "MatMul": product,
    **dict.fromkeys(("QLinearMatMul", "MatMulInteger"), quantized),
    "Gather": gather,
    "LSTM": recurrent,
    "GRU": recurrent,
    "RNN": recurrent,
}
