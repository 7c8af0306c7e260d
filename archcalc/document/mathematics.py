"""Lines of working, which are text, as LaTeX's mathematics."""

from __future__ import annotations

import re

from archcalc.document.escapes import escape_tex

_COMMANDS = {
    "·": r" \cdot ",
    "×": r" \times ",
    "−": "-",
    "⌊": r"\lfloor ",
    "⌋": r" \rfloor",
    "⌈": r"\lceil ",
    "⌉": r" \rceil",
    "**": "^",
    "*": " ",
    ",": "{,}",
}
_TOKEN = re.compile(r"(?P<name>[^\W\d]\w*)|(?P<text>\*\*|[0-9 +/=().·×−⌊⌋⌈⌉,*-])|(?P<other>.)", re.DOTALL)


def tex(formula: str) -> str:
    r"""A line of working for LaTeX's mathematics.

    >>> tex("⌊(H_out + 2·padding) / 4⌋ = 1,728")
    '\\lfloor (\\mathit{H}_{\\mathit{out}} + 2 \\cdot \\mathit{padding}) / 4 \\rfloor = 1{,}728'
    """
    return "".join(map(_token, _TOKEN.finditer(formula)))


def _token(found: re.Match[str]) -> str:
    text = found[0]
    if found["name"]:
        name, underscore, index = text.partition("_")
        below = rf"_{{\mathit{{{escape_tex(index)}}}}}" if underscore else ""
        return rf"\mathit{{{escape_tex(name)}}}{below}"
    return _COMMANDS.get(text, text) if found["text"] else rf"\mbox{{{escape_tex(text)}}}"
