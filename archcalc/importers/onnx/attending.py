"""Operators that are attention between projections, as the products and the softmax that they stand for."""

from __future__ import annotations

from typing import NamedTuple

from msgspec.structs import replace

from archcalc.importers.onnx.dense import product
from archcalc.importers.onnx.model import Operator
from archcalc.importers.onnx.moving import softmax
from archcalc.importers.onnx.picking import split
from archcalc.importers.onnx.pointwise import arithmetic
from archcalc.importers.onnx.shaping import reshape, transpose
from archcalc.importers.onnx.values import Flow, Known
from archcalc.importers.onnx.walk import Handler, Made, Walk
from archcalc.layers.unknown import Unknown
from archcalc.symbols.dims import Dim, quotient

_STEPS: dict[str, Handler] = {
    "MatMul": product,
    "Mul": arithmetic,
    "Reshape": reshape,
    "Softmax": softmax,
    "Split": split,
    "Transpose": transpose,
}


class _Use(NamedTuple):
    """The heads of attention and those of its keys, the place of its mask, and how what it puts out is laid out."""

    heads: Dim
    groups: Dim
    mask: int
    causal: bool
    # The heads of its output are features of each token.
    together: bool = True


class _Written:
    """An operator written out in others, each with a value of its own name."""

    def __init__(self, walk: Walk, op: Operator) -> None:
        self.walk = walk
        self.op = op
        self._count = 0

    def known(self, *numbers: Dim | float) -> str:
        """Numbers as an array, one alone as it is."""
        single = len(numbers) == 1
        floating = any(isinstance(n, float) for n in numbers)
        return self._named(Known(() if single else (len(numbers),), numbers, floating=floating))

    def step(self, kind: str, *inputs: str, parts: int = 1, **attributes: tuple[int, ...] | int) -> list[str]:
        """The names of what another operator makes of values."""
        outputs = tuple(f"{self.op.label}@{self._count + part}" for part in range(parts))
        name = f"{self.op.label}/{kind}"
        made = _STEPS[kind](self.walk, Operator(kind, "", name, inputs, outputs, dict(attributes), {}, self.op.blocks))
        return [self._named(value) for value in made]

    def shape(self, name: str) -> tuple[Dim, ...]:
        """The shape of a value in the file."""
        return self.walk.whole(self.walk.values[name])

    def _named(self, value: Flow | Known) -> str:
        name = f"{self.op.label}@{self._count}"
        self._count += 1
        self.walk.values[name] = value
        return name


def attention(walk: Walk, op: Operator) -> Made:
    """Attention of queries, keys and values, each sequences of features or of heads apart."""
    shapes = [walk.whole(walk.value(op, place)) for place in range(3)]
    rank = len(shapes[0])
    if rank not in {3, 4} or any(len(shape) != rank for shape in shapes):
        return walk.unknown(op)
    heads, groups = (max(op.whole(f"{of}_num_heads", 0), 0) or shapes[at][1] for at, of in enumerate(("q", "kv")))
    values = quotient(shapes[2][2], groups) if rank == 3 else shapes[2][3]
    whole = (*shapes[0][:2], heads * values) if rank == 3 else (*shapes[0][:3], values)
    if _beyond(walk, op, 4, 5) or op.number("softcap", 0.0):
        return walk.unknown(op, whole)
    written = _Written(walk, op)
    names = [op.given(place) for place in range(3)]
    if rank == 3:
        names = [_apart(written, name, n) for name, n in zip(names, (heads, groups, groups), strict=True)]
    use = _Use(heads, groups, 3, bool(op.whole("is_causal", 0)), rank == 3)
    return [walk.values[_mixed(written, names, use)]]


def packed(walk: Walk, op: Operator) -> Made:
    """Attention of onnxruntime with one projection for queries, keys and values before it, and none behind."""
    x, weight, heads = walk.value(op, 0), walk.known(op, 1), op.whole("num_heads", 0)
    if not isinstance(x, Flow) or weight is None or len(weight.shape) != 2 or heads < 1:
        return walk.unknown(op)
    third = quotient(weight.shape[1], 3)
    sizes = op.wholes("qkv_hidden_sizes") or (third, third, third)
    if _beyond(walk, op, 4, 5, 6) or op.whole("do_rotary", 0) or len(sizes) != 3:
        return walk.unknown(op, (*walk.whole(x)[:-1], sizes[-1]))
    written = _Written(walk, op)
    [all_of_them] = written.step("MatMul", *(op.given(place) for place in range(3)))
    last = len(written.shape(all_of_them)) - 1
    parts = written.step("Split", all_of_them, parts=3, axis=last, split=tuple(sizes))
    names = [_apart(written, name, heads) for name in parts]
    return [walk.values[_mixed(written, names, _Use(heads, heads, 3, bool(op.whole("unidirectional", 0))))]]


