"""Shapes as people write them, compared with exact ones: in another order, with the batch, with a size mistyped."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import permutations

from archcalc.grading.miscounts import swapped_digits
from archcalc.symbols.dims import Shape
from archcalc.symbols.shape import NamedShape, axes_of, place_sizes, places_of, values_axis, with_sizes

CHANNELS_LAST = "channels last"


def matches(readings: Iterable[Shape], exact: Shape) -> str | None:
    """The way a written shape matches the exact one: "" if equal, a remark, or None if it does not.

    Channels that are first may be written last; tokens and features stay in their order.

    >>> image = NamedShape((64, 224, 224), ("channels", "height", "width"))
    >>> matches([(224, 224, 64)], image), matches([(64, 197)], NamedShape((197, 64), ("tokens", "features")))
    ('channels last', None)
    """
    found = dict.fromkeys(readings)
    if exact in found:
        return ""
    alone, turned = not places_of(exact), _turned(exact)
    if turned in found:
        return CHANNELS_LAST
    if (1, *exact) in found:
        return "as one token" if alone else "with the batch"
    if turned and (1, *turned) in found:
        return f"with the batch, {CHANNELS_LAST}"
    if alone and not {(1, 1, *exact), (*exact, 1, 1)}.isdisjoint(found):
        return "a vector as one place"
    return None


def _turned(exact: Shape) -> Shape | None:
    """A shape with its channels last; None if they are not first."""
    places = places_of(exact)
    if not places or values_axis(axes_of(exact)) != 0:
        return None
    return (*place_sizes(exact), *exact[: places[0]])


def intended_shape(readings: Iterable[Shape], exact: Shape, *, last: bool) -> Shape | None:
    """The complete shape that somebody meant by what they wrote for `exact`, in its order; None if unclear.

    `last` is true if they wrote the channels last elsewhere.
    """
    axes, places = axes_of(exact), places_of(exact)
    for shape in readings:
        if len(shape) == len(exact) and all(shape):
            turned = _turned(exact) and shape[:1] != exact[:1] and (last or shape[-1:] == exact[:1])
            return NamedShape((*shape[-1:], *shape[:-1]) if turned else shape, axes)
        # A single size could be that of either axis.
        if places[1:] and len(shape) == len(places) and all(shape):
            return with_sizes(exact, dict(zip(places, shape, strict=True)))
    return None


def mistyped(exact: Shape) -> Iterator[tuple[str, Shape]]:
    """The exact shape with a mistake in writing it down."""
    if places := places_of(exact):
        [values] = {*range(len(exact))} - {*places}
        name = axes_of(exact)[values] or "channels"
        yield f"the {name} left out", place_sizes(exact)
        yield f"the {name} alone", (exact[values],)
        for order in permutations(exact) if len(exact) < 4 else ():
            yield "the sizes in another order", order
    for size in dict.fromkeys(n for n in exact if isinstance(n, int)):
        for said, value in swapped_digits(size):
            # Equal height and width are mostly copied from each other.
            yield said, with_sizes(exact, {at: value for at, n in enumerate(exact) if n == size})
            for at, n in enumerate(exact):
                if n == size:
                    yield said, with_sizes(exact, {at: value})
