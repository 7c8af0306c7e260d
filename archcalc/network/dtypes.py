"""The dtypes of values in memory, and the formats of weights: one dtype, or a narrow one in groups."""

from __future__ import annotations

import msgspec

from archcalc.errors import SpecError, nearest
from archcalc.symbols.dims import Dim, Shape, ceil_div, quotient, size

# Bits in memory. tf32 is a way to multiply: its values are stored as fp32 (NVIDIA A100 white paper, 2020).
DTYPES = {"fp64": 64, "fp32": 32, "tf32": 32, "fp16": 16, "bf16": 16, "fp8": 8, "int8": 8, "int4": 4}


def bits(dtype: str) -> int:
    """The bits of a value of a dtype; raises SpecError for an unknown name.

    >>> bits("bf16")
    16
    """
    if dtype not in DTYPES:
        raise SpecError(f"no dtype '{dtype}'", None, nearest(dtype, list(DTYPES)) or f"there are {', '.join(DTYPES)}")
    return DTYPES[dtype]


class Format(msgspec.Struct, frozen=True):
    """The format of an array in memory: a dtype, and in `group` the values that share a scale and a zero, if any do.

    A group is so many values in a row of an array, which are the inputs of one of its outputs, as in GPTQ (Frantar et
    al. 2022, arXiv:2210.17323) and AWQ (Lin et al. 2023, arXiv:2306.00978). Without `zero` they lie around 0.
    """

    dtype: str
    group: Dim | None = None
    scale: str = "fp16"
    zero: str | None = None

    def takes(self, shape: Shape) -> bool:
        """True if it is a format for arrays of this shape: groups are in the rows of matrices, not in vectors.

        >>> Format("int4", group=128).takes((64,))
        False
        """
        return self.group is None or len(shape) > 1

    def bits(self, shape: Shape) -> Dim:
        """The bits of an array with its scales and zeros.

        >>> Format("bf16").bits((4096, 4096))
        268435456
        >>> Format("int4", group=128, zero="int4").bits((1, 128))
        532
        """
        values = size(shape)
        if self.group is None:
            return values * bits(self.dtype)
        groups = quotient(values, self.group)
        beside = bits(self.scale) + (0 if self.zero is None else bits(self.zero))
        return values * bits(self.dtype) + groups * beside

    def bytes(self, shape: Shape) -> Dim:
        """The whole bytes that the array takes.

        >>> Format("int4").bytes((3, 3))
        5
        """
        if self.group is None and bits(self.dtype) % 8 == 0:
            return size(shape) * (bits(self.dtype) // 8)
        return ceil_div(self.bits(shape), 8)


SINGLE = Format("fp32")
