"""The reader of safetensors, which tells what a file holds and where its network is to be had."""

from __future__ import annotations

from typing import Annotated, NoReturn

import msgspec

from archcalc.errors import Source, SpecError
from archcalc.importers.safetensors import MAX_HEADER
from archcalc.symbols.dims import format_shape, size

_LARGEST = 3
_MAX_DTYPES = 8
_WHERE = "the sizes of the network are in the config.json beside it, or come from the module: archcalc.from_torch"

_Size = Annotated[int, msgspec.Meta(ge=0)]


class _Array(msgspec.Struct):
    """An array of a header: the type of its values, its shape, and the first and last (exclusive) of its bytes."""

    dtype: str
    shape: tuple[_Size, ...]
    data_offsets: tuple[_Size, _Size]


def read(source: Source) -> NoReturn:
    """No network; raises SpecError with the arrays, values and bytes of the file."""
    arrays = _arrays(source)
    bytes_of: dict[str, int] = {}
    for array in arrays.values():
        first, last = array.data_offsets
        bytes_of[array.dtype] = bytes_of.get(array.dtype, 0) + last - first
    values = sum(int(size(array.shape)) for array in arrays.values())
    dtypes = sorted(bytes_of, key=lambda dtype: -bytes_of[dtype])[:_MAX_DTYPES]
    said = ", ".join(f"{dtype[:20]} {bytes_of[dtype]:,}" for dtype in dtypes)
    held = f"{len(arrays):,} arrays of {values:,} values, {sum(bytes_of.values()):,} bytes{': ' * bool(said)}{said}"
    largest = sorted(arrays, key=lambda name: -int(size(arrays[name].shape)))[:_LARGEST]
    shapes = ", ".join(f"{name[:60]} {format_shape(arrays[name].shape)}" for name in largest)
    raise SpecError(
        f"{source.name}: holds weights and no network", None, held, f"the largest: {shapes}" if shapes else "", _WHERE
    )


def _arrays(source: Source) -> dict[str, _Array]:
    """The arrays of a file by their names; raises SpecError if its header is damaged."""
    length = int.from_bytes(source.data[:8], "little")
    header = source.data[8 : 8 + min(length, MAX_HEADER)]
    try:
        entries = msgspec.json.decode(header, type=dict[str, msgspec.Raw])
        entries.pop("__metadata__", None)
        return {name: msgspec.json.decode(raw, type=_Array) for name, raw in entries.items()}
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        raise SpecError(f"{source.name}: the header of the file is damaged", None, "it is no list of arrays") from None
