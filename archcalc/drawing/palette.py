"""The colours of pictures: of text and lines on a light ground, and of the families of layers."""

from __future__ import annotations

import msgspec

from archcalc.layers.registry import Family

INK = "#1b1f24"
# The colour of secondary text: arrows and the shapes along them.
SOFT = "#57606a"
# The colour of boxes around others.
FRAME = "#8891a0"


# The steps of each part of a colour in a terminal's cube of 6 by 6 by 6.
_CUBE = (0, 95, 135, 175, 215, 255)


class Colours(msgspec.Struct, frozen=True):
    """A family of layers in words, its light fill and its strong colour of the same hue, and the two for dark pages."""

    words: str
    fill: str
    line: str
    dark_fill: str
    dark_line: str


def terminal(colour: str) -> int:
    """The nearest of a terminal's 256 colours, of those that no theme changes: the cube and the greys.

    >>> terminal("#ffffff"), terminal("#0000d8"), terminal("#090909")
    (231, 20, 232)
    """
    wanted = [int(colour[i : i + 2], 16) for i in (1, 3, 5)]
    places = {16 + 36 * r + 6 * g + b: (r, g, b) for r in range(6) for g in range(6) for b in range(6)}
    known = {number: [_CUBE[place] for place in of] for number, of in places.items()}
    known |= {232 + place: [8 + 10 * place] * 3 for place in range(24)}
    return min(known, key=lambda number: sum((a - b) ** 2 for a, b in zip(known[number], wanted, strict=True)))


# The fills are light enough to read dark text on. The strong colours differ by 20 in CIELAB, also for people with too
# few cones for red or green.
FAMILIES: dict[Family, Colours] = {
    "conv": Colours("convolution", "#dbe9f8", "#30b2f0", "#1d3550", "#6aa5de"),
    "pool": Colours("pooling", "#fbdcd6", "#834331", "#4d241c", "#e58a76"),
    "norm": Colours("normalisation", "#e9e1f5", "#4f40d6", "#35284f", "#a98fdc"),
    "activation": Colours("activation", "#fdf0cc", "#a68d49", "#463710", "#dcb548"),
    "merge": Colours("merge", "#d8f0dd", "#77af89", "#1b3f26", "#6cc088"),
    "linear": Colours("dense, embedding", "#fde3c8", "#fe8801", "#4a2f12", "#e39d52"),
    "attention": Colours("attention, recurrent", "#f7dcec", "#a92a9e", "#482038", "#dd82b6"),
    "other": Colours("other", "#eceef1", "#545b64", "#2b3038", "#98a2af"),
}
