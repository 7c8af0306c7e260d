"""The colours of the families of layers, for light and for dark pages."""

from __future__ import annotations

import msgspec


class Colour(msgspec.Struct, frozen=True):
    """What a family's boxes are filled and framed with, on a light page and on a dark one."""

    fill: str
    line: str
    dark_fill: str
    dark_line: str


# Light enough to read dark text on, and apart from each other for all common kinds of colour vision.
COLOURS = {
    "conv": Colour("#dbe9f8", "#3f7cba", "#1d3550", "#6aa5de"),
    "pool": Colour("#fbdcd6", "#c5533d", "#4d241c", "#e58a76"),
    "norm": Colour("#e9e1f5", "#7d5fb2", "#35284f", "#a98fdc"),
    "activation": Colour("#fdf0cc", "#b98a12", "#463710", "#dcb548"),
    "merge": Colour("#d8f0dd", "#3f9257", "#1b3f26", "#6cc088"),
    "linear": Colour("#fde3c8", "#c07422", "#4a2f12", "#e39d52"),
    "attention": Colour("#f7dcec", "#b34a87", "#482038", "#dd82b6"),
    "other": Colour("#eceef1", "#79828e", "#2b3038", "#98a2af"),
}
