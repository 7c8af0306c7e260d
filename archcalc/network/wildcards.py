"""Patterns of names in which a * stands for any text."""

from __future__ import annotations


def fits(name: str, pattern: str) -> bool:
    """True if a name matches a pattern, in which each * stands for any text.

    >>> fits("3a/1x1/relu", "*/relu*"), fits("relu", "*/relu*")
    (True, False)
    """
    return starred(name, pattern) is not None


def starred(name: str, pattern: str) -> tuple[str, ...] | None:
    """The texts that each * of a pattern matches in a name, the first ones as long as possible; None without a match.

    >>> starred("layer1.0/residual/conv2d_2", "*/residual/conv2d_*"), starred("a/b/c", "*/*"), starred("relu", "*/relu")
    (('layer1.0', '2'), ('a/b', 'c'), None)
    """
    first, *pieces = pattern.split("*")
    if not pieces:
        return () if name == pattern else None
    last = pieces.pop()
    if len(name) < len(first) + len(last) or not name.startswith(first) or not name.endswith(last):
        return None
    end = len(name) - len(last)
    found: list[str] = []
    # From the end, each piece as late as possible, so that nothing is tried twice.
    for piece in reversed(pieces):
        at = name.rfind(piece, len(first), end)
        if at < 0:
            return None
        found.append(name[at + len(piece) : end])
        end = at
    return (name[len(first) : end], *reversed(found))
