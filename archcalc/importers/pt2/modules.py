"""Modules that are one layer, though a program has them in many operators: multi-head attention of two makes."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from archcalc.errors import SpecError
from archcalc.importers.pt2.calls import Call
from archcalc.importers.pt2.rows import Rows, same
from archcalc.importers.pt2.values import Value
from archcalc.layers.axes import one_for_all
from archcalc.layers.base import Layer
from archcalc.symbols.dims import Dim, Shape, equal, quotient, size
from archcalc.symbols.shape import NamedShape, axes_of
from archcalc.symbols.sums import sum_of

_MOVES = {
    *("linear", "unflatten", "unsqueeze", "transpose", "squeeze", "contiguous", "select", "view", "reshape", "permute"),
    *("clone", "_unsafe_view", "chunk", "split", "dropout", "mul", "div", "softmax", "bmm", "matmul", "mean", "expand"),
    *(
        "scaled_dot_product_attention",
        "pad",
        "roll",
        "index",
        "add",
        "slice",
        "new_zeros",
        "scalar_tensor",
        "copy",
        "sub",
    ),
    *("ne", "eq", "masked_fill", "alias"),
}


class Group(msgspec.Struct, frozen=True):
    """The operators of one call of a module: what it is given from outside, and what of it is read outside."""

    calls: tuple[Call, ...]
    inputs: tuple[Value, ...]
    outputs: tuple[tuple[str, Shape], ...]

    def all(self, operator: str) -> list[Call]:
        """The uses of an operator in it."""
        return [call for call in self.calls if call.operator == f"aten.{operator}"]

    @property
    def computed(self) -> list[Value]:
        """The tensors that it is given and that are no arrays."""
        return [value for value in self.inputs if value.origin == "computed"]

    def array(self, name: str) -> Value | None:
        """Its trained array whose name ends so."""
        return next((each for each in self.inputs if each.origin == "trained" and each.name.endswith(name)), None)

    @property
    def trained(self) -> list[Value]:
        """Its trained arrays."""
        return [each for each in self.inputs if each.origin == "trained"]


def attention(group: Group, rows: Rows) -> Layer | None:
    """Torch's own multi-head attention, of one input or of queries and what keys and values are made of."""
    names = {"in_proj_weight", "in_proj_bias", "out_proj.weight", "out_proj.bias"}
    found = {name for name in names if group.array(name)}
    whole = found in (names, {"in_proj_weight", "out_proj.weight"}) and len(found) == len(group.trained)
    if not whole or not 1 <= len(group.computed) <= 2 or any(len(rows.own(x)) != 2 for x in group.computed):
        return None
    fused, softmax = group.all("scaled_dot_product_attention"), group.all("softmax")
    if len(fused) + len(softmax) != 1 or group.all("masked_fill") or group.all("add"):
        return None
    heads: Dim
    if fused:
        if (
            fused[0].given("attn_mask") is not None
            or fused[0].flag("enable_gqa", default=False)
            or len(fused[0].full) != 4
        ):
            return None
        heads = fused[0].full[1]
    else:
        heads = quotient(softmax[0].full[0], rows.samples)
    causal = bool(fused) and fused[0].flag("is_causal", default=False)
    layer: Layer = Layer.kinds["attention"](heads=heads, bias=len(found) == len(names), causal=causal)
    return layer


def window_attention(group: Group, rows: Rows) -> Layer | None:
    """Attention in windows, as torchvision's first Swin has it."""
    names = ("qkv.weight", "qkv.bias", "proj.weight", "proj.bias", "relative_position_bias_table")
    table = group.array(names[-1])
    parted = [call for call in group.all("view") if len(call.full) == 6]
    if table is None or len(table.full) != 2 or not parted or len(group.trained) != len(names):
        return None
    if not all(map(group.array, names)) or len(group.computed) != 1 or len(rows.own(group.computed[0])) != 3:
        return None
    window = (parted[0].full[2], parted[0].full[4])
    if equal(table.full[0], (2 * window[0] - 1) * (2 * window[1] - 1)) is not True:
        return None
    rolls = group.all("roll")
    shift = tuple(abs(int(n)) for n in rolls[0].sizes("shifts")) if rolls else (0, 0)
    settings = {"window": one_for_all(window), "shift": one_for_all(shift), "relative": True}
    layer: Layer = Layer.kinds["windowattention"](heads=table.full[1], **settings)
    return layer


MODULES: dict[str, Callable[[Group, Rows], Layer | None]] = {
    "torch.nn.modules.activation.MultiheadAttention": attention,
    "torchvision.models.swin_transformer.ShiftedWindowAttention": window_attention,
}


def as_one(group: Group, rows: Rows, layer: Layer) -> Value | None:
    """The output of a module as that of one layer, if this has its shape, its trained values and its products."""
    x = group.computed[0]
    if (
        len(group.outputs) != 1
        or any(value.grid for value in group.computed)
        or any(call.word not in _MOVES for call in group.calls)
    ):
        return None
    name, full = group.outputs[0]
    if not same(full, x.full):
        return None
    shapes = [_named(rows, value) for value in group.computed]
    try:
        layer = layer.placed(*shapes)
        work = layer.work_for(rows.samples, layer.output(*shapes), *shapes)
        trained = sum_of(size(shape) for shape in layer.weights(*shapes).values())
    except (SpecError, ValueError, TypeError, IndexError, ZeroDivisionError):
        return None
    stated = sum_of(_products(call) for call in group.calls)
    if equal(work.macs, stated) is not True or equal(trained, sum_of(size(v.full) for v in group.trained)) is not True:
        return None
    call = msgspec.structs.replace(group.calls[-1], outputs=((name, full),), alone=True)
    return rows.add(call, layer, group.computed, full, x.batch, trained=group.trained)


def _named(rows: Rows, value: Value) -> NamedShape:
    x = rows.builder.shape(value.at)
    return NamedShape(x, axes_of(x))


def _products(call: Call) -> Dim:
    """The multiply-accumulates of an operator, by the shapes that the file states."""
    word = call.word
    if word == "linear":
        return size(call.full) * call.tensor("weight").full[-1]
    if word in {"bmm", "matmul"}:
        return size(call.full) * call.tensor("self").full[-1]
    if word == "scaled_dot_product_attention":
        query, key = call.tensor("query"), call.tensor("key")
        return size(query.full[:-1]) * key.full[-2] * (query.full[-1] + call.full[-1])
    return 0
