"""Checks of a layer's references: to layers that run whenever it does, and to weights of the shapes that it needs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from archcalc.errors import Place, SpecError
from archcalc.symbols.dims import Shape, Truth, equal, format_shape


def check_trunk(node: Any, nodes: Sequence[Any], places: dict[str, Place]) -> None:
    """Refuse a layer that reads an auxiliary head or uses its weights, unless it is auxiliary itself."""
    if node.auxiliary:
        return
    for i in node.inputs:
        if nodes[i].auxiliary:
            fact = f"{node.layer.kind} reads '{nodes[i].name}', which is auxiliary"
            raise SpecError(fact, node.place, "a head is left out at inference; what reads it must be auxiliary too")
    if node.share is not None and nodes[node.share].auxiliary:
        fact = f"{node.layer.kind} uses the weights of '{nodes[node.share].name}', which is auxiliary"
        raise SpecError(fact, places.get("share", node.place), "a head is left out at inference, its weights with it")


def alike(
    node: Any, owner: Any, shapes: tuple[Shape, ...], owned: dict[str, Shape], place: Place | None
) -> Iterator[Truth]:
    """The conditions on letters for shared weights to have the shapes needed; raises SpecError for a mismatch."""
    wanted = node.layer.weights(*shapes)
    common = [name for name in wanted if name in owned]
    if not common:
        raise SpecError(f"{node.layer.kind} has no weights in common with {owner.name}", place)
    for name in common:
        mine, its = wanted[name], owned[name]
        facts = [equal(a, b) for a, b in zip(mine, its, strict=True)] if len(mine) == len(its) else [False]
        if False in facts:
            fact = f"{node.layer.kind} needs a {name} of {format_shape(mine)}, {owner.name} has {format_shape(its)}"
            raise SpecError(fact, place)
        yield from (fact for fact in facts if fact is not True)
