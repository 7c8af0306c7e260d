"""The room that texts take in print: their width in Computer Modern, the least width of a cell, and its lines."""

from __future__ import annotations

import re
from typing import Any

from markupsafe import Markup

from archcalc.document.breaking import pieces
from archcalc.document.escapes import SIGNS
from archcalc.document.style import PLAIN

# The characters of Computer Modern at 10 points, in thousandths of its size, from the space to the tilde (ecrm1000.tfm).
_WIDTHS = (
    *(333, 278, 500, 833, 500, 833, 778, 278, 389, 389, 500, 778, 278, 333, 278, 500),
    *(500, 500, 500, 500, 500, 500, 500, 500, 500, 500, 278, 278, 778, 778, 778, 472),
    *(778, 750, 708, 722, 764, 681, 653, 785, 750, 361, 514, 778, 625, 917, 750, 778),
    *(681, 778, 736, 556, 722, 750, 750, 1028, 750, 750, 611, 278, 500, 278, 500, 750),
    *(278, 500, 556, 444, 556, 444, 306, 500, 556, 278, 306, 528, 278, 833, 556, 500),
    *(556, 528, 392, 394, 389, 556, 528, 722, 528, 528, 444, 500, 278, 500, 500),
)
# Other characters are as wide as a sign such as ×, an arrow is an em, and a floor is less.
_OTHER = 778
_ODD = {"→": 1000, "…": 1000, **dict.fromkeys("⌊⌋⌈⌉", 444)}
# The signs of formulas by their commands.
_SIGNS = {name: sign for sign, name in SIGNS.items()}
# Its smaller sizes are wider than a tenth of their points; in between, as at the nearest.
_WIDER = {6: 1.222, 7: 1.139, 8: 1.0625, 9: 1.028, 10: 1.0}
_COMMAND = re.compile(r"\\penalty\d+|\\[()]|\\([a-zA-Z]+)\*?|[{}$]|\\(?=[&%$#_{}])")
_FORMULA = re.compile(r"\$[^$]*\$")
# Letters in a formula are italic, and a minus is as wide as a plus.
_ITALIC = str.maketrans({**dict.fromkeys("ABCDEFGHIJKLNOPQRSTUVXYZ", "M"), "M": "W", "-": "−"})
# Lines one above the other, which cannot break.
STACK = re.compile(r"^\\shortstack\[r\]\{(.*)\}$")


def type_width(text: str, size: float) -> float:
    """The width of a line in Computer Modern of a size, in points; two spaces before it are an em of indent.

    >>> type_width("1,849", 10), type_width("1,849", 7) > 7 * type_width("1,849", 10) / 10
    (22.78, True)
    """
    said = text.lstrip(" ")
    thousandths = 500 * (len(text) - len(said)) + sum(map(_thousandths, said))
    return round(thousandths * size * _WIDER.get(round(size), 1.0) / 1000, 2)


def _thousandths(character: str) -> int:
    place = ord(character) - 32
    return _WIDTHS[place] if 0 <= place < len(_WIDTHS) else _ODD.get(character, _OTHER)


def without_commands(cell: Any) -> Any:
    """A text about as wide as a cell that has commands of LaTeX, or the cell where it has none; lines of a formula stay lines."""
    if not isinstance(cell, Markup):
        return cell
    lines = STACK.sub(lambda found: found[1].replace(r" \\ ", "\n"), str(cell))
    plain = _FORMULA.sub(lambda found: _spelled(found[0]).translate(_ITALIC), lines)
    return _spelled(plain)


def _spelled(text: str) -> str:
    return _COMMAND.sub(lambda found: _SIGNS.get(found[1], ""), text)


def cell_lines(cell: Any) -> list[str]:
    """The lines of a cell as text, where nothing wraps."""
    return PLAIN.cell(without_commands(cell)).split("\n")


def least_width(line: str, size: float) -> float:
    """The least width of a line that wraps: its longest piece, after the first with the indent of what goes on.

    >>> least_width("fc6 + dropout", 10) == type_width("  dropout", 10)
    True
    """
    before, after = _indents(line)
    first, *others = pieces(line)
    return max(type_width(f"{before}{first}", size), *(type_width(f"{after}{piece}", size) for piece in others), 0)


def wrapped_lines(line: str, size: float, width: float) -> int:
    """The number of lines that a line takes in a width.

    >>> wrapped_lines("fc6 + relu + dropout", 10, 200), wrapped_lines("fc6 + relu + dropout", 10, 45)
    (1, 3)
    """
    now, after = _indents(line)
    lines = 1
    for piece in pieces(line):
        longer = f"{now}{piece}" if not now.strip() else f"{now} {piece}"
        if now.strip() and type_width(longer, size) > width:
            lines, longer = lines + 1, f"{after}{piece}"
        now = longer
    return lines


def _indents(line: str) -> tuple[str, str]:
    """The indent of a line, and that of the lines that go on with it, which is an em more."""
    indent = " " * (len(line) - len(line.lstrip()))
    return indent, f"{indent}  "