def apart(walk: Walk, op: Operator) -> Made:
    """Attention of onnxruntime of queries, keys and values from projections before it."""
    shapes = [walk.whole(walk.value(op, place)) for place in range(3) if op.given(place)]
    heads = op.whole("num_heads", 0)
    if len(shapes) != 3 or any(len(shape) != 3 for shape in shapes) or heads < 1:
        return walk.unknown(op)
    if _beyond(walk, op, 3, 5, 6, 7):
        # A bias of the projections, which are rows already, or what was kept of earlier tokens.
        return walk.unknown(op, (*shapes[0][:2], shapes[2][2]))
    written = _Written(walk, op)
    names = [_apart(written, op.given(place), heads) for place in range(3)]
    return [walk.values[_mixed(written, names, _Use(heads, heads, 4, bool(op.whole("unidirectional", 0))))]]


def turned(walk: Walk, op: Operator) -> Made:
    """Rotary positions, which no kind has alone; the angles that the file holds are not trained."""
    x = walk.flow(op, 0)
    made = walk.add(op, Unknown(op.kind, tuple(x.shape)), x)
    return [replace(made, shape=x.shape)]


def _beyond(walk: Walk, op: Operator, *places: int) -> bool:
    """True if an operator is given what the rows of attention do not have, or more than its first output is read."""
    for name in op.inputs[3:]:
        x = walk.values.get(name)
        array = walk.arrays.get(name)
        if isinstance(x, Known) and x.trained and (array is None or walk.looks.hides(array) is None):
            return True
    return any(map(op.given, places)) or any(name in walk.read for name in op.outputs[1:] if name)


def _apart(written: _Written, name: str, heads: Dim) -> str:
    """A sequence of features as heads×tokens×values."""
    tokens, features = written.shape(name)[1:]
    [split_off] = written.step("Reshape", name, written.known(0, tokens, heads, quotient(features, heads)))
    return written.step("Transpose", split_off, perm=(0, 2, 1, 3))[0]


def _mixed(written: _Written, names: list[str], use: _Use) -> str:
    """The softmax of queries by keys, by values; heads of queries that share one of keys are laid behind each other."""
    queries, keys, values = names
    tokens, width = written.shape(queries)[2:]
    if use.heads != use.groups:
        [queries] = written.step("Reshape", queries, written.known(0, use.groups, -1, width))
    [turned] = written.step("Transpose", keys, perm=(0, 1, 3, 2))
    [scores] = written.step("MatMul", queries, turned)
    scale = written.op.number("scale", 0.0) or (float(width) ** -0.5 if isinstance(width, int) else 1.0)
    [scores] = written.step("Mul", scores, written.known(scale))
    _hidden(written, scores, use)
    [shares] = written.step("Softmax", scores, axis=-1)
    [y] = written.step("MatMul", shares, values)
    columns = written.shape(y)[-1]
    if use.heads != use.groups:
        [y] = written.step("Reshape", y, written.known(0, use.heads, tokens, columns))
    if use.together:
        [y] = written.step("Transpose", y, perm=(0, 2, 1, 3))
        [y] = written.step("Reshape", y, written.known(0, tokens, use.heads * columns))
    return y


def _hidden(written: _Written, scores: str, use: _Use) -> None:
    """Note the scores that are hidden."""
    walk, op, x = written.walk, written.op, written.walk.values[scores]
    if not isinstance(x, Flow):
        return
    if use.causal:
        walk.mask(x, "later")
    if op.given(use.mask):
        array = walk.arrays.get(op.given(use.mask))
        hidden = None if array is None else walk.looks.hides(array)
        if hidden != "none":
            walk.passed[f"{op.kind}.mask"] += 1
            walk.mask(x, "others" if hidden is None else hidden)


HANDLERS: dict[str, Handler] = {"Attention": attention, "RotaryEmbedding": turned}
RUNTIME: dict[str, Handler] = {"Attention": packed, "MultiHeadAttention": apart, "RotaryEmbedding": turned}
