"""Sizes and shapes as people write them: 3x224x224, with letters for sizes left open."""

from __future__ import annotations

from archcalc.symbols.dims import Dim, Shape, is_letter, symbol

# The most digits of a size; no network needs more, and very long numbers are slow to parse.
_MAX_DIGITS = 15


def size_of(text: str) -> Dim | None:
    """The size that a text gives as a whole number or as a letter, or None if it is neither.

    >>> size_of("224"), size_of("0")
    (224, None)
    """
    if text.isdecimal() and len(text) <= _MAX_DIGITS and int(text):
        return int(text)
    return symbol(text) if is_letter(text) else None


def parts_of(shape: str) -> list[str]:
    """The sizes of a shape as they are written, 3, 224 and 224 of 3x224x224."""
    return shape.replace("×", "x").split("x")


def shape_of(text: str) -> Shape | None:
    """The shape that a text gives, or None if it is none.

    >>> shape_of("3x224x224"), shape_of("3xx224")
    ((3, 224, 224), None)
    """
    sizes = [size_of(part) for part in parts_of(text)]
    shape = tuple(size for size in sizes if size is not None)
    return shape if len(shape) == len(sizes) else None
