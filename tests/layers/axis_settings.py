"""Hypothesis strategies: the settings that say which axes a layer works on, by name, by position and left open."""

from __future__ import annotations

import math
from typing import Any

from hypothesis import strategies as st

from archcalc.symbols.shape import axes_of
from tests.layers.inputs import VALUES, Draw, Shape, axes
from tests.layers.torch_axes import OPEN, position

# Names that no input has.
OWN = ("rows", "columns", "parts", "steps", "groups")


def divisors(n: int) -> st.SearchStrategy[int]:
    """The numbers that divide n."""
    return st.sampled_from([k for k in range(1, n + 1) if n % k == 0])


def spoken(x: Shape, axis: int) -> list[str]:
    """The names by which an axis goes."""
    found = []
    for name in sorted({*axes_of(x), *VALUES, "tokens", "length"} - {""}):
        try:
            found += [name] if position(name, x) == axis else []
        except ValueError:
            continue
    return found


def said(draw: Draw, x: Shape, axis: int) -> int | str:
    """An axis by a name, if it has one, or by its position from either end."""
    names = spoken(x, axis)
    if names and draw(st.booleans()):
        return draw(st.sampled_from(names))
    return draw(st.sampled_from([axis, axis - len(x)]))


def one_axis(draw: Draw, kind: str, x: Shape) -> tuple[int, int | str | None]:
    """An axis to work on, and the setting that says so; left open every third time, where the input leaves none open."""
    if draw(st.integers(0, 2)) == 0:
        try:
            return OPEN[kind](x), None
        except ValueError:
            pass
    axis = draw(axes(x)) % len(x)
    return axis, said(draw, x, axis)


def axis(kind: str) -> Any:
    """The settings of a kind that has but an axis to say."""
    return lambda draw, x: {"axis": one_axis(draw, kind, x)[1]}


def several(draw: Draw, x: Shape, least: int = 1) -> Any:
    """Some axes in any order; one of them may stand alone by its name."""
    order = draw(st.permutations(range(len(x))))[: draw(st.integers(least, len(x)))]
    found = tuple(said(draw, x, one) for one in order)
    return found[0] if len(found) == 1 and isinstance(found[0], str) and draw(st.booleans()) else found


def layernorm(draw: Draw, x: Shape) -> dict[str, Any]:
    way = draw(st.sampled_from(["open", "count", "several", "several"]))
    if way == "open":
        return {"axes": one_axis(draw, "layernorm", x)[1] if len(spoken(x, len(x) - 1)) else None}
    return {"axes": draw(st.integers(1, len(x))) if way == "count" else several(draw, x)}


def globalpool(draw: Draw, x: Shape) -> dict[str, Any]:
    try:
        OPEN["globalavgpool"](x)
    except ValueError:
        return {"axes": several(draw, x)}
    return {"axes": several(draw, x) if draw(st.booleans()) else None}


def permute(draw: Draw, x: Shape) -> dict[str, Any]:
    return {"order": tuple(said(draw, x, one) for one in draw(st.permutations(range(len(x)))))}


def flatten(draw: Draw, x: Shape) -> dict[str, Any]:
    start = draw(st.integers(0, len(x) - 1))
    if draw(st.booleans()):
        return {"start": start, "axes": None, "into": None}
    run = range(start, draw(st.integers(start, len(x) - 1)) + 1)
    into = draw(st.none() | st.sampled_from([name for name in (*OWN, "tokens") if name not in axes_of(x)]))
    return {"start": 0, "axes": tuple(said(draw, x, one) for one in run), "into": into}


def names(draw: Draw, x: Shape) -> tuple[str, ...] | None:
    """Names of its own for each axis of a shape, or none."""
    return draw(
        st.none() | st.permutations(OWN).map(lambda names: tuple(names[: len(x)])) if len(x) <= len(OWN) else st.none()
    )


def shaped(draw: Draw, *_: Shape) -> dict[str, Any]:
    shape = draw(st.lists(st.integers(1, 9), min_size=1, max_size=4).map(tuple))
    return {"shape": shape, "axes": names(draw, shape)}


def reshape(draw: Draw, x: Shape) -> dict[str, Any]:
    """The values of x under another shape."""
    left, shape = math.prod(x), []
    for _ in range(draw(st.integers(0, 3))):
        shape.append(draw(divisors(left)))
        left //= shape[-1]
    return {"shape": (*shape, left), "axes": names(draw, (*shape, left))}


def slice_(draw: Draw, x: Shape) -> dict[str, Any]:
    at, setting = one_axis(draw, "slice", x)
    start = draw(st.integers(0, x[at] - 1))
    return {"axis": setting, "start": start, "stop": draw(st.integers(start + 1, x[at]))}


def split(draw: Draw, x: Shape) -> dict[str, Any]:
    at, setting = one_axis(draw, "split", x)
    parts = draw(divisors(x[at]))
    return {"axis": setting, "parts": parts, "part": draw(st.integers(0, parts - 1))}


def concat(draw: Draw, *xs: Shape) -> dict[str, Any]:
    """The axis in which the inputs differ, or any; found by the names that any of them has."""
    x = max(xs, key=lambda x: any(axes_of(x)))
    apart = [axis for axis, sizes in enumerate(zip(*xs, strict=True)) if len(set(sizes)) > 1]
    at = apart[0] if apart else draw(axes(x)) % len(x)
    return {"axis": None if at == OPEN["concat"](x) and draw(st.booleans()) else said(draw, x, at)}


SETTINGS: dict[str, Any] = {
    **{kind: axis(kind) for kind in ("l2norm", "linear", "rmsnorm", "softmax", "squash", "scale", "cumsum", "cummean")},
    "concat": concat,
    "flatten": flatten,
    **dict.fromkeys(("globalavgpool", "globalmaxpool"), globalpool),
    **dict.fromkeys(("constant", "input", "learned"), shaped),
    "layernorm": layernorm,
    "permute": permute,
    "reshape": reshape,
    "slice": slice_,
    "split": split,
}
