"""TensorFlow Lite files written table by table, with no more than the tests need. Numbers are those of schema.fbs."""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from math import prod
from typing import TypeAlias

from archcalc.errors import Source
from archcalc.importers import importer_of
from archcalc.importers.registry import HEAD
from archcalc.network.graph import Graph
from archcalc.profiling.engine import profile

# A number with its type, a word, bytes, whole numbers, a table by its fields, or tables.
Part: TypeAlias = "tuple[str, float] | str | bytes | list[int] | Mapping[int, Part] | list[Mapping[int, Part]]"
Table: TypeAlias = "Mapping[int, Part]"

FLOAT32, FLOAT16, INT32, UINT8, INT8 = 0, 1, 2, 3, 9
SAME, VALID = 0, 1
RELU, RELU6 = 1, 3
SIZES = {FLOAT32: 4, FLOAT16: 2, INT32: 4, UINT8: 1, INT8: 1}
CODES = {
    "ADD": 0,
    "AVERAGE_POOL_2D": 1,
    "CONCATENATION": 2,
    "CONV_2D": 3,
    "DEPTHWISE_CONV_2D": 4,
    "DEQUANTIZE": 6,
    "EMBEDDING_LOOKUP": 7,
    "FULLY_CONNECTED": 9,
    "L2_NORMALIZATION": 11,
    "MAX_POOL_2D": 17,
    "MUL": 18,
    "RESHAPE": 22,
    "NEG": 59,
    "RESIZE_BILINEAR": 23,
    "SOFTMAX": 25,
    "CUSTOM": 32,
    "PAD": 34,
    "GATHER": 36,
    "BATCH_TO_SPACE_ND": 37,
    "SPACE_TO_BATCH_ND": 38,
    "TRANSPOSE": 39,
    "MEAN": 40,
    "SUB": 41,
    "UNIDIRECTIONAL_SEQUENCE_LSTM": 44,
    "STRIDED_SLICE": 45,
    "SPLIT": 49,
    "PRELU": 54,
    "SLICE": 65,
    "TRANSPOSE_CONV": 67,
    "EXPAND_DIMS": 70,
    "RSQRT": 76,
    "SHAPE": 77,
    "PACK": 83,
    "UNPACK": 88,
    "SQUEEZE": 43,
    "SQUARED_DIFFERENCE": 99,
    "QUANTIZE": 114,
    "HARD_SWISH": 117,
    "WHILE": 119,
    "BATCH_MATMUL": 126,
    "GELU": 150,
}
# The sort of an operator's settings, by which other readers know them.
_SORTS = {
    "CONV_2D": 1,
    "DEPTHWISE_CONV_2D": 2,
    "AVERAGE_POOL_2D": 5,
    "MAX_POOL_2D": 5,
    "FULLY_CONNECTED": 8,
    "SOFTMAX": 9,
    "CONCATENATION": 10,
    "ADD": 11,
    "MUL": 21,
    "GATHER": 23,
    "MEAN": 27,
    "SUB": 28,
    "STRIDED_SLICE": 32,
    "SPLIT": 35,
    "TRANSPOSE_CONV": 49,
    "PACK": 59,
    "UNPACK": 64,
}


def _at(out: bytearray, align: int) -> int:
    out += bytes(-len(out) % align)
    return len(out)


def _put(out: bytearray, part: Part) -> int:
    """Append a part, and say where it begins; what it names comes after it."""
    if isinstance(part, str):
        part = part.encode() + b"\0"
        at = _at(out, 4)
        out += struct.pack("<I", len(part) - 1) + part
        return at
    if isinstance(part, bytes):
        # Values begin at a multiple of 16.
        at = _at(out, 16) + 12
        out += bytes(12) + struct.pack("<I", len(part)) + part
        return at
    if isinstance(part, list):
        at = _at(out, 4)
        out += struct.pack("<I", len(part)) + b"".join(struct.pack("<i", n if isinstance(n, int) else 0) for n in part)
        for place, one in enumerate(part):
            if not isinstance(one, int):
                struct.pack_into("<I", out, at + 4 + 4 * place, _put(out, one) - at - 4 - 4 * place)
        return at
    assert isinstance(part, Mapping)
    fields = max(part, default=-1) + 1
    places = _at(out, 4)
    at = places + 4 + 2 * fields + (-(4 + 2 * fields) % 4)
    slots = {field: 4 + 8 * n for n, field in enumerate(sorted(part))}
    size = 4 + 8 * len(slots)
    out += struct.pack("<HH", 4 + 2 * fields, size)
    out += b"".join(struct.pack("<H", slots.get(field, 0)) for field in range(fields))
    out += bytes(at - len(out)) + struct.pack("<i", at - places) + bytes(8 * len(slots))
    for field, slot in slots.items():
        value = part[field]
        if isinstance(value, tuple):
            struct.pack_into(f"<{value[0]}", out, at + slot, value[1])
        else:
            struct.pack_into("<I", out, at + slot, _put(out, value) - at - slot)
    return at


def read(content: bytes) -> Graph:
    """The network in a file."""
    found = importer_of(content[:HEAD], "net").read(Source("net.tflite", content))
    assert isinstance(found, Graph)
    return found


def totals(graph: Graph) -> tuple[object, object]:
    """The params and MACs of a network."""
    found = profile(graph).totals
    return found.params, found.macs


def rows(graph: Graph) -> list[tuple[str, tuple[object, ...]]]:
    """The kinds and sizes of all rows but the first."""
    return [(node.layer.kind, tuple(node.shape)) for node in graph.nodes[1:]]


