"""Brackets of expressions inside YAML's own: `{out: max(12, width), kernel: kernels[0]}`.

YAML ends a value in braces at any comma or bracket. Those that belong to an expression are therefore exchanged, before
it reads, for characters that the text does not have, one for one, so that every place in the text stays where it is.
"""

from __future__ import annotations

import re

# An expression's brackets open after a word, a bracket or, if round, anywhere.
_HINT = re.compile(r"[\w)\]]\[|\([^\n(,]*,")
_QUOTED = r"""(?<![\w)\]])(?:"(?:[^"\\\n]|\\.)*"?|'[^'\n]*'?)"""
_TOKEN = rf"""{_QUOTED}|(?<=[\w)\]])\[|[()\[\],{{}}\n]|:\s|\s#"""
_CLOSING = {"(": ")", "[": "]"}
_PRIVATE = range(0xE000, 0xF8FF)


def shielded(text: str) -> tuple[str, dict[int, str]]:
    r"""A text in which YAML sees no comma or bracket of an expression, and the table that brings them back.

    >>> text, back = shielded("{out: max(1, w[0]), at: [1, 2]}")
    >>> re.sub(r"[^\x00-\x7f]", "~", text), text.translate(back)
    ('{out: max(1~ w~0~), at: [1, 2]}', '{out: max(1, w[0]), at: [1, 2]}')
    """
    if not _HINT.search(text):
        return text, {}
    hidden: list[int] = []
    for start, end in _groups(text):
        hidden += [at for at in range(start, end) if text[at] in "[],"]
    if not hidden:
        return text, {}
    free = (chr(code) for code in _PRIVATE if chr(code) not in text)
    to = dict(zip("[],", free, strict=False))
    characters = list(text)
    for at in hidden:
        characters[at] = to.get(characters[at], characters[at])
    return "".join(characters), {ord(private): own for own, private in to.items()}


def _groups(text: str) -> list[tuple[int, int]]:
    """The spans from the first bracket of an expression to the one that closes it, each on one line."""
    groups: list[tuple[int, int]] = []
    open_ones: list[str] = []
    first = 0
    for token in re.finditer(_TOKEN, text):
        sign = token[0]
        if not open_ones:
            if sign == "(" or (sign == "[" and token.start() and re.match(r"[\w)\]]", text[token.start() - 1])):
                open_ones, first = [sign], token.start()
        elif sign in _CLOSING:
            open_ones.append(sign)
        elif sign == _CLOSING[open_ones[-1]]:
            open_ones.pop()
            if not open_ones:
                groups.append((first, token.end()))
        elif sign != "," and sign[0] not in "\"'":
            # What goes on over lines, or has a key in it, is no expression.
            open_ones = []
    return groups
