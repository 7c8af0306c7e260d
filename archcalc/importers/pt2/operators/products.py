"""Products: dense layers, look-ups in tables, matrices by matrices, and attention."""

from __future__ import annotations

from archcalc.importers.pt2.calls import Call
from archcalc.importers.pt2.known import Made, makes
from archcalc.importers.pt2.operators.joins import batch_of, fitted
from archcalc.importers.pt2.operators.views import turned
from archcalc.importers.pt2.rows import Rows
from archcalc.importers.pt2.values import Batch, Value
from archcalc.layers.base import Layer
from archcalc.symbols.dims import Shape, equal, size


@makes("linear", "addmm", "mm", "matmul", "bmm")
def product(call: Call, rows: Rows) -> Made:
    """A dense layer where the second factor is trained, else a product of matrices."""
    if call.word == "linear":
        x, weight, bias = call.tensor("input"), call.tensor("weight"), call.maybe("bias")
        out = weight.full[0] if weight.full else 0
    elif call.word == "addmm":
        x, weight, bias = call.tensor("mat1"), call.tensor("mat2"), call.tensor("self")
        out = weight.full[-1] if weight.full else 0
    else:
        x, weight, bias = call.tensor("self"), call.tensor("mat2", "other"), None
        out = weight.full[-1] if weight.full else 0
    arrays = [each for each in (weight, bias) if each is not None]
    if len(weight.full) == 2 and all(each.origin != "computed" for each in arrays) and x.origin != "trained":
        x = _aside(x, len(x.full) - 1, rows)
        layer = Layer.kinds["linear"](out=out, bias=bias is not None, axis=rows.axis(call, x, -1))
        # A batch that lay inside the features would be lost; then the file is at odds with itself.
        return rows.add(call, layer, [x], batch=x.batch, trained=arrays)
    if bias is not None or call.word == "linear":
        return None
    return multiplied(call, rows, x, weight, call.full)


def _aside(x: Value, axis: int, rows: Rows) -> Value:
    """A batch of one sample moved off an axis, where it stands for nothing."""
    if x.batch is None or x.batch.axis != axis or axis == 0 or rows.samples != 1:
        return x
    return Value(x.full, batch=Batch(axis - 1, x.full[axis - 1]), at=x.at)


def multiplied(call: Call, rows: Rows, a: Value, b: Value, full: Shape, **settings: object) -> Made:
    """The product of two tensors as matrices of their last two axes."""
    if min(len(a.full), len(b.full)) < 2:
        return None
    batch = batch_of([a, b], len(full))
    shapes = [fitted(rows, each, batch, full) for each in (a, b)]
    if any(len(shape) < 2 for shape in shapes) or any(
        equal(n, m) is False for n, m in zip(shapes[0][:-2], shapes[1][:-2], strict=False)
    ):
        return None
    inputs = [rows.shaped(call, each, shape) for each, shape in zip((a, b), shapes, strict=True)]
    return rows.add(call, Layer.kinds["matmul"](**settings), inputs, full, batch)


@makes("scaled_dot_product_attention", "_scaled_dot_product_flash_attention_for_cpu")
def attention(call: Call, rows: Rows) -> Made:
    """The softmax of queries by keys, by values, each head for itself."""
    query, key, value = call.tensor("query"), call.tensor("key"), call.tensor("value")
    mask = call.maybe("attn_mask")
    if not (query.full[:-2] == key.full[:-2] == value.full[:-2]) or min(map(len, (query.full, key.full))) < 3:
        return None
    scores = (*query.full[:-1], key.full[-2])
    by = multiplied(call, rows, query, key, scores, transpose="second", scale=True)
    if not isinstance(by, Value):
        return None
    if mask is not None:
        inputs = [by.at, rows.shaped(call, mask, fitted(rows, mask, by.batch, scores))]
        by = rows.add(call, Layer.kinds["add"](), inputs, scores, by.batch)
    layer = Layer.kinds["softmax"](axis=len(rows.own(by)) - 1)
    by = rows.add(call, layer, [by], scores, by.batch)
    made = multiplied(call, rows, by, value, call.outputs[0][1])
    return made and [made, *(Value(shape, "fixed", name=name) for name, shape in call.outputs[1:])]  # type: ignore[list-item]


@makes("embedding")
def embedding(call: Call, rows: Rows) -> Made:
    """The row of a table for each token number."""
    table, numbers = call.tensor("weight"), call.tensor("indices")
    return looked_up(call, rows, table, numbers)


@makes("index")
def index(call: Call, rows: Rows) -> Made:
    """The rows of a table at places that stand beside it."""
    table, places = call.tensor("self"), call.given("indices")
    if not isinstance(places, tuple) or len(places) != 1 or not isinstance(places[0], Value):
        return None
    return looked_up(call, rows, table, places[0])


def looked_up(call: Call, rows: Rows, table: Value, numbers: Value) -> Made:
    """The row of a trained table for each number, also where these are an array of the file."""
    if table.origin != "trained" or len(table.full) != 2:
        return None
    layer = Layer.kinds["embedding"](vocabulary=table.full[0], out=table.full[1])
    if numbers.origin == "fixed" and len(numbers.full) > 1:
        count = size(numbers.full)
        places = Value((count,), "fixed", name=numbers.name)
        made = rows.add(call, layer, [places], (count, table.full[1]), trained=[table])
        return rows.view(call, made, (*numbers.full, table.full[1]))
    if len(rows.own(numbers)) != 1:
        return None
    return rows.add(call, layer, [numbers], batch=numbers.batch, trained=[table])


@makes("einsum")
def einsum(call: Call, rows: Rows) -> Made:
    """A product along named axes, where it is one of matrices."""
    equation, tensors = call.given("equation"), call.given("tensors")
    if not isinstance(equation, str) or not isinstance(tensors, tuple) or len(tensors) != 2:
        return None
    terms, arrow, result = equation.replace(" ", "").partition("->")
    first, comma, second = terms.partition(",")
    if not arrow or not comma or any(len(set(word)) < len(word) for word in (first, second, result)):
        return None
    each = [axis for axis in result if axis in first and axis in second]
    kept = [axis for axis in result if axis in first and axis not in second]
    columns = [axis for axis in result if axis in second and axis not in first]
    summed = [axis for axis in first if axis in second and axis not in result]
    a, b = tensors
    if len(kept) != 1 or len(columns) != 1 or len(summed) != 1 or [*each, *kept, *columns] != list(result):
        return None
    if sorted(first) != sorted([*each, *kept, *summed]) or sorted(second) != sorted([*each, *columns, *summed]):
        return None
    if len(a.full) != len(first) or len(b.full) != len(second):
        raise call.error(f"{equation} does not fit its tensors")
    a = turned(call, rows, a, [first.index(axis) for axis in (*each, *kept, *summed)])
    plain = [second.index(axis) for axis in (*each, *summed, *columns)]
    across = [second.index(axis) for axis in (*each, *columns, *summed)]
    if across == sorted(across):
        return multiplied(call, rows, a, b, call.full, transpose="second")
    return multiplied(call, rows, a, turned(call, rows, b, plain), call.full)
