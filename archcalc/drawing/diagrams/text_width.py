"""The width of text in Helvetica, so that boxes fit around it without the font."""

from __future__ import annotations

import unicodedata

# Widths in thousandths of the font size, from the space to the tilde (Adobe font metrics, Core 14).
_WIDTHS = (
    *(278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278),
    *(556, 556, 556, 556, 556, 556, 556, 556, 556, 556, 278, 278, 584, 584, 584, 556),
    *(1015, 667, 667, 722, 722, 667, 611, 778, 722, 278, 500, 667, 556, 833, 722, 778),
    *(667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 278, 278, 278, 469, 556),
    *(333, 556, 556, 500, 556, 556, 278, 556, 556, 222, 222, 500, 222, 833, 556, 556),
    *(556, 556, 333, 500, 278, 556, 500, 722, 500, 500, 500, 334, 260, 334, 584),
)
_OTHERS = {"×": 584, "…": 1000, "·": 278, "−": 584, "⌊": 450, "⌋": 450, "²": 333, "³": 333}
# Bold letters are about this much wider.
_BOLD = 1.08


def text_width(text: str, size: float, *, bold: bool = False) -> float:
    """The width of a line of text, at most slightly too small.

    >>> text_width("relu", 10), text_width("relu", 10, bold=True) > 16
    (16.67, True)
    """
    return round(sum(map(_width, text)) * size / 1000 * (_BOLD if bold else 1), 2)


def _width(character: str) -> int:
    code = ord(character) - 32
    if 0 <= code < len(_WIDTHS):
        return _WIDTHS[code]
    if unicodedata.combining(character):
        return 0
    wide = unicodedata.east_asian_width(character) in {"W", "F"}
    return _OTHERS.get(character, 1000 if wide or code > 0x2000 else 722)
