"""The axes that a layer works on: named in its settings or meant by its kind, and found in its input."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from archcalc.errors import nearest
from archcalc.symbols.dims import Dim, Shape, at_least, equal, size
from archcalc.symbols.shape import PLACES, axes_of, axis_names, found, places_of, values_axis


class Axis(int):
    """The position of an axis in a layer's input, which prints as its name; not `stated` if the layer chose it."""

    name: str
    stated: bool

    def __new__(cls, place: int, axes: Sequence[str], *, stated: bool = True) -> Axis:  # noqa: PYI034 - there are no subclasses
        axis = super().__new__(cls, place)
        axis.name = axes[place]
        axis.stated = stated
        return axis

    def __str__(self) -> str:
        return self.name or int.__repr__(self)

    __repr__ = __str__

    def __reduce__(self) -> tuple[Any, ...]:
        return _axis, (int(self), self.name, self.stated)

    @property
    def written(self) -> int | str:
        """The axis as a spec would say it."""
        return self.name or int(self)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Axis):
            return (int(self), self.name, self.stated) == (int(other), other.name, other.stated)
        return int(self) == other

    def __ne__(self, other: object) -> bool:
        # That of int would not ask for the name.
        return not self == other

    __hash__ = int.__hash__


def _axis(place: int, name: str, stated: bool) -> Axis:
    return Axis(place, ("",) * place + (name,), stated=stated)


