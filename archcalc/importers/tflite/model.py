"""Tensors and operators as a file holds them. Field numbers are those of schema.fbs, and types those of its enumerations."""

from __future__ import annotations

from functools import cache
from math import prod
from typing import Final

import msgspec

from archcalc.importers.onnx.model import MOST_AXES, MOST_CONTENT
from archcalc.importers.tflite.flatbuffer import Data, Malformed, Span, Table, root, unpacked
from archcalc.importers.tflite.operator_codes import CUSTOM, operator_name

# The settings of operators in the order of their fields, each with its type and its default where they are not int and 0.
_WINDOW = "padding:b stride_w stride_h"
_POOL = f"{_WINDOW} filter_w filter_h activation:b"
_SETTINGS = {
    "CONV_2D": f"{_WINDOW} activation:b dilation_w=1 dilation_h=1",
    "DEPTHWISE_CONV_2D": f"{_WINDOW} multiplier activation:b dilation_w=1 dilation_h=1",
    "CONV_3D": "padding:b stride_d stride_w stride_h activation:b dilation_d=1 dilation_w=1 dilation_h=1",
    "TRANSPOSE_CONV": f"{_WINDOW} activation:b",
    "AVERAGE_POOL_2D": _POOL,
    "MAX_POOL_2D": _POOL,
    "FULLY_CONNECTED": "activation:b format:b keep_axes:b",
    "CONCATENATION": "axis activation:b",
    **dict.fromkeys(("ADD", "SUB", "MUL", "DIV", "LAYER_NORM"), "activation:b"),
    "LOCAL_RESPONSE_NORMALIZATION": "radius bias:f alpha:f beta:f",
    "UNIDIRECTIONAL_SEQUENCE_LSTM": "function:b cell_clip:f proj_clip:f time_major:b",
    **dict.fromkeys(("SPACE_TO_DEPTH", "DEPTH_TO_SPACE"), "block"),
    **dict.fromkeys(("MEAN", "SUM", "REDUCE_MAX", "REDUCE_MIN", "REDUCE_PROD"), "keep_axes:b"),
    "GATHER": "axis batch_axes",
    "STRIDED_SLICE": "begin_mask end_mask ellipsis_mask new_mask shrink_mask offset:b",
    "PACK": "count axis",
    "UNPACK": "count axis",
    "LEAKY_RELU": "alpha:f",
    "MIRROR_PAD": "mode:b",
    "BATCH_MATMUL": "turn_x:b turn_y:b",
    "GELU": "approximate:b",
}
# The fields that name the networks which operators run.
_RUNS = {"IF": (0, 1), "WHILE": (0, 1), "CALL": (0,), "CALL_ONCE": (0,)}
# Not in the list of tensors: an input that is left out.
_NONE: Final = -1
_MOST_ZEROS = 65_536


class Tensor(msgspec.Struct, frozen=True):
    """A tensor: its name, its sizes with -1 for those left open, its type, and where its values are if the file has them."""

    name: str
    shape: tuple[int, ...]
    type: int
    buffer: int = 0
    values: Span | None = None
    held: bool = False
    quantized: bool = False
    variable: bool = False

    @property
    def label(self) -> str:
        """The name that it goes by: that of the first operator in it."""
        return self.name.split(";")[0].strip("/")

    @property
    def count(self) -> int:
        """The number of its values, if its sizes are known."""
        return prod(self.shape)


@cache
def _settings(kind: str) -> dict[str, tuple[int, str, int]]:
    """The fields of an operator's settings, with their types and defaults, by name."""
    found = {}
    for field, word in enumerate(_SETTINGS.get(kind, "").split()):
        name, _, default = word.partition("=")
        name, _, code = name.partition(":")
        found[name] = (field, code or "i", int(default or 0))
    return found


class Operator(msgspec.Struct, frozen=True):
    """An operator: what it is, its settings, and the numbers of the tensors that it takes and makes."""

    kind: str
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    settings: Table | None = None
    custom: bool = False
    # Settings and margins, before and after each place, of one that stands for several.
    further: dict[str, int] = {}
    margins: tuple[int, ...] = ()
    # The place that a filter is along, of one that is along one axis alone.
    along: str = ""
    # The networks that it runs, by their numbers.
    runs: tuple[int, ...] = ()

    def number(self, name: str) -> int | float:
        """A number among its settings."""
        if name in self.further:
            return self.further[name]
        field, code, default = _settings(self.kind)[name]
        return default if self.settings is None else self.settings.number(field, code, default)

    def whole(self, name: str) -> int:
        """A whole number among its settings."""
        return int(self.number(name))

    def has(self, name: str) -> bool:
        """True if operators of its kind have a setting."""
        return name in _settings(self.kind)

    def given(self, place: int) -> int | None:
        """The number of an input; None for one left out."""
        found = self.inputs[place] if place < len(self.inputs) else _NONE
        return None if found == _NONE else found


class Inner(msgspec.Struct, frozen=True):
    """A network that operators of another run: the arrays that it holds, and which of what it takes it hands on as it is."""

    arrays: tuple[Tensor, ...]
    same: frozenset[int]


