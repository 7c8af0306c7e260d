"""The fields of convolutions whose padding is filled with values of the input."""

from __future__ import annotations

import pytest

from archcalc.errors import Source
from archcalc.language import parse
from archcalc.receptive_field.field import Field
from archcalc.receptive_field.fields import receptive_fields


def field(layers: str) -> Field:
    fields = receptive_fields(parse(Source("x.yaml", f"input: {{channels: 1, length: 8}}\nlayers: [{layers}]")))
    return list(fields.values())[-1]


def seen(layers: str) -> list[tuple[int, int]]:
    """The first and the last of the 8 values that each place sees."""
    found = field(layers)
    ends = [found.reaches[0].at((0, i)) for i in range(found.output[1])]
    return [(max(lo, 0), min(hi, 7)) for lo, hi in ends]


# The positions of 8 values with two more on either side, as they are written out by hand.
FILLED = {
    "reflect": [2, 1, 0, 1, 2, 3, 4, 5, 6, 7, 6, 5],
    "replicate": [0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 7, 7],
    "circular": [6, 7, 0, 1, 2, 3, 4, 5, 6, 7, 0, 1],
}


@pytest.mark.parametrize("mode", FILLED)
@pytest.mark.parametrize(("kernel", "stride", "dilation"), [(3, 1, 1), (3, 2, 1), (2, 3, 2), (1, 1, 1)])
def test_a_place_sees_the_values_that_fill_its_window(mode: str, kernel: int, stride: int, dilation: int) -> None:
    """From the first of them to the last, and the same where a `pad` stands before the convolution."""
    window = f"out: 1, kernel: {kernel}, stride: {stride}, dilation: {dilation}"
    starts = range(0, 12 - dilation * (kernel - 1), stride)
    taps = [FILLED[mode][start : start + dilation * (kernel - 1) + 1 : dilation] for start in starts]
    expected = [(min(values), max(values)) for values in taps]

    at_once, in_two = f"conv1d: {{{window}, padding: 2, padding_mode: {mode}}}", f"conv1d: {{{window}}}"
    assert seen(at_once) == expected
    assert seen(f"pad: {{margin: 2, mode: {mode}}}, {in_two}") == expected
    assert field(at_once).size == (max(b - a for a, b in expected) + 1,)


def test_a_mirrored_margin_is_seen_whole_by_what_follows() -> None:
    """Of a margin of 4 that runs backwards a window sees the furthest value at its first tap, and the nearest at its last."""
    assert seen("pad: {margin: 4, mode: reflect}, conv1d: {out: 1, kernel: 2}")[:4] == [(3, 4), (2, 3), (1, 2), (0, 1)]
