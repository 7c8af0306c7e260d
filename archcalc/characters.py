"""The characters of a text that reach a terminal or a page, and ASCII spellings for signs that an encoding lacks."""

from __future__ import annotations

import re

# A joiner of no width, with which markdown keeps a name from becoming a mention, is archcalc's own.
_OURS = "\n\N{WORD JOINER}"
_RAISED = "⁰¹²³⁴⁵⁶⁷⁸⁹⁻ˣᵀ"
_LEVEL = str.maketrans(_RAISED, "0123456789-xT")
_POWER = f"[{_RAISED}]+"
_SIGNS = str.maketrans(
    {
        **dict.fromkeys("−–—", "-"),
        **dict.fromkeys("‘’", "'"),
        **dict.fromkeys("“”", '"'),
        "⌊": "floor(",
        "⌈": "ceil(",
        "⌋": ")",
        "⌉": ")",
        "≤": "<=",
        "≥": ">=",
        "≠": "!=",
        "≈": "~",
        "±": "+-",
        "→": "->",
        "×": "x",
        "·": "*",
        "∏": "product ",
        "∑": "sum ",
        "√": "sqrt",
        "∞": "inf",
        "…": "...",
        "█": "#",
    }
)


def visible(text: str, kept: str = "") -> str:
    r"""The text with each unprintable character, such as one that steers a terminal, written as an escape sequence.

    Characters in `kept` stay as they are.

    >>> print(visible("a\x1b[2J\N{RIGHT-TO-LEFT OVERRIDE}b\n"))
    a\x1b[2J\u202eb\n
    """
    return "".join(c if c.isprintable() or c in kept else c.encode("unicode_escape").decode() for c in text)


def one_line(text: str) -> str:
    r"""The text on one line, without unprintable characters.

    >>> one_line(" a\n\x1bb ")
    'a b'
    """
    return "".join(filter(str.isprintable, " ".join(text.split())))


def spelled(text: str, encoding: str) -> str:
    r"""The text in characters that an encoding has; if any is missing, every sign is spelled in ASCII.

    A missing letter becomes its escape sequence.

    >>> spelled("−22C² ≤ ⌊H/2⌋", "cp1252"), spelled("3×224", "cp1252"), spelled("網", "ascii")
    ('-22C^2 <= floor(H/2)', '3×224', '\\u7db2')
    """
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        plain = re.sub(_POWER, lambda found: f"^{found[0].translate(_LEVEL)}", text).translate(_SIGNS)
        return plain.encode(encoding, "backslashreplace").decode(encoding)
    return text


def document(text: str) -> bytes:
    r"""The UTF-8 bytes of a page, a picture or a table for another program.

    >>> document("−1")
    b'\xe2\x88\x921'
    """
    return visible(text, _OURS).encode()
