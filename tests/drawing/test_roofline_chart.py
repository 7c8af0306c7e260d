"""The roofline of a device: marks on it, their shares, and no chart where there is nothing to mark."""

from __future__ import annotations

import pytest

import archcalc
from archcalc.devices.known import device
from archcalc.devices.roofline import Asked, roofline
from archcalc.drawing.charts.canvas import canvas
from archcalc.drawing.charts.roofline import draw, marks
from archcalc.errors import Source, SpecError
from archcalc.language import parse


def test_marks_lie_on_the_roof():
    """At the bandwidth below the ridge and at the peak above it; alike layers are one mark, and shares are of the whole time."""
    found = roofline(archcalc.profile(archcalc.load("resnet18"), 16), device("h200"), Asked(dtype="bf16"))
    every = marks(found)
    peak, bandwidth = float(found.peak.rate), float(found.device.bandwidth)

    assert all(mark.reached == pytest.approx(min(peak, bandwidth * mark.intensity)) for mark in every)
    assert sum(len(mark.names) for mark in every) == sum(row.cost.macs > 0 for row in found.rows) == 21
    own = sum(row.cost.seconds for row in found.rows if row.cost.macs)
    assert sum(mark.share for mark in every) == pytest.approx(float(own / found.seconds))
    assert [mark.share for mark in every] == sorted((mark.share for mark in every), reverse=True)


def test_the_roof_bends_at_the_ridge():
    found = roofline(archcalc.profile(archcalc.load("lenet5")), device("t4"))
    with canvas(8, 5) as figure:
        axes = figure.subplots()
        draw(axes, found)

    xs, ys = (list(axis) for axis in axes.lines[0].get_data())
    assert xs[1] == float(found.ridge)
    assert ys[1] == ys[2] == float(found.peak.rate)
    assert ys[0] == pytest.approx(xs[0] * float(found.device.bandwidth))


@pytest.mark.parametrize(("height", "said"), [("4", "has no layer with products"), ("H", "letters")])
def test_nothing_to_mark_is_said(height, said):
    graph = parse(Source("net.yaml", f"input: {{channels: 1, height: {height}, width: 4}}\nlayers: [relu]\n"))
    with pytest.raises(SpecError, match=said):
        marks(roofline(archcalc.profile(graph), device("t4")))
