"""Shapes whose axes have names."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from archcalc.symbols.dims import Dim, Shape, at_least, equal, format_dim, size

AXES = {1: ("length",), 2: ("height", "width"), 3: ("depth", "height", "width")}

# The axes of the values that belong together, of which each place has one of each.
VALUES = ("features", "channels")
PLACES = ("tokens", "length", "depth", "height", "width")

# The ways to name the axes of a network's input, in order, beside names of the spec's own.
INPUTS = (
    *(("channels", *axes) for axes in AXES.values()),
    ("tokens", "features"),
    ("tokens",),
    ("features",),
)


# The names of two axes that are meant as channels and a place.
SIGNAL = INPUTS[0]


class NamedShape(tuple[Dim, ...]):  # noqa: SLOT001 - a tuple has no room for slots
    """A shape with a name for each axis, "" for one that nobody named; equal to a plain tuple of the same sizes.

    >>> image = NamedShape((64, 56, 56), ("channels", "height", "width"))
    >>> image == (64, 56, 56), image.axes[2], spelled(image)
    (True, 'width', 'channels 64, height 56, width 56')
    """

    axes: tuple[str, ...]

    def __new__(cls, sizes: Iterable[Dim], axes: tuple[str, ...]) -> NamedShape:  # noqa: PYI034 - there are no subclasses
        shape = super().__new__(cls, sizes)
        shape.axes = axes
        return shape

    def __reduce__(self) -> tuple[Any, ...]:
        return NamedShape, (tuple(self), self.axes)


def axes_of(x: Shape) -> tuple[str, ...]:
    """The names of a shape's axes, all of them "" for a plain tuple."""
    return x.axes if isinstance(x, NamedShape) else ("",) * len(x)


def spelled(x: Shape) -> str:
    """A shape's sizes with their names, in words."""
    return ", ".join(f"{name} {format_dim(n)}" for name, n in zip(axis_names(axes_of(x)), x, strict=True))


def axis_names(axes: Sequence[str]) -> list[str]:
    """Names to print: an axis that nobody named goes by its position.

    >>> axis_names(("tokens", ""))
    ['tokens', 'axis 1']
    """
    return [name or f"axis {place}" for place, name in enumerate(axes)]


def values_axis(axes: Sequence[str]) -> int | None:
    """The position of the axis of channels or features among names; None if no name is one of these."""
    return next((axes.index(name) for name in VALUES if name in axes), None)


def places_of(x: Shape) -> tuple[int, ...]:
    """The positions of all axes but that of channels or features, which is the first where no name tells."""
    values = values_axis(axes_of(x)) or 0
    return tuple(axis for axis in range(len(x)) if axis != values)


def found(name: str, axes: Sequence[str]) -> int | None:
    """The position of a name among those of axes; None if it is not there.

    Channels and features are two names for one thing, and two axes without names are known by either pair.

    >>> found("features", ("tokens", "channels")), found("length", ("", "")), found("height", ("tokens", "channels"))
    (1, 1, None)
    """
    if name in axes:
        return axes.index(name)
    if name in VALUES and (values := values_axis(axes)) is not None:
        return values
    if not any(axes):
        pairs = (("channels", "length"), ("tokens", "features")) if len(axes) == 2 else ()
        return next((pair.index(name) for pair in pairs if name in pair), None)
    return None


def joined_axes(xs: Sequence[Shape]) -> tuple[str, ...]:
    """The names of the axes of branches together: for each axis the first name that any of them has."""
    return tuple(next(filter(None, names), "") for names in zip(*map(axes_of, xs), strict=True))


def without(x: Shape, axes: Iterable[int]) -> Dim:
    """The number of values of a shape for each along some axes."""
    left_out = set(axes)
    return size(tuple(n for place, n in enumerate(x) if place not in left_out))


def place_sizes(x: Shape) -> Shape:
    """The sizes of a shape along all axes but that of channels or features."""
    return tuple(x[axis] for axis in places_of(x))


def with_sizes(x: Shape, sizes: Mapping[int, Dim]) -> Shape:
    """A shape with other sizes along some axes, by their positions."""
    changed = tuple(sizes.get(place, n) for place, n in enumerate(x))
    return NamedShape(changed, x.axes) if isinstance(x, NamedShape) else changed


def completed(axes: tuple[str, ...]) -> tuple[str, ...]:
    """Names with those that the number of axes suggests where nobody named them.

    >>> completed(("", "", "")), completed(("channels", "", "")), completed(("", ""))
    (('channels', 'height', 'width'), ('channels', 'height', 'width'), ('', ''))
    """
    if not any(axes[1:]) and axes and axes[0] in {"", "channels"}:
        if len(axes) == 1:
            return axes if axes[0] else ("features",)
        if len(axes) - 1 in AXES and len(axes) > 2:
            return ("channels", *AXES[len(axes) - 1])
    return axes


def runs(x: Shape, y: Shape) -> Iterator[tuple[range, range]]:
    """The shortest runs of axes with the same values on both sides of a reshape, until letters leave them open.

    >>> list(runs((4, 32, 32), (4, 1024)))
    [(range(0, 1), range(0, 1)), (range(1, 3), range(1, 2))]
    """
    i = j = 0
    while i < len(x) and j < len(y):
        first, second = i, j
        left, right = x[i], y[j]
        i, j = i + 1, j + 1
        while equal(left, right) is not True:
            if at_least(right, left) is True and i < len(x):
                left *= x[i]
                i += 1
            elif at_least(left, right) is True and j < len(y):
                right *= y[j]
                j += 1
            else:
                return
        yield range(first, i), range(second, j)


def reshaped_axes(x: Shape, y: Shape) -> tuple[str, ...]:
    """The names of the axes of y, a reshape of x: an axis that is untouched keeps its own, merged places are tokens.

    Axes of 1 come and go without a trace.

    >>> reshaped_axes(NamedShape((4, 32, 32), ("channels", "height", "width")), (4, 1024))
    ('channels', 'tokens')
    >>> reshaped_axes(NamedShape((49, 96), ("tokens", "features")), (1, 49, 96))
    ('', 'tokens', 'features')
    """
    axes = axes_of(x)
    if len(y) == 1:
        return axes if len(x) == 1 else ("features",)
    names = [""] * len(y)
    for before, after in runs(x, y):
        inside = [place for place in before if x[place] != 1] or list(before)
        wide = [place for place in after if y[place] != 1] or list(after[:1])
        if len(wide) == 1 and (name := merged(axes, inside)) not in names:
            names[wide[0]] = name
    whole = completed(tuple(names))
    # What became of tokens, or of places behind which the channels lay, is nothing that an image has, and an axis that
    # only happens to be as long as the height is not called so.
    image = names[0] or (axes[0] in {"", *VALUES} and "tokens" not in axes)
    astray = any(
        not own and name in axes and n != 1 and equal(x[axes.index(name)], n) is True
        for own, name, n in zip(names, whole, y, strict=True)
        if name
    )
    return whole if image and not astray else tuple(names)


def merged(axes: Sequence[str], run: Sequence[int]) -> str:
    """The name of the axis that a run of axes becomes."""
    inside = [axes[place] for place in run]
    if len(inside) == 1:
        return inside[0]
    rest = [name for place, name in enumerate(axes) if place not in run]
    return "tokens" if all(name in PLACES for name in inside) and "tokens" not in rest else ""
