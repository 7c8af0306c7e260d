"""Layers to be put in order, and the buffers that they hold."""

from __future__ import annotations

from typing import NamedTuple


class HeldPiece(NamedTuple):
    """A buffer with its size in bytes, and masks of the layers that write it and of those that need it."""

    nbytes: int
    makers: int
    users: int


class Piece(NamedTuple):
    """Layers to put in order: for each a mask of its inputs and the bytes it works in, and all their buffers.

    In the masks the bit after the layers' stands for all that comes before them, the next for all that comes after.
    """

    needs: list[int]
    extra: list[int]
    buffers: list[HeldPiece]
