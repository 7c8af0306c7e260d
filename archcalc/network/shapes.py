"""The shape of a layer's output, from those of its inputs."""

from __future__ import annotations

from itertools import chain
from typing import NamedTuple

from archcalc.errors import Place, SpecError
from archcalc.layers.base import Layer
from archcalc.layers.fields import asked
from archcalc.layers.placing import Misplaced
from archcalc.symbols.dims import Shape, Truth, as_int, decided, format_shape
from archcalc.symbols.shape import NamedShape, spelled


class Inferred(NamedTuple):
    """A layer with its axes found in its inputs, its output's shape, and the facts that symbols leave open."""

    layer: Layer
    shape: NamedShape
    open_facts: list[Truth]


def infer(
    layer: Layer, shapes: tuple[Shape, ...], place: Place | None = None, places: dict[str, Place] | None = None
) -> Inferred:
    """All that the shapes of a layer's inputs tell.

    Raises SpecError, at the place of the field to blame if there is one, for an axis that is not there and for a
    requirement that does not hold.
    """
    least, most = layer.arity
    if not least <= len(shapes) <= most:
        wanted = (
            "no input"
            if most == 0
            else f"at least {least} inputs"
            if most > least
            else f"{least} input{'s' * (least > 1)}"
        )
        raise SpecError(f"{layer.kind} takes {wanted}, not {len(shapes)}", place)
    if not all(shapes):
        raise SpecError(f"{layer.kind}: the input must be of at least one axis", place)
    try:
        layer = layer.placed(*shapes)
    except Misplaced as error:
        inputs = " and ".join(dict.fromkeys(map(spelled, shapes)))
        said = f"{layer.kind} {error.message}; the input{'s have' if len(shapes) > 1 else ' has'} {inputs}"
        raise SpecError(said, (places or {}).get(error.field, place), error.remedy) from None
    open_facts: list[Truth] = []
    for fact, message, field in chain(asked(layer), layer.requires(*shapes)):
        truth = decided(fact)
        if truth is None:
            open_facts.append(fact)
        elif not truth:
            seen = " and ".join(format_shape(x) for x in shapes)
            note = f"input is {seen}" if len(shapes) == 1 else f"inputs are {seen}" if shapes else ""
            raise SpecError(f"{layer.kind}: {message}", (places or {}).get(field, place), note)
    # Letters that cancel leave a whole number.
    output = [n if isinstance(n, int) else as_int(n) for n in layer.output(*shapes)]
    return Inferred(layer, NamedShape(output, layer.output_axes(tuple(output), *shapes)), open_facts)
