"""Encoders and decoders as slabs: their floors, and the skips between them."""

from __future__ import annotations

import re

import pytest

import archcalc
from archcalc.drawing.diagrams import draw
from archcalc.drawing.diagrams.outline import outline
from archcalc.drawing.diagrams.slab_floors import floors
from archcalc.drawing.diagrams.volumes import volumes
from archcalc.errors import Source
from archcalc.language import parse
from tests.drawing.drawn import profiled
from tests.zoo import SOME


def volumes_of(profile: archcalc.Profile):
    return volumes(outline(profile, fold=False))


def test_the_floors_of_the_u_net_are_those_of_its_paper():
    """Ronneberger et al. 2015, figure 1: five floors of 64 to 1024 channels, the upper four with a skip that is cropped."""
    found = floors(volumes_of(profiled("unet")))
    down = [[tuple(node.output) for node in floor.down] for floor in found]
    up = [[tuple(node.output) for node in floor.up] for floor in found]

    assert down == [
        [(1, 572, 572), (64, 570, 570), (64, 568, 568)],
        [(64, 284, 284), (128, 282, 282), (128, 280, 280)],
        [(128, 140, 140), (256, 138, 138), (256, 136, 136)],
        [(256, 68, 68), (512, 66, 66), (512, 64, 64)],
        [(512, 32, 32), (1024, 30, 30), (1024, 28, 28)],
    ]
    assert up == [
        [(64, 392, 392), (128, 392, 392), (64, 390, 390), (64, 388, 388), (2, 388, 388)],
        [(128, 200, 200), (256, 200, 200), (128, 198, 198), (128, 196, 196)],
        [(256, 104, 104), (512, 104, 104), (256, 102, 102), (256, 100, 100)],
        [(512, 56, 56), (1024, 56, 56), (512, 54, 54), (512, 52, 52)],
        [],
    ]
    assert [floor.on_skip for floor in found] == [*[("crop",)] * 4, ()]


def test_every_layer_of_a_floor_is_a_slab_and_every_skip_a_line():
    """The U-Net has 36 volumes of which 4 are crops; a line for each skip, each way down and each way up."""
    text = draw(profiled("unet"), "tikz")

    assert text.count(r"\volume{") == 36 - 4
    assert text.count(r"\draw[-latex, wire]") == 4 + 4 + 4
    assert text.count("{crop}") == 4
    assert {"572\\ldots 568", "32\\ldots 28"} <= set(re.findall(r"\{([^{}]*)\}", text))


@pytest.mark.parametrize("name", sorted(set(SOME) - {"unet", "pix2pix_generator"}))
def test_no_other_network_is_a_u(name):
    """Residual branches stand after each other, and those of Inception side by side."""
    assert floors(volumes_of(profiled(name))) == ()


def spec(skips: int, *, tail: str = "") -> str:
    """A network with so many nested skips over a stride and what undoes it, around one convolution."""
    inner = "conv2d: {out: 8, kernel: 3, padding: 1}"
    for _ in range(skips):
        inner = (
            "concat: [[], [conv2d: {out: 8, kernel: 2, stride: 2}, "
            + inner
            + ", convtranspose2d: {out: 8, kernel: 2, stride: 2}]]"
        )
    return f"input: {{channels: 8, height: 64, width: 64}}\nlayers: [{inner}{tail}]\n"


@pytest.mark.parametrize(("skips", "expected"), [(1, 0), (2, 0), (3, 4), (5, 6)])
def test_three_nested_skips_make_a_u(skips, expected):
    """One floor more than skips, each of half the size of the one above."""
    found = floors(volumes_of(archcalc.profile(parse(Source("s.yaml", spec(skips))))))

    assert len(found) == expected
    for number, floor in enumerate(found):
        assert {tuple(node.output)[1:] for node in (*floor.down, *floor.up)} == {(64 >> number, 64 >> number)}


def test_skips_that_stand_after_each_other_are_no_u():
    """A fourth one after three that are nested ends the U."""
    tail = ", concat: [[], [conv2d: {out: 8, kernel: 3, padding: 1}]]"

    assert floors(volumes_of(archcalc.profile(parse(Source("s.yaml", spec(3, tail=tail)))))) == ()
