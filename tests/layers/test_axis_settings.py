"""Each kind that says on which axes it works is drawn with each way to say so, and names go where their axes go."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, assume, given, reject, settings
from hypothesis import strategies as st

from archcalc.errors import SpecError
from archcalc.layers import Layer
from archcalc.network.shapes import infer
from archcalc.symbols.shape import NamedShape, axes_of
from tests.layers.axis_settings import SETTINGS
from tests.layers.strategies import cases

# The settings that say which axes, or what they are called.
SAYS = {kind: Layer.kinds[kind].axis_setting or "axes" for kind in SETTINGS}
# One axis is no channels and places, and a reshape, the input and what is learned have names of their own.
RANKS = dict.fromkeys(("globalavgpool", "globalmaxpool"), (2, 3, 4))
WAYS = {"permute": ("name", "position"), **dict.fromkeys(("reshape", "constant", "input", "learned"), ("open", "name"))}
ASKED = {
    (kind, way, rank)
    for kind in SETTINGS
    for rank in RANKS.get(kind, (1, 2, 3, 4))
    for way in WAYS.get(kind, ("open", "name", "position"))
}


def ways(kind: str, stated: Any, *, within: bool) -> set[str]:
    """The ways in which a setting says the axes; within a list a number is a position."""
    if stated is None:
        return {"open"}
    if isinstance(stated, tuple):
        several = {"several"} if len(stated) > 1 else set()
        return several.union(*(ways(kind, one, within=True) for one in stated))
    if isinstance(stated, str):
        return {"name"}
    return {"count"} if kind == "layernorm" and not within else {"position"}


def drawn(kind: str, count: int) -> Counter[Any]:
    """So many cases of a kind, by the ways in which they say the axes and whether these have names."""
    found: Counter[Any] = Counter()

    @settings(max_examples=count, database=None, derandomize=True, phases=[Phase.generate], deadline=None)
    @given(cases(kind, flaws=False))
    def draw(case: tuple[Layer, Any]) -> None:
        layer, shapes = case
        shape = shapes[0] if shapes else layer.shape
        said = ways(kind, getattr(layer, SAYS[kind]), within=False)
        found.update((kind, way, len(shape)) for way in {*said, "named" if any(axes_of(shape)) else "unnamed"})

    draw()
    return found


def test_every_axis_setting_is_drawn_in_every_way_at_every_rank() -> None:
    """By name, by position and left open, of one axis up to four, on shapes with names and without."""
    ranks = {(kind, rank) for kind, _, rank in ASKED if Layer.kinds[kind].arity[1]}
    shapes = {(kind, way, rank) for kind, rank in ranks for way in ("named", "unnamed")}
    counts = {("layernorm", way, rank) for way, least in (("count", 1), ("several", 2)) for rank in range(least, 5)}
    missed = ASKED | shapes | counts
    # Most need few cases, and some many.
    for count in (100, 400):
        missed -= sum((drawn(kind, count) for kind in sorted({kind for kind, *_ in missed})), Counter()).keys()

    assert not missed


@pytest.mark.parametrize("kind", ["flatten", "permute", "reshape", "slice", "split", "concat"])
@settings(suppress_health_check=[HealthCheck.filter_too_much, *settings().suppress_health_check])
@given(data=st.data())
def test_a_name_goes_where_its_axis_goes(kind: str, data: st.DataObject) -> None:
    """Going along an output's axis with the name of one of the input's goes along that one, and along it alone."""
    layer, shapes = data.draw(cases(kind, flaws=False))
    x = shapes[0]
    assume(any(axes_of(x)))
    try:
        layer, output, _ = infer(layer, shapes)
    except SpecError:
        reject()
    names = axes_of(output)
    assert len({*names} - {""}) == len([name for name in names if name])
    for place, name in enumerate(names):
        if name not in axes_of(x) or name in own_names(layer):
            continue
        axis = axes_of(x).index(name)
        if kind == "reshape" and x[axis] != output[place]:
            # An image under another shape has another height.
            continue
        inputs = [np.indices(other)[axis][None] for other in shapes]
        moved = np.moveaxis(layer.forward(np, *inputs)[0], place, 0).reshape(output[place], -1)
        assert (moved == moved[:, :1]).all()


def own_names(layer: Any) -> set[str]:
    """The names that a setting gives, whatever the input's axes are called."""
    return {*(layer.axes or ())} if layer.kind == "reshape" else {layer.into} if layer.kind == "flatten" else set()


@pytest.mark.parametrize(
    ("axes", "x", "y", "names"),
    [
        (("channels", "height", "width"), (8, 1, 6), (8, 6), ("channels", "width")),
        (("channels", "height", "width"), (8, 4, 6), (1, 8, 4, 6), ("", "channels", "height", "width")),
        (("channels", "height", "width"), (1, 28, 28), (28, 28), ("height", "width")),
        (("tokens", "features"), (49, 96), (1, 49, 96), ("", "tokens", "features")),
        (("tokens", "features"), (49, 96), (12, 49, 8), ("", "", "")),
        (("channels", "height", "width"), (4, 6, 2), (8, 6, 1), ("", "", "")),
        (("channels", "height", "width"), (12, 6, 6), (3, 12, 12), ("channels", "height", "width")),
        (("height", "width", "channels"), (6, 6, 12), (3, 12, 12), ("", "", "channels")),
        (("tokens", "features"), (49, 96), (49, 12, 8), ("tokens", "", "")),
        (("channels", "tokens"), (4, 1024), (4, 32, 32), ("channels", "height", "width")),
        (("features",), (6272,), (128, 7, 7), ("channels", "height", "width")),
        (("depth", "height", "width", "length"), (2, 3, 4, 5), (6, 20), ("tokens", "")),
        (("", "height", "", "width", ""), (3, 4, 2, 5, 2), (3, 8, 10), ("channels", "height", "width")),
    ],
)
def test_a_reshape_names_what_it_leaves_alone(axes: Any, x: Any, y: Any, names: Any) -> None:
    """Axes of 1 come and go, places become tokens once, and what became of tokens is not called an image."""
    assert infer(Layer.kinds["reshape"](shape=y), (NamedShape(x, axes),)).shape.axes == names
