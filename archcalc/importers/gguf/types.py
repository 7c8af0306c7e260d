"""The types of values in GGUF files, which lie in blocks of some values with their scales."""

from __future__ import annotations

import msgspec

from archcalc.network.dtypes import Format


class StoredAs(msgspec.Struct, frozen=True):
    """A type by its name: the values of a block, the bytes of one, and the format that takes as many, if there is one."""

    name: str
    block: int
    bytes: int
    format: Format | None = None


def _grouped(dtype: str, *, zero: str | None = None) -> Format:
    """Groups of 32 values with a scale in 16 bits."""
    return Format(dtype, 32, "fp16", zero)


# By the numbers that files have for them, from ggml's `ggml.h` and the sizes in `gguf-py/gguf/constants.py`. A block of 256
# in Q4_K holds 8 groups of 32 with scales and zeros of 6 bits, and two factors of 16: as many bits as 8 scales of 16.
TYPES = {
    0: StoredAs("F32", 1, 4, Format("fp32")),
    1: StoredAs("F16", 1, 2, Format("fp16")),
    2: StoredAs("Q4_0", 32, 18, _grouped("int4")),
    3: StoredAs("Q4_1", 32, 20, _grouped("int4", zero="fp16")),
    6: StoredAs("Q5_0", 32, 22),
    7: StoredAs("Q5_1", 32, 24),
    8: StoredAs("Q8_0", 32, 34, _grouped("int8")),
    10: StoredAs("Q2_K", 256, 84),
    11: StoredAs("Q3_K", 256, 110),
    12: StoredAs("Q4_K", 256, 144, _grouped("int4")),
    13: StoredAs("Q5_K", 256, 176),
    14: StoredAs("Q6_K", 256, 210),
    15: StoredAs("Q8_K", 256, 292),
    16: StoredAs("IQ2_XXS", 256, 66),
    17: StoredAs("IQ2_XS", 256, 74),
    18: StoredAs("IQ3_XXS", 256, 98),
    19: StoredAs("IQ1_S", 256, 50),
    20: StoredAs("IQ4_NL", 32, 18, _grouped("int4")),
    21: StoredAs("IQ3_S", 256, 110),
    22: StoredAs("IQ2_S", 256, 82),
    23: StoredAs("IQ4_XS", 256, 136),
    24: StoredAs("I8", 1, 1),
    25: StoredAs("I16", 1, 2),
    26: StoredAs("I32", 1, 4),
    27: StoredAs("I64", 1, 8),
    28: StoredAs("F64", 1, 8, Format("fp64")),
    29: StoredAs("IQ1_M", 256, 56),
    30: StoredAs("BF16", 1, 2, Format("bf16")),
    34: StoredAs("TQ1_0", 256, 54),
    35: StoredAs("TQ2_0", 256, 66),
    39: StoredAs("MXFP4", 32, 17),
}
