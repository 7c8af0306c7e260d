"""Layers to be put in order, and what they hold."""

from __future__ import annotations

from typing import NamedTuple


class HeldPiece(NamedTuple):
    """A buffer of so many bytes, and as bits of a mask the layers that write it and all that need it."""

    nbytes: int
    makers: int
    users: int


class Piece(NamedTuple):
    """Layers to put in order: for each a mask of those it needs first and the bytes it works in, and what they hold.

    In the masks the bit after the layers' stands for all that comes before them, the next for all that comes after.
    """

    needs: list[int]
    extra: list[int]
    buffers: list[HeldPiece]
