"""The colours of pictures: of text and lines on a light ground, and of the families of layers."""

from __future__ import annotations

import msgspec

from archcalc.layers.registry import Family

INK = "#1b1f24"
# The colour of secondary text: arrows and the shapes along them.
SOFT = "#57606a"
# The colour of boxes around others.
FRAME = "#8891a0"


class Colours(msgspec.Struct, frozen=True):
    """A family of layers in words, its light fill and its strong colour of the same hue, the two for dark pages, and a terminal's."""

    words: str
    fill: str
    line: str
    dark_fill: str
    dark_line: str
    # One of a terminal's 256 colours, of those that no theme changes. It is readable on light and on dark ones.
    terminal: int


# The fills are light enough to read dark text on. The strong colours differ by 20 in CIELAB, also for people with too
# few cones for red or green.
FAMILIES: dict[Family, Colours] = {
    "conv": Colours("convolution", "#dbe9f8", "#30b2f0", "#1d3550", "#6aa5de", 32),
    "pool": Colours("pooling", "#fbdcd6", "#834331", "#4d241c", "#e58a76", 131),
    "norm": Colours("normalisation", "#e9e1f5", "#4f40d6", "#35284f", "#a98fdc", 99),
    "activation": Colours("activation", "#fdf0cc", "#a68d49", "#463710", "#dcb548", 100),
    "merge": Colours("merge", "#d8f0dd", "#77af89", "#1b3f26", "#6cc088", 29),
    "linear": Colours("dense, embedding", "#fde3c8", "#fe8801", "#4a2f12", "#e39d52", 166),
    "attention": Colours("attention, recurrent", "#f7dcec", "#a92a9e", "#482038", "#dd82b6", 163),
    "other": Colours("other", "#eceef1", "#545b64", "#2b3038", "#98a2af", 243),
}
