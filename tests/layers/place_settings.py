"""Hypothesis strategies: the settings of layers that move values between places and channels, or look at places."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from tests.layers.axis_settings import several
from tests.layers.inputs import Draw, Shape
from tests.layers.torch_axes import OPEN, positions
from tests.layers.window_settings import each, every_axis, grouped, margins, two_sides, window


def blur(draw: Draw, x: Shape) -> dict[str, Any]:
    return dict(window(draw, x, dilated=False, pooling=False).items())


def unfold(draw: Draw, x: Shape) -> dict[str, Any]:
    return window(draw, x, dilated=True, pooling=False)


def fold(draw: Draw, x: Shape) -> dict[str, Any]:
    """A window of as many values as divide the channels, and the size of an image with such windows at all places."""
    pairs = [(a, b) for a in range(1, 4) for b in range(1, 4) if x[0] % (a * b) == 0]
    kernel = draw(st.sampled_from(pairs))
    fields: dict[str, list[Any]] = {"size": [], "kernel": list(kernel), "stride": [], "dilation": [], "padding": []}
    for n, k in zip(x[1:], kernel, strict=True):
        s, d = draw(st.integers(1, 3)), draw(st.integers(1, 2))
        whole = (n - 1) * s + d * (k - 1) + 1 + draw(st.integers(0, s - 1))
        before, after = draw(st.sampled_from([(0, 0), (1, 1), (2, 2), (2, 1), (0, 1)]))
        before, after = (before, after) if whole > before + after else (0, 0)
        for name, value in zip(fields, (whole - before - after, None, s, d, (before, after)), strict=True):
            fields[name] += [] if name == "kernel" else [value]
    found = {name: each(draw, value) for name, value in fields.items() if name != "padding"}
    if draw(st.integers(0, 4)) == 0:
        # Places 0, s, 2s, … of an image, wherever its windows end.
        sizes = [(n - 1) * s + 1 for n, s in zip(x[1:], fields["stride"], strict=True)]
        return found | {"padding": "same", "size": each(draw, sizes)}
    return found | {"padding": margins(draw, fields["padding"])}


def crop(draw: Draw, x: Shape, *like: Shape) -> dict[str, Any]:
    found = margins(draw, every_axis(draw, x, lambda draw, n: two_sides(draw, 0, (n - 1) // 2)))
    return {"margin": None if like else found}


def aligned(draw: Draw, _boxes: Shape, *maps: Shape) -> dict[str, Any]:
    first = draw(st.sampled_from([1, 2, 4]))
    size = draw(st.integers(1, 3) | st.tuples(st.integers(1, 3), st.integers(1, 3)))
    return {"size": size, "strides": tuple(first * 2**i for i in range(len(maps))), "samples": draw(st.integers(1, 3))}


def padded(draw: Draw, x: Shape) -> dict[str, Any]:
    mode = draw(st.sampled_from(["zeros", "reflect", "replicate", "circular"]))
    most = {"reflect": lambda n: n - 1, "circular": lambda n: n}.get(mode, lambda _: 4)
    if draw(st.integers(0, 3)) == 0:
        # What lacks is less than twice the axis.
        multiples = every_axis(draw, x, lambda draw, n: draw(st.integers(1, n + (mode == "zeros"))))
        return {"margin": None, "multiple": each(draw, multiples), "mode": mode}
    sides = every_axis(draw, x, lambda draw, n: two_sides(draw, 0, min(4, most(n))))
    return {"margin": margins(draw, sides), "multiple": None, "mode": mode}


def roll(draw: Draw, x: Shape) -> dict[str, Any]:
    try:
        places = [axis for axis in range(len(x)) if axis != OPEN["globalavgpool"](x)]
    except ValueError:
        places = []
    left_open = bool(places) and draw(st.booleans())
    named = several(draw, x)
    at = places if left_open else positions(named, x)
    shifts = [draw(st.integers(-x[axis], x[axis])) for axis in at]
    return {"axes": None if left_open else named, "shifts": each(draw, shifts)}


def deformed(draw: Draw, x: Shape, offsets: Shape, *_mask: Shape) -> dict[str, Any]:
    """A window at as many places as there are offsets, of as many taps."""
    pairs = [(a, b) for a in range(1, 4) for b in range(1, 4) if offsets[0] % (2 * a * b) == 0]
    pairs = [(a, b) for a, b in pairs if x[0] % (offsets[0] // (2 * a * b)) == 0]
    kernel = draw(st.sampled_from(pairs))

    def axis(draw: Draw, n: int, m: int, k: int) -> tuple[int, int, tuple[int, int]]:
        """Stride, dilation and as much before and after as makes m places of n."""
        s, d = draw(st.integers(1, 2)), draw(st.integers(1, 2))
        lacking = (m - 1) * s + d * (k - 1) + 1 - n
        if lacking < 0:
            s, lacking = max(1, (n - d * (k - 1) - 1) // max(1, m - 1)), 0
        before = draw(st.sampled_from([lacking // 2, draw(st.integers(0, lacking))]))
        return s, d, (before, lacking - before)

    axes = list(zip(x[1:], offsets[1:], kernel, strict=True))
    drawn = [axis(draw, *axes[0])] * 2 if axes[0] == axes[1] else [axis(draw, *one) for one in axes]
    stride, dilation, around = map(list, zip(*drawn, strict=True))
    found = {"stride": each(draw, stride), "dilation": each(draw, dilation), "padding": margins(draw, around)}
    groups = offsets[0] // (2 * kernel[0] * kernel[1])
    return found | grouped(draw, x) | {"kernel": each(draw, list(kernel)), "offset_groups": groups}
