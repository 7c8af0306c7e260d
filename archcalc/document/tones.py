"""Tones of text on a terminal: signs around it that no text holds, for whoever prints in a terminal."""

from __future__ import annotations

import re
from typing import Self

BOLD, DIM, END, RED = "\ufdd0", "\ufdd1", "\ufdd2", "\ufdd3"
# The signs from here on are free for tones of what a table is about.
FIRST = 0xFDD4
SIGNS = re.compile("[\ufdd0-\ufdef]")


class Toned(str):
    """A text that has a tone on a terminal, and is a text like any other elsewhere."""

    __slots__ = ("tone",)
    tone: str

    def __new__(cls, text: str, tone: str) -> Self:
        made = super().__new__(cls, text)
        made.tone = tone
        return made


def toned(text: str, tone: str) -> str:
    """A text with the signs of a tone around it, none where there is no tone or no text.

    >>> toned("a", ""), toned("", BOLD)
    ('a', '')
    """
    return f"{tone}{text}{END}" if tone and text else text
