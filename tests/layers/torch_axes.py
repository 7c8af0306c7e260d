"""The axes that settings mean, found for torch by other means: by name, by position, or left open."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from archcalc.symbols.shape import axes_of
from tests.layers.inputs import VALUES, Shape

PLACES = {"tokens", "length", "depth", "height", "width"}


def position(stated: Any, x: Shape) -> int:
    """The position of an axis by its name, or by a position from either end; raises ValueError if it is not there."""
    names = axes_of(x)
    if not isinstance(stated, str):
        return range(len(x))[stated]
    if len(x) == 2 and not any(names):
        # They may be channels and a length, or tokens and features.
        names = ("channels", "length") if stated in {"channels", "length"} else ("tokens", "features")
    if stated in VALUES and stated not in names:
        stated = "channels" if stated == "features" else "features"
    return names.index(stated)


def positions(stated: Any, x: Shape) -> list[int]:
    """The positions of several axes."""
    return [position(one, x) for one in (stated if isinstance(stated, tuple) else (stated,))]


def values(x: Shape) -> int | None:
    """The position of channels or features by name."""
    return next((place for place, name in enumerate(axes_of(x)) if name in VALUES), None)


def last(x: Shape) -> int:
    """The last axis, unless features or channels are known to lie elsewhere."""
    at = values(x)
    if len(x) > 1 and (at not in {None, len(x) - 1} or (at is None and axes_of(x)[-1] in PLACES)):
        raise ValueError("features lie elsewhere")
    return len(x) - 1


def last_of_all(x: Shape) -> int:
    """The last axis, unless features or channels are named elsewhere."""
    return len(x) - 1 if values(x) is None else last(x)


def channels(x: Shape) -> int:
    """The axis of channels or features, the first where nothing is named."""
    at = values(x)
    if at is None and len(x) > 1 and any(axes_of(x)):
        raise ValueError("no channels among the names")
    return at or 0


def kept(x: Shape) -> int:
    """The axis of channels or features, else the first, unless it is a place."""
    at = values(x)
    if at is None and len(x) > 1 and axes_of(x)[0] in PLACES:
        raise ValueError("no channels among the names")
    return at or 0


def channels_or_first(x: Shape) -> int:
    """The axis called channels, or else the first."""
    return axes_of(x).index("channels") if "channels" in axes_of(x) else 0


# The axis that a kind works on where its setting is left open.
OPEN: dict[str, Callable[[Shape], int]] = {
    **dict.fromkeys(("linear", "layernorm", "rmsnorm", "squash"), last),
    "softmax": last_of_all,
    **dict.fromkeys(("l2norm", "scale", "split"), channels),
    **dict.fromkeys(("globalavgpool", "globalmaxpool"), kept),
    "concat": channels_or_first,
    **dict.fromkeys(("slice", "cumsum", "cummean"), lambda _x: 0),
}


def working(kind: str, stated: Any, x: Shape) -> int:
    """The one axis that a layer works on."""
    return OPEN[kind](x) if stated is None else position(stated, x)
