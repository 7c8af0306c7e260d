"""Attention as ONNX files have it in single operators."""

from __future__ import annotations

import struct
from collections.abc import Sequence

from tests.importers.onnx_files import array, node, value

# Six tokens of 8 features, in 2 heads of 4.
TOKENS, WIDTH, HEADS, EACH = 6, 8, 2, 4
X = value("x", 1, TOKENS, WIDTH)
SPLIT = array("split", (4,), [1, TOKENS, HEADS, EACH])
JOIN = array("join", (3,), [1, TOKENS, WIDTH])


def number(of: float, name: str = "root") -> bytes:
    return array(name, (), raw=struct.pack("<f", of))


def floats(name: str, shape: Sequence[int], values: Sequence[float]) -> bytes:
    return array(name, shape, raw=struct.pack(f"<{len(values)}f", *values))


def projection(of: str, reads: str = "x", *, turned: bool = False) -> list[bytes]:
    """A dense layer whose output is heads×tokens×values, or heads×values×tokens."""
    order = [0, 2, 3, 1] if turned else [0, 2, 1, 3]
    return [
        node("MatMul", f"{reads} w{of}", f"{of}0"),
        node("Reshape", f"{of}0 split", f"{of}1"),
        node("Transpose", f"{of}1", of, perm=order),
    ]


def heads(*between: bytes, scores: str = "Softmax", mixed: str = "v") -> list[bytes]:
    """Queries by keys, what is done to their scores `s`, and values by what comes of it, `p`."""
    return [
        node("MatMul", "q k", "s"),
        *(between or [node("Div", "s root", "t"), node(scores, "t", "p", axis=-1)]),
        node("MatMul", f"p {mixed}", "m"),
        node("Transpose", "m", "n", perm=[0, 2, 1, 3]),
        node("Reshape", "n join", "o"),
        node("MatMul", "o wo", "y"),
    ]


SEPARATE = [*projection("q"), *projection("k", turned=True), *projection("v")]
ARRAYS = [SPLIT, JOIN, number(2.0), *(array(f"w{of}", (WIDTH, WIDTH)) for of in "qkvo")]
ALL_AT_ONCE = [
    node("MatMul", "x w3", "a"),
    node("Reshape", "a split3", "b"),
    node("Transpose", "b", "c", perm=[2, 0, 3, 1, 4]),
    *(node("Gather", f"c at{i}", of, axis=0) for i, of in enumerate("qlv")),
    node("Transpose", "l", "k", perm=[0, 1, 3, 2]),
]
IN_PARTS = [
    node("MatMul", "x w3", "a"),
    node("Split", "a parts", "a0 a1 a2", axis=2),
    *(node("Reshape", f"a{i} split", f"b{i}") for i in range(3)),
    *(node("Transpose", f"b{i}", of, perm=[0, 2, 1, 3]) for i, of in enumerate("qlv")),
    node("Transpose", "l", "k", perm=[0, 1, 3, 2]),
]
COMBINED = [
    *(array(f"at{i}", (), [i]) for i in range(3)),
    array("split3", (5,), [1, TOKENS, 3, HEADS, EACH]),
    array("parts", (3,), [WIDTH] * 3),
    array("w3", (WIDTH, 3 * WIDTH)),
]
