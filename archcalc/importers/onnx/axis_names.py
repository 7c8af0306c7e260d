"""Names for axes of which a file names none."""

from __future__ import annotations

from itertools import count, islice

from archcalc.symbols.dims import Shape
from archcalc.symbols.shape import NamedShape, reshaped_axes


def nameless(rank: int, taken: tuple[str, ...] = ()) -> tuple[str, ...]:
    """Names of axes that say nothing, and none of those taken.

    >>> nameless(2, ("axis0", "height"))
    ('axis1', 'axis2')
    """
    free = (name for number in count() if (name := f"axis{number}") not in taken)
    return tuple(islice(free, rank))


def named(x: NamedShape, shape: Shape) -> tuple[str, ...] | None:
    """The names of the axes of a reshape: those that it keeps, and for the others ones that say nothing.

    None leaves them to the reshape, which takes the places that a vector becomes for those of an image.
    """
    if len(x) == 1:
        return None
    kept = {*(name for name in x.axes if not name.startswith("axis")), "tokens"} - {""}
    others = nameless(len(shape), x.axes)
    return tuple(name if name in kept else other for name, other in zip(reshaped_axes(x, shape), others, strict=True))
