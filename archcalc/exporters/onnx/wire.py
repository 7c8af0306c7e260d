"""Parts of an ONNX file in the wire format of protocol buffers (onnx.proto of the ONNX project has the numbers of the fields)."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Mapping, Sequence
from typing import TypeAlias

Attribute: TypeAlias = "int | float | str | Sequence[int] | Sequence[str] | bytes"

# The types in which a field is written, and those of the values of arrays.
_NUMBER, _BYTES, _FIXED32 = 0, 2, 5
FLOAT, INT64 = 1, 7
# The types of attributes; bytes are an array.
_FLOAT, _INT, _STRING, _TENSOR, _INTS, _STRINGS = 1, 2, 3, 4, 7, 8


def varint(number: int) -> bytes:
    """A number in groups of seven bits, the last of them first; one below zero is one of 64 bits.

    >>> varint(300).hex(), varint(-1).hex()
    ('ac02', 'ffffffffffffffffff01')
    """
    number &= 2**64 - 1
    found = bytearray()
    while number > 127:
        found.append(number & 127 | 128)
        number >>= 7
    return bytes((*found, number))


def number(field: int, value: int) -> bytes:
    """A field that is a whole number."""
    return varint(field << 3 | _NUMBER) + varint(value)


def part(field: int, *contents: bytes | str) -> bytes:
    """A field of text or of further fields, given in one piece or several."""
    pieces = [piece.encode() if isinstance(piece, str) else piece for piece in contents]
    return b"".join((varint(field << 3 | _BYTES), varint(sum(map(len, pieces))), *pieces))


def array(name: str, shape: Iterable[int], kind: int, values: bytes) -> list[bytes]:
    """The pieces of an array, whose values lie one after the other, the lowest byte of each first."""
    sizes = b"".join(number(1, n) for n in shape)
    return [sizes, number(2, kind), part(8, name), varint(9 << 3 | _BYTES), varint(len(values)), values]


def attribute(name: str, value: Attribute) -> bytes:
    """A setting of an operator, its type with it.

    >>> attribute("axis", 1).hex(" ")
    '0a 04 61 78 69 73 18 01 a0 01 02'
    """
    match value:
        case bytes():
            content, kind = part(5, value), _TENSOR
        case str():
            content, kind = part(4, value), _STRING
        case int():
            content, kind = number(3, value), _INT
        case float():
            content, kind = varint(2 << 3 | _FIXED32) + struct.pack("<f", value), _FLOAT
        case [str(), *_]:
            content, kind = b"".join(part(9, str(one)) for one in value), _STRINGS
        case _:
            content, kind = b"".join(number(8, int(n)) for n in value), _INTS
    return part(1, name) + content + number(20, kind)


def operator(
    kind: str, name: str, inputs: Iterable[str], outputs: Iterable[str], settings: Mapping[str, Attribute]
) -> bytes:
    """An operator between values by their names; an empty name leaves an input out."""
    values = b"".join(part(field, one) for field, ones in ((1, inputs), (2, outputs)) for one in ones)
    return values + part(3, name) + part(4, kind) + b"".join(part(5, attribute(*one)) for one in settings.items())


def value(name: str, kind: int, shape: Iterable[int | str]) -> bytes:
    """The type and shape of a value: sizes, names of those that are open, and "" for one of which nothing is said."""
    sizes = (part(1, number(1, n) if isinstance(n, int) else part(2, n) if n else b"") for n in shape)
    return part(1, name) + part(2, part(1, number(1, kind) + part(2, *sizes)))
