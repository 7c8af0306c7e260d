"""The requirements on a layer's inputs and fields that many kinds share."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeAlias

from archcalc.symbols.dims import Shape, Truth
from archcalc.symbols.shape import AXES

# A fact, the message if it is false, and the field it is about ("" if it is about the input).
Requirement: TypeAlias = tuple[Truth, str, str]


def require_per_axis(rank: int, **fields: Any) -> Iterator[Requirement]:
    """The requirement that a list in a field has one entry for each axis."""
    for name, value in fields.items():
        if isinstance(value, tuple):
            yield (
                len(value) == rank,
                f"{name} has {len(value)} entries for {rank} {'axis' if rank == 1 else 'axes'}",
                name,
            )
            for side in value:
                if isinstance(side, tuple):
                    yield len(side) == 2, f"{name} has {len(side)} entries for the two sides of an axis", name


def require_once(axes: tuple[int, ...]) -> Requirement:
    """The requirement that a layer works on at least one axis, and on none twice."""
    return 0 < len(set(axes)) == len(axes), "axes must name each axis once", "axes"


def require_names(axes: tuple[str, ...] | None, shape: Shape) -> Iterator[Requirement]:
    """The requirement that each axis of a shape has a name of its own, by which expressions can call it, if any has one."""
    if axes is not None:
        yield len(axes) == len(shape), f"axes has {len(axes)} names for {len(shape)} sizes", "axes"
        for name in axes:
            yield name.isidentifier(), f"'{name[:40]}' is no name of an axis, which is a word", "axes"
        yield len(set(axes)) == len(axes), "axes names one axis twice", "axes"


def require_places(x: Shape) -> Requirement:
    """The requirement that an input has channels and places."""
    return len(x) > 1, "the input must be channels and at least one further axis", ""


def require_rank(x: Shape, rank: int) -> Requirement:
    """The requirement that an input has channels and `rank` further axes."""
    wanted = "×".join(("channels", *AXES[rank]))
    return len(x) == rank + 1, f"the input must be {wanted}", ""