class Misplaced(ValueError):  # noqa: N818 - no error until it is known where the layer stands
    """A layer whose axis is not in its input, or not where it works; `field` is the setting to blame, "" for none."""

    def __init__(self, message: str, field: str = "", remedy: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.field = field
        self.remedy = remedy


def placed(stated: Any, x: Shape, field: str) -> Any:
    """Axes that a setting states by name or position, found in a shape; raises Misplaced for one that is not there.

    >>> from archcalc.symbols.shape import NamedShape
    >>> placed(["width", -3], NamedShape((3, 8, 8), ("channels", "height", "width")), "axes")
    (width, channels)
    """
    axes = axes_of(x)
    if isinstance(stated, (list, tuple)):
        return tuple(placed(one, x, field) for one in stated)
    if isinstance(stated, str):
        place = found(stated, axes)
        if place is None:
            raise Misplaced(f"has no axis {stated} to work on", field, nearest(stated, [*filter(None, axes)]))
        return Axis(place, axes)
    if not -len(x) <= stated < len(x):
        remedy = "an axis has a name, or a position that counts from 0; a block takes a name in quotes"
        raise Misplaced(f"has no axis {stated} to work on", field, remedy)
    return Axis(stated % len(x), axes)


def placed_each(stated: Any, x: Shape, field: str) -> tuple[Axis, ...]:
    """The axes of a setting that takes one axis or several, found in a shape."""
    return placed(stated if isinstance(stated, tuple) else (stated,), x, field)  # type: ignore[no-any-return]


def chosen(at: int | tuple[int, ...], x: Shape) -> Any:
    """Axes at positions of a shape, as a layer chooses them where none are stated."""
    axes = axes_of(x)
    if isinstance(at, tuple):
        return tuple(Axis(place, axes, stated=False) for place in at)
    return Axis(at % len(x), axes, stated=False)


def usual_last(x: Shape, remedies: dict[str, str]) -> int:
    """The last axis, where features stand; raises Misplaced if the names say that they stand elsewhere.

    `remedies` say what another layer or setting makes of the input, `{}` being the axis of its channels or features.
    """
    axes = axes_of(x)
    values = values_axis(axes)
    if values == len(x) - 1 or len(x) == 1 or (values is None and axes[-1] not in PLACES):
        return len(x) - 1
    ways = []
    for way, makes in remedies.items():
        if values is not None:
            ways.append(f"`{way.format(axes[values])}` {makes.format(axes[values])}")
        elif "{}" in way:
            ways.append(f"`{way.format('…')}` names the axis to work on")
    raise Misplaced("works on features", "", ", ".join(ways))


def values_or_first(x: Shape) -> int:
    """The axis of channels or features; where no name tells, the first, which must be the only one or channels.

    Raises Misplaced if the names of other axes leave open which it is.
    """
    values = values_axis(axes_of(x))
    if values is None and len(x) > 1 and any(axes_of(x)):
        raise Misplaced("works on channels or features", "", "`axis:` names the axis to work on")
    return values or 0


def every_place(x: Shape) -> tuple[int, ...]:
    """All axes but that of channels or features, the first where no name tells.

    Raises Misplaced if the names of other axes leave open which it is.
    """
    axes = axes_of(x)
    if values_axis(axes) is None and axes[0] in PLACES and len(x) > 1:
        # The first is no channels then, and nothing says which is.
        raise Misplaced("works on the places of channels or features", "", "`axes:` names the axes to work on")
    return places_of(x)


def require_first(x: Shape, work: str) -> None:
    """Raise Misplaced if the names say that channels, or features, are not the first axis.

    `work` names the axes it works on, and tells how many there must be if it names more than the channels.
    """
    axes = axes_of(x)
    values = values_axis(axes)
    if values:
        order = [axes[values], *(name for place, name in enumerate(axes_of(x)) if place != values)]
        fits = all(order) and work.count("×") in {0, len(x) - 1}
        remedy = f"`permute: [{', '.join(order)}]` puts the {axes[values]} first" if fits else ""
        raise Misplaced(f"works on {work}", "", remedy)


def require_last(x: Shape) -> None:
    """Raise Misplaced if the names say that channels, or features, are not the last axis."""
    axes = axes_of(x)
    values = values_axis(axes)
    if values == len(x) - 1 or (values is None and axes[-1] not in PLACES):
        return
    remedy = ""
    if values is not None and all(axes):
        order = [*(name for place, name in enumerate(axes) if place != values), axes[values]]
        remedy = f"`permute: [{', '.join(order)}]` puts the {axes[values]} last"
    raise Misplaced("works on channels behind their places", "", remedy)


def require_sequence(x: Shape) -> None:
    """Raise Misplaced if the names say that a shape is not tokens×features."""
    axes = axes_of(x)
    values = values_axis(axes)
    if len(x) == 2 and (values == 1 or (values is None and axes[1] not in PLACES)):
        return
    steps = []
    if values is not None and len(x) > 1 and all(axes):
        rest = [name for place, name in enumerate(axes) if place != values]
        if values < len(x) - 1:
            steps.append(f"`permute: [{', '.join([*rest, axes[values]])}]`")
        if len(rest) > 1:
            steps.append(f"`flatten: {{tokens: [{', '.join(rest)}]}}`")
    makes = "makes" if len(steps) == 1 else "make"
    raise Misplaced("works on tokens×features", "", f"{' and '.join(steps)} {makes} a sequence of it" if steps else "")


def _differ(a: Dim, b: Dim) -> bool:
    """True if two numbers of values are not meant to be equal: HW and 1 are only where every letter is 1."""
    same = equal(a, b)
    return same is False or (same is not True and (at_least(a, b) is True) != (at_least(b, a) is True))


def check_order(x: Shape, y: Shape, names: Sequence[str]) -> None:
    """Raise Misplaced if a reshape gives an axis the name of an input's axis whose values it does not hold.

    A reshape keeps the order of the values: channels×height×width is not read as tokens×features. An axis of 1 may
    stand anywhere.
    """
    axes = axes_of(x)
    if equal(size(x), size(y)) is False:
        # No order would make it right.
        return
    for after, name in enumerate(names):
        place = found(name, axes) if any(axes) else None
        if place is None or x[place] == 1 or equal(x[place], y[after]) is not True:
            continue
        if not _differ(size(x[:place]), size(y[:after])) or not _differ(size(x[place + 1 :]), size(y[after + 1 :])):
            continue
        wanted = list(dict.fromkeys(place for one in names if (place := found(one, axes)) is not None))
        wanted += [place for place in range(len(x)) if place not in wanted]
        if values_axis(names) == len(names) - 1 and (values := values_axis(axes)) is not None:
            wanted = [place for place in range(len(x)) if place != values] + [values]
        order = ", ".join(axis_names([axes[place] for place in wanted]))
        raise Misplaced(
            f"keeps the order of the values, so that the axis called {name} would hold others",
            "",
            f"`permute: [{order}]` before it moves the axes",
        )
