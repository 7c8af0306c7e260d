"""Cuts: the groups of devices over which each axis of an array is divided."""

from __future__ import annotations

from math import prod
from typing import TypeAlias

from archcalc.parallel.plan import Group, Plan
from archcalc.symbols.dims import Shape
from archcalc.symbols.shape import NamedShape, axes_of, axis_names

# For each axis the groups over which it is divided, outer ones first.
Cuts: TypeAlias = tuple[tuple[Group, ...], ...]
# The order of groups along one axis, so that equal cuts are equal.
_ORDER: tuple[Group, ...] = ("context", "experts", "tensor")


def whole(shape: Shape) -> Cuts:
    """The cuts of an array that each device has whole."""
    return ((),) * len(shape)


def cut(cuts: Cuts, axis: int, *groups: Group) -> Cuts:
    """The same cuts with an axis divided over these groups alone."""
    ordered = tuple(group for group in _ORDER if group in groups)
    return (*cuts[:axis], ordered, *cuts[axis + 1 :])


def parts(groups: tuple[Group, ...], plan: Plan) -> int:
    """The number of parts of an axis.

    >>> parts(("context", "tensor"), Plan(context=2, tensor=4))
    8
    """
    return prod(plan.size(group) for group in groups)


def share(shape: Shape, cuts: Cuts, plan: Plan, name: str) -> NamedShape:
    """The shape of one device's part; raises SpecError for an axis that does not divide, with its size.

    >>> share((4096, 512), (("context",), ("tensor",)), Plan(context=2, tensor=8), "x")
    (2048, 64)
    """
    sizes = []
    for axis, (n, groups) in enumerate(zip(shape, cuts, strict=True)):
        count = parts(groups, plan)
        if n % count:
            what = axis_names(axes_of(shape))[axis]
            said = "·".join(f"{group} {plan.size(group)}" for group in groups)
            setting = "sequence" if groups == ("tensor",) and what == "tokens" else groups[-1]
            plan.refuse(setting, f"{name}: {said} does not divide its {n:,} {what}")
        sizes.append(n // count)
    return NamedShape(sizes, axes_of(shape))
