"""ONNX files written field by field, with no more than the tests need."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import Any

FLOAT, INT64 = 1, 7


def varint(number: int) -> bytes:
    number &= 2**64 - 1
    return bytes([number & 127 | 128]) + varint(number >> 7) if number > 127 else bytes([number])


def number(field: int, value: int) -> bytes:
    return varint(field << 3) + varint(value)


def part(field: int, content: bytes | str) -> bytes:
    content = content.encode() if isinstance(content, str) else content
    return varint(field << 3 | 2) + varint(len(content)) + content


def array(name: str, shape: Sequence[int], values: Sequence[int] | None = None, *, raw: bytes = b"") -> bytes:
    """Weights without their values, or whole numbers."""
    content = b"".join(number(1, n) for n in shape) + number(2, FLOAT if values is None else INT64) + part(8, name)
    return content + (part(9, raw) if values is None else part(7, b"".join(map(varint, values))))


def value(name: str, *shape: int | str, kind: int = FLOAT) -> bytes:
    sizes = b"".join(part(1, number(1, n) if isinstance(n, int) else part(2, n)) for n in shape)
    return part(1, name) + part(2, part(1, number(1, kind) + part(2, sizes)))


def attribute(name: str, value: Any) -> bytes:
    match value:
        case bytes():
            return part(1, name) + part(5, value) + number(20, 4)
        case str():
            return part(1, name) + part(4, value) + number(20, 3)
        case float():
            return part(1, name) + varint(2 << 3 | 5) + struct.pack("<f", value) + number(20, 1)
        case int():
            return part(1, name) + number(3, value) + number(20, 2)
        case _:
            return part(1, name) + b"".join(number(8, n) for n in value) + number(20, 7)


def node(kind: str, inputs: str, outputs: str, *, name: str = "", domain: str = "", **attributes: Any) -> bytes:
    """An operator; `inputs` and `outputs` are names with blanks between them, `-` for an input left out."""
    content = b"".join(part(1, one.replace("-", "")) for one in inputs.split())
    content += b"".join(part(2, one) for one in outputs.split())
    content += part(3, name or outputs.split(maxsplit=1)[0]) + part(4, kind) + part(7, domain)
    return content + b"".join(part(5, attribute(key, of)) for key, of in attributes.items())


def graph(
    nodes: Sequence[bytes],
    inputs: Sequence[bytes],
    outputs: Sequence[bytes],
    arrays: Sequence[bytes] = (),
    stated: Sequence[bytes] = (),
) -> bytes:
    fields = {1: nodes, 5: arrays, 11: inputs, 12: outputs, 13: stated}
    return part(2, "g") + b"".join(part(field, one) for field, ones in fields.items() for one in ones)


def model(*parts: Any, opset: int = 17, functions: Sequence[bytes] = (), **named: Any) -> bytes:
    """A model of a graph, which is given as its parts."""
    head = number(1, 8) + part(2, "tests")
    ending = b"".join(part(25, one) for one in functions)
    return head + part(7, graph(*parts, **named)) + part(8, part(1, "") + number(2, opset)) + ending


# A convolution of 3×8×8 with 4 filters of 3×3, a ReLU, and 10 classes.
SMALL = model(
    [
        node("Conv", "x w b", "conv", kernel_shape=[3, 3], pads=[1, 1, 1, 1]),
        node("Relu", "conv", "act"),
        node("Flatten", "act", "flat"),
        node("Gemm", "flat fc.w fc.b", "y", name="fc", transB=1),
    ],
    [value("x", "N", 3, 8, 8)],
    [value("y", "N", 10)],
    [array("w", (4, 3, 3, 3)), array("b", (4,)), array("fc.w", (10, 256)), array("fc.b", (10,))],
)