class File:
    """A file that is being written."""

    def __init__(self) -> None:
        self.tensors: list[Table] = []
        self.operators: list[Table] = []
        self.kinds: list[tuple[str, str]] = []
        self.buffers: list[Table] = [{}]
        self.further: list[Table] = []

    def tensor(  # noqa: PLR0913 - each is a field
        self,
        name: str,
        shape: Sequence[int],
        *,
        kind: int = FLOAT32,
        buffer: int = 0,
        scale: bool = False,
        open_at: Sequence[int] = (),
        variable: bool = False,
    ) -> int:
        """A tensor; axes that are left open have a 1 in its shape."""
        table: dict[int, Part] = {0: [1 if at in open_at else n for at, n in enumerate(shape)], 1: ("b", kind), 3: name}
        if buffer:
            table[2] = ("I", buffer)
        if scale:
            table[4] = {2: [1065353216]}
        if variable:
            table[5] = ("b", 1)
        if open_at:
            table[7] = [-1 if at in open_at else n for at, n in enumerate(shape)]
        self.tensors.append(table)
        return len(self.tensors) - 1

    def buffer(self, content: bytes) -> int:
        self.buffers.append({0: content})
        return len(self.buffers) - 1

    def weights(self, name: str, *shape: int, kind: int = FLOAT32, scale: bool = False) -> int:
        """An array of the file, none of whose values is 0."""
        content = b"\x01" * (prod(shape) * SIZES[kind])
        return self.tensor(name, shape, kind=kind, buffer=self.buffer(content), scale=scale)

    def numbers(self, *numbers: int, single: bool = False) -> int:
        """Whole numbers in a row, or a single one without an axis."""
        content = struct.pack(f"<{len(numbers)}i", *numbers)
        return self.tensor("numbers", () if single else (len(numbers),), kind=INT32, buffer=self.buffer(content))

    def op(
        self,
        kind: str,
        inputs: Sequence[int],
        outputs: int | Sequence[int],
        settings: Table | None = None,
        custom: str = "",
    ) -> int:
        """An operator, and the first tensor that it makes; `settings` are fields by their numbers."""
        key = (kind, custom)
        if key not in self.kinds:
            self.kinds.append(key)
        made = [outputs] if isinstance(outputs, int) else list(outputs)
        table: dict[int, Part] = {0: ("I", self.kinds.index(key)), 1: list(inputs), 2: made}
        if settings is not None:
            table |= {3: ("B", _SORTS.get(kind, 1)), 4: settings}
        self.operators.append(table)
        return made[0]

    def graph(self, inputs: Sequence[int], outputs: Sequence[int]) -> Table:
        """The network of what was added, after which another may be begun."""
        table: Table = {0: self.tensors, 1: list(inputs), 2: list(outputs), 3: self.operators}
        self.tensors, self.operators = [], []
        return table

    def content(self, inputs: Sequence[int], outputs: Sequence[int], signatures: Part = "") -> bytes:
        """The bytes of the file, with the networks in `further` behind the first."""
        first = self.graph(inputs, outputs)
        codes: list[Table] = [
            {0: ("b", min(CODES[kind], 127)), 3: ("i", CODES[kind]), **({1: custom} if custom else {})}
            for kind, custom in self.kinds
        ]
        top: dict[int, Part] = {0: ("I", 3), 1: codes, 2: [first, *self.further], 4: self.buffers}
        top |= {7: signatures} if signatures else {}
        out = bytearray(b"\0\0\0\0TFL3")
        struct.pack_into("<I", out, 0, _put(out, top))
        return bytes(out)


def window(*, stride: int = 1, padding: int = SAME, activation: int = 0, dilation: int = 1) -> Table:
    """The settings of a convolution."""
    return {
        0: ("b", padding),
        1: ("i", stride),
        2: ("i", stride),
        3: ("b", activation),
        4: ("i", dilation),
        5: ("i", dilation),
    }


def depthwise(*, multiplier: int, stride: int = 1, activation: int = 0) -> Table:
    """The settings of a convolution of each channel alone."""
    return {
        0: ("b", SAME),
        1: ("i", stride),
        2: ("i", stride),
        3: ("i", multiplier),
        4: ("b", activation),
        5: ("i", 1),
        6: ("i", 1),
    }


def pool(kernel: int, stride: int, padding: int = VALID) -> Table:
    """The settings of a pool."""
    return {0: ("b", padding), 1: ("i", stride), 2: ("i", stride), 3: ("i", kernel), 4: ("i", kernel)}


def small() -> bytes:
    """A convolution, a depthwise one, a pool over everything, and a dense layer with softmax."""
    file = File()
    x = file.tensor("serving_default_x:0", (1, 9, 8, 3))
    y = file.tensor("net/conv/Relu6;net/conv/Conv2D", (1, 5, 4, 8))
    file.op("CONV_2D", [x, file.weights("w", 8, 3, 3, 3), file.weights("b", 8)], y, window(stride=2, activation=RELU6))
    z = file.tensor("net/dw", (1, 5, 4, 16))
    file.op(
        "DEPTHWISE_CONV_2D", [y, file.weights("dw", 1, 3, 3, 16), file.weights("db", 16)], z, depthwise(multiplier=2)
    )
    pooled = file.op("MEAN", [z, file.numbers(1, 2)], file.tensor("net/pool", (1, 16)), {0: ("b", 0)})
    out = file.tensor("net/fc", (1, 10))
    file.op("FULLY_CONNECTED", [pooled, file.weights("fw", 10, 16), file.weights("fb", 10)], out, {0: ("b", 0)})
    probabilities = file.op("SOFTMAX", [out], file.tensor("net/probabilities", (1, 10)), {0: ("f", 1.0)})
    return file.content([x], [probabilities])


SMALL = small()