class Model(msgspec.Struct, frozen=True):
    """A network: its tensors, its operators in order, the tensors that it takes and makes, and names of those it takes."""

    data: Data
    tensors: tuple[Tensor, ...]
    operators: tuple[Operator, ...]
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    names: dict[int, str]
    # The other networks of the file that its operators run, by their numbers.
    inner: dict[int, Inner] = {}
    # What was read of the arrays: their numbers, and if all are 0.
    _contents: dict[int, tuple[int, ...] | None] = {}
    _zeros: dict[Span, bool] = {}

    def is_zero(self, number: int) -> bool:
        """True for a vector of zeros, which the converter writes for a bias that is missing."""
        tensor = self.tensors[number]
        span = tensor.values
        if span is None or span.length > _MOST_ZEROS or not tensor.held:
            return False
        if span not in self._zeros:
            self._zeros[span] = not any(self.data[span.start : span.start + span.length])
        return self._zeros[span]

    def content(self, number: int) -> tuple[int, ...] | None:
        """The whole numbers of a tensor that the file has; None if they are many or none."""
        if number not in self._contents:
            self._contents[number] = self._content(number)
        return self._contents[number]

    def _content(self, number: int) -> tuple[int, ...] | None:
        tensor = self.tensors[number]
        code = {2: "i", 4: "q", 6: "?", 7: "h", 15: "I"}.get(tensor.type)
        if not tensor.held or code is None or tensor.count > MOST_CONTENT:
            return None
        if tensor.count == 0:
            return ()
        size = {"i": 4, "q": 8, "?": 1, "h": 2, "I": 4}[code]
        if tensor.values is None or tensor.values.length < tensor.count * size:
            return None
        return tuple(map(int, unpacked(self.data, code, tensor.values.start, tensor.count)))


def model_of(data: Data) -> Model:
    """The network in a file: that of its first signature, or else its first."""
    top = root(data)
    parts = top.tables(2)
    signature = next(iter(top.tables(7)), None)
    which = 0 if signature is None else signature.whole(4, "I")
    if not 0 <= which < len(parts):
        raise Malformed("it holds no network")
    part, buffers = parts[which], top.tables(4)
    codes = [_code(table) for table in top.tables(1)]
    tensors, operators = _contents(part, buffers, codes)
    inputs, outputs = part.wholes(1) or (), part.wholes(2) or ()
    if not all(0 <= n < len(tensors) for n in (*inputs, *outputs)):
        raise Malformed("it takes or makes a tensor that is not there")
    named = [] if signature is None else signature.tables(0)
    names = {table.whole(1, "I"): table.word(0) for table in named}
    return Model(data, tensors, operators, inputs, outputs, names, _inner(operators, parts, buffers, codes))


def _contents(
    part: Table, buffers: list[Table], codes: list[tuple[str, bool]]
) -> tuple[tuple[Tensor, ...], tuple[Operator, ...]]:
    """The tensors of a network and its operators."""
    tensors = tuple(_tensor(table, buffers) for table in part.tables(0))
    return tensors, tuple(_operator(table, codes, len(tensors)) for table in part.tables(3))


def _inner(
    operators: tuple[Operator, ...], parts: list[Table], buffers: list[Table], codes: list[tuple[str, bool]]
) -> dict[int, Inner]:
    """The networks that operators run, and those that these run, by the number of each."""
    found: dict[int, Inner] = {}
    pending = [number for op in operators for number in op.runs]
    while pending:
        number = pending.pop()
        if number in found or not 0 <= number < len(parts):
            continue
        tensors, inside = _contents(parts[number], buffers, codes)
        ends = enumerate(zip(parts[number].wholes(1) or (), parts[number].wholes(2) or (), strict=False))
        same = frozenset(place for place, (start, end) in ends if start == end)
        found[number] = Inner(tuple(tensor for tensor in tensors if tensor.held), same)
        pending += [further for op in inside for further in op.runs]
    return found


def _code(table: Table) -> tuple[str, bool]:
    """The name of an operator, and whether it is somebody's own. Numbers above 127 are in a field of their own."""
    code = max(table.whole(0, "b"), table.whole(3))
    return (table.word(1) or "custom", True) if code == CUSTOM else (operator_name(code), False)


def _operator(table: Table, codes: list[tuple[str, bool]], tensors: int) -> Operator:
    which = table.whole(0, "I")
    if which >= len(codes):
        raise Malformed("an operator of no kind")
    kind, custom = codes[which]
    inputs, outputs = table.wholes(1) or (), table.wholes(2) or ()
    if not all(_NONE <= n < tensors for n in inputs) or not all(0 <= n < tensors for n in outputs):
        raise Malformed(f"{kind[:40]} takes or makes a tensor that is not there")
    settings = table.table(4)
    fields = () if settings is None or custom else _RUNS.get(kind, ())
    runs = tuple(settings.whole(field) for field in fields) if settings is not None else ()
    return Operator(kind, inputs, outputs, settings, custom, runs=runs)


def _tensor(table: Table, buffers: list[Table]) -> Tensor:
    shape = table.wholes(0, MOST_AXES) or ()
    signature = table.wholes(7, MOST_AXES)
    name = table.word(3)
    if signature is not None and len(signature) == len(shape):
        shape = signature
    if min(shape, default=0) < -1:
        raise Malformed(f"the tensor '{name[:60]}' has no size")
    buffer = table.whole(2, "I")
    values, held = None, table.whole(10, "I") > 0
    if 0 < buffer < len(buffers):
        values = buffers[buffer].span(0)
        # Of large files the values lie behind the tables.
        held = held or (values is not None and values.length > 0) or buffers[buffer].whole(1, "Q") > 1
    scales = table.table(4)
    quantized = scales is not None and (scales.has(2) or scales.whole(4, "B") > 0)
    return Tensor(name, shape, table.whole(1, "b"), buffer, values, held, quantized, bool(table.whole(5, "b")))
