"""Texts broken over lines: after spaces, slashes and commas, inside a word only if it is long, never inside a number."""

from __future__ import annotations

import re

# The width down to which a word may be broken.
WORD = 14
# Between two factors such as ⌊H/2⌋⌊W/2⌋, or two sizes.
_FACTORS = r"(?<=[⌋⌉×])(?=[⌊⌈])"
# After a space or one of these, but not inside a number such as 1,234, a fraction or ⌊H/2⌋.
_TEXT = re.compile(
    rf"(?<=\s)(?=\S)|(?<=[;·])(?=\S)|(?<=/)(?=[^\d\s])(?![^⌊]*⌋)|(?<=,)(?=[^\s\d])|(?<=[^\W\d]-)(?=[^\W\d])|{_FACTORS}|(?<=\)×)(?=\()"
)
# A formula breaks around its signs alone, and not inside brackets.
_FORMULA = re.compile(rf"(?<=\s)(?=\S)(?![^(⌊⌈]*[)⌋⌉])|{_FACTORS}")
_NUMBER = r"[≤≥+−-]?[\d.,×…%()⌊⌋]+[KMGT]?"


def pieces(text: str, *, formula: bool = False) -> list[str]:
    """The pieces of a text, or of a formula, between which it may break.

    >>> pieces("layer4/0/downsample of 15/7"), pieces("8⌊(H + 1)/4⌋⌊W/4⌋ + 3", formula=True)
    (['layer4/0/', 'downsample', 'of', '15/7'], ['8⌊(H + 1)/4⌋', '⌊W/4⌋', '+', '3'])
    """
    return [piece.strip() for piece in (_FORMULA if formula else _TEXT).split(text)]


def least(line: str, word: int = WORD, *, formula: bool = False) -> int:
    """The least width of a line: its indent and its longest piece, where a word counts for `word` at most."""
    indent = len(line) - len(line.lstrip())
    return indent + max(
        len(piece) if formula or re.fullmatch(_NUMBER, piece) else min(len(piece), word)
        for piece in pieces(line, formula=formula)
    )


def wrapped(text: str, width: int, *, formula: bool = False) -> list[str]:
    """A text wrapped to a width; a line stays longer where a number, or a piece of a formula, is.

    >>> wrapped("out=64 kernel=3 padding=1", 16), wrapped("1,234,567", 5), wrapped("layer4/0/downsample", 9)
    (['out=64 kernel=3', 'padding=1'], ['1,234,567'], ['layer4/0/', 'downsampl', 'e'])
    """
    lines = []
    for line in text.split("\n"):
        indent = " " * (len(line) - len(line.lstrip()))
        found = [""]
        for piece in (_FORMULA if formula else _TEXT).split(line):
            if len(found[-1]) + len(piece.rstrip()) > width and found[-1].strip():
                found.append(indent)
            found[-1] += piece
            while len(found[-1].rstrip()) > width and not formula and not re.fullmatch(_NUMBER, piece.strip()):
                found[-1:] = [found[-1][:width], indent + found[-1][width:]]
        lines += [part.rstrip() for part in found]
    return lines
