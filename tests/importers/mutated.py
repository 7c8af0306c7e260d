"""Texts with mistakes put into them by chance, each from a seed."""

from __future__ import annotations

import copy
import random
import re
from collections.abc import Iterator
from typing import Any

PIECES = (
    *(b"99999999999999999999", b"2147483647", b"-1", b"0", b"1e999", b"0x7fffffff", b"nan", b"100000"),
    *(b"{", b"}", b"[", b"]", b'"', b"'", b"\n", b"=", b":", b",", b"#", b"<", b"\xff", b"\x00"),
)
VALUES = (
    *(0, -1, 2, 3, 10**18, 10**40, 1.5, 1e308, None, True, "", "x", "y", "p_w", "torch.ops.aten.add.Tensor", "relu"),
    *([], {}, [2, 3], [[1]], {"x": 1}),
)
NUMBERS = (b"0", b"-1", b"7", b"3.5", b"1000", b"65536", b"2147483647", b"99999999999")


def mutated(text: bytes, count: int, seed: int) -> Iterator[bytes]:
    """So many copies of a text, each with one to three mistakes."""
    rng = random.Random(seed)  # noqa: S311 - no secret hangs on it
    for _ in range(count):
        found = text
        for _ in range(rng.randint(1, 3)):
            found = _mistaken(found, rng)
        yield found


def _mistaken(text: bytes, rng: random.Random) -> bytes:
    at = rng.randrange(len(text) + 1)
    numbers = [*re.finditer(rb"\d+", text)]
    kind = rng.randrange(6)
    if kind == 0:
        return text[:at] + bytes([rng.randrange(256)]) + text[at + 1 :]
    if kind == 1:
        return text[:at]
    if kind == 2:
        return text[:at] + text[at + rng.randint(1, 40) :]
    if kind == 3:
        return text[:at] + rng.choice(PIECES) + text[at:]
    if kind == 4 and numbers:
        number = rng.choice(numbers)
        return text[: number.start()] + rng.choice(NUMBERS) + text[number.end() :]
    lines = text.splitlines(keepends=True) or [b"\n"]
    lines.insert(rng.randrange(len(lines)), rng.choice(lines))
    return b"".join(lines)


def damaged(content: bytes, rng: random.Random) -> bytes:
    """The same bytes with a few of them changed, left out or repeated, or a number without an end among them."""
    found = bytearray(content)
    for _ in range(rng.randint(1, 3)):
        at = rng.randrange(len(found))
        match rng.randrange(12):
            case 0:
                del found[at + 1 :]
            case 1:
                del found[at : at + rng.randint(1, 9)]
                found = found or bytearray(1)
            case 2:
                found[at:at] = b"\xff" * 9 + b"\x01"
            case 3:
                found[at:at] = found[: rng.randint(1, 40)]
            case _:
                found[at] ^= 1 << rng.randrange(8)
    return bytes(found)


def spoilt(written: Any, rng: random.Random) -> Any:
    """What a JSON text says, with one thing in it taken out, or made another."""
    at = whole = copy.deepcopy(written)
    while True:
        key = rng.choice([*at] if isinstance(at, dict) else [*range(len(at))])
        if not isinstance(at[key], (dict, list)) or not at[key] or rng.random() < 0.1:
            break
        at = at[key]
    if rng.random() < 0.3:
        del at[key]
    else:
        at[key] = rng.choice(VALUES)
    return whole
