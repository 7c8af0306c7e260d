"""Arrays in numpy's files: the header, known before anything is read, and as many values as it states.

The format is that of `numpy.lib.format`; of all that it allows, only arrays of plain numbers are read.
"""

from __future__ import annotations

import ast
import math
import warnings
from typing import IO, Any, NamedTuple

import numpy as np

# The kinds of real numbers: floats, signed and unsigned whole numbers, and booleans.
_NUMBERS = "fiub"
_MAGIC = b"\x93NUMPY"
# The longest header that numpy itself reads from an untrusted file.
_MAX_LENGTH = 10_000
_MAX_AXES = 32
_PIECE = 2**20


class Header(NamedTuple):
    """The header of a .npy file: the array's shape and dtype, and true if the first axis varies fastest."""

    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    fortran: bool
    # The offset of the values.
    start: int

    @property
    def nbytes(self) -> int:
        """The bytes of the values."""
        return math.prod(self.shape) * self.dtype.itemsize


def header_of(file: IO[bytes], size: int) -> Header:
    """The header of a .npy file of `size` bytes; raises ValueError if it is malformed, or does not fit the file."""
    magic = file.read(8)
    if magic[:6] != _MAGIC or len(magic) < 8:
        raise ValueError("it does not begin as a .npy file does")
    if magic[6] not in {1, 2, 3}:
        raise ValueError(f"version {magic[6]} of the format is not known")
    width = 2 if magic[6] == 1 else 4
    length = int.from_bytes(file.read(width), "little")
    start = 8 + width + length
    if length > _MAX_LENGTH or start > size:
        raise ValueError(f"its header would be of {length:,} bytes")
    said = _literal(file.read(length).decode("utf-8" if magic[6] == 3 else "latin-1"))
    match said:
        case {"descr": str(descr), "fortran_order": bool(fortran), "shape": tuple(shape)} if len(said) == 3:
            header = Header(shape, _dtype(descr), fortran, start)
        case {"descr": list()}:
            raise ValueError("its values have several fields each, and are no numbers")
        case _:
            raise ValueError("its header does not say what it holds")
    if len(shape) > _MAX_AXES or not all(type(n) is int and 0 <= n < 2**63 for n in shape):
        raise ValueError("its header holds no shape")
    if header.nbytes != size - start:
        raise ValueError(f"its header says {header.nbytes:,} bytes of values, and it holds {size - start:,}")
    return header


def values_of(file: IO[bytes], header: Header) -> Any:
    """The values that follow a header; raises ValueError if the file ends before them."""
    raw = np.empty(header.nbytes, np.uint8)
    for place in range(0, header.nbytes, _PIECE):
        piece = file.read(min(_PIECE, header.nbytes - place))
        if len(piece) != min(_PIECE, header.nbytes - place):
            raise ValueError(f"it ends after {place + len(piece):,} of {header.nbytes:,} bytes of values")
        raw[place : place + len(piece)] = np.frombuffer(piece, np.uint8)
    return raw.view(header.dtype).reshape(header.shape, order="F" if header.fortran else "C")


def _literal(text: str) -> Any:
    """The value of a header's text as a Python literal, or None."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.literal_eval(text.strip())
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return None


def _dtype(descr: str) -> np.dtype[Any]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            dtype = np.dtype(descr)
    except (ValueError, TypeError, SyntaxError):
        raise ValueError(f"'{descr[:60]}' is no type of values") from None
    if dtype.kind not in _NUMBERS:
        raise ValueError(f"its values are of type {dtype.name}, and no real numbers")
    return dtype
