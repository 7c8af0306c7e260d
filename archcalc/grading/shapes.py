"""Shapes as people write them beside shapes as they are: in another order, with the batch, with a size mistyped."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import permutations

from archcalc.grading.miscounts import swapped_digits
from archcalc.symbols.dims import Shape

CHANNELS_LAST = "channels last"


def matches(readings: Iterable[Shape], exact: Shape, *, sequence: bool = False) -> str | None:
    """How a shape that was written is the exact one: "" where it is just that, a remark, or None where it is not.

    Two sizes are channels and a length in a `sequence` alone; else they are tokens and features, in no other order.

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
    """The shape that somebody went on with who wrote this for `exact`: channels first, whole; None where it says none.

    `last` says that elsewhere they wrote the channels last; `sequence` is as in `matches`.
    """
    for shape in readings:
        if len(shape) == len(exact) and all(shape):
            turned = len(shape) > (1 if sequence else 2) and shape[0] != exact[0] and (last or shape[-1] == exact[0])
            return (*shape[-1:], *shape[:-1]) if turned else shape
        if len(exact) > 2 and len(shape) == len(exact) - 1 and all(shape):
            return (exact[0], *shape)
    return None


def mistyped(exact: Shape) -> Iterator[tuple[str, Shape]]:
    """A shape written down wrongly though worked out right."""
    if len(exact) > 1:
        yield "the channels left out", exact[1:]
        yield "the channels alone", exact[:1]
        for order in permutations(exact) if len(exact) < 4 else ():
            yield "the sizes in another order", order
    for size in dict.fromkeys(n for n in exact if isinstance(n, int)):
        for said, value in swapped_digits(size):
            # Height and width, where they are the same, are mostly copied from each other.
            yield said, tuple(value if n == size else n for n in exact)
            for at, n in enumerate(exact):
                if n == size:
                    yield said, (*exact[:at], value, *exact[at + 1 :])
