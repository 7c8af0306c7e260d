"""The tokens that the hidden values of recurrent layers have seen."""

from __future__ import annotations

from archcalc.layers.views import Views, global_view, pointwise_view
from archcalc.layers.window import whole_axis
from archcalc.layers.windows import anticausal, causal, one_part
from archcalc.symbols.dims import Dim, Shape


def states_seen(x: Shape, layers: int, half: Dim | None) -> Views:
    """The views of the tokens from the last of so many layers; `half` is the values of a direction where there are two."""
    if half is None:
        return (pointwise_view(x, {0: causal(), 1: whole_axis(x[1])}),)
    if layers > 1:
        return (global_view(x, 0, 1),)
    # One half of the hidden values has seen the tokens so far, the other half those still to come.
    ways = ((causal(), 0), (anticausal(x[0]), 1))
    return tuple(pointwise_view(x, {0: way, 1: one_part(whole_axis(x[1]), at, 2, half)}) for way, at in ways)
