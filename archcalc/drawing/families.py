"""The families of layers that charts and diagrams colour alike."""

from __future__ import annotations

import msgspec

from archcalc.layers import Layer


class Family(msgspec.Struct, frozen=True):
    """A family in words, its light fill and its strong colour of the same hue, and the two for dark pages."""

    words: str
    fill: str
    line: str
    dark_fill: str
    dark_line: str


# The fills are light enough to read dark text on. The strong colours are apart by 20 in CIELAB, for those with too few
# cones for red or green too.
FAMILIES = {
    "conv": Family("convolution", "#dbe9f8", "#30b2f0", "#1d3550", "#6aa5de"),
    "pool": Family("pooling", "#fbdcd6", "#834331", "#4d241c", "#e58a76"),
    "norm": Family("normalisation", "#e9e1f5", "#4f40d6", "#35284f", "#a98fdc"),
    "activation": Family("activation", "#fdf0cc", "#a68d49", "#463710", "#dcb548"),
    "merge": Family("merge", "#d8f0dd", "#77af89", "#1b3f26", "#6cc088"),
    "linear": Family("dense, embedding", "#fde3c8", "#fe8801", "#4a2f12", "#e39d52"),
    "attention": Family("attention, recurrent", "#f7dcec", "#a92a9e", "#482038", "#dd82b6"),
    "other": Family("other", "#eceef1", "#545b64", "#2b3038", "#98a2af"),
}
# By the file that a kind stands in; what is in no family has no place here.
_OF_MODULES = {
    **{family: family for family in ("conv", "pool", "norm", "activation", "merge", "linear", "attention")},
    "adaptive": "pool",
    "local_response_norm": "norm",
    "maxout": "linear",
    "softmax": "activation",
    "recurrent": "attention",
}


def family(kind: str) -> str:
    """Which of FAMILIES a kind of layer is of.

    >>> family("conv2d"), family("lstm"), family("flatten")
    ('conv', 'attention', 'other')
    """
    return _OF_MODULES.get(Layer.kinds[kind].__module__.rpartition(".")[2], "other")
