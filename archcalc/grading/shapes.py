"""Shapes as people write them, compared with exact ones: in another order, with the batch, with a size mistyped."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import permutations

from archcalc.grading.miscounts import swapped_digits
from archcalc.symbols.dims import Shape

CHANNELS_LAST = "channels last"


def matches(readings: Iterable[Shape], exact: Shape, *, sequence: bool = False) -> str | None:
    """The way a written shape matches the exact one: "" if equal, a remark, or None if it does not.

    Two sizes are channels and a length only in a `sequence`; otherwise they are tokens and features, in that order.

    >>> matches([(224, 224, 64)], (64, 224, 224)), matches([(64, 224)], (64, 224, 224))
    ('channels last', None)
    """
    found = dict.fromkeys(readings)
    if exact in found:
        return ""
    last = (*exact[1:], *exact[:1])
    turns = len(exact) > (1 if sequence else 2)
    if turns and last in found:
        return CHANNELS_LAST
    if (1, *exact) in found:
        return "with the batch" if len(exact) > 1 else "as one token"
    if turns and (1, *last) in found:
        return f"with the batch, {CHANNELS_LAST}"
    if len(exact) == 1 and not {(1, 1, *exact), (*exact, 1, 1)}.isdisjoint(found):
        return "a vector as one place"
    return None


def intended_shape(readings: Iterable[Shape], exact: Shape, *, last: bool, sequence: bool = False) -> Shape | None:
    """The complete shape, channels first, that somebody meant by what they wrote for `exact`; None if unclear.

    `last` is true if they wrote the channels last elsewhere; `sequence` is as in `matches`.
    """
    for shape in readings:
        if len(shape) == len(exact) and all(shape):
            turned = len(shape) > (1 if sequence else 2) and shape[0] != exact[0] and (last or shape[-1] == exact[0])
            return (*shape[-1:], *shape[:-1]) if turned else shape
        if len(exact) > 2 and len(shape) == len(exact) - 1 and all(shape):
            return (exact[0], *shape)
    return None


def mistyped(exact: Shape) -> Iterator[tuple[str, Shape]]:
    """The exact shape with a mistake in writing it down."""
    if len(exact) > 1:
        yield "the channels left out", exact[1:]
        yield "the channels alone", exact[:1]
        for order in permutations(exact) if len(exact) < 4 else ():
            yield "the sizes in another order", order
    for size in dict.fromkeys(n for n in exact if isinstance(n, int)):
        for said, value in swapped_digits(size):
            # Equal height and width are mostly copied from each other.
            yield said, tuple(value if n == size else n for n in exact)
            for at, n in enumerate(exact):
                if n == size:
                    yield said, (*exact[:at], value, *exact[at + 1 :])
