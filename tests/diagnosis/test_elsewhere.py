"""Figures that programs print of their own networks, and figures of the same network with other classes or another input."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from archcalc.cli import main
from archcalc.diagnosis import check
from archcalc.errors import Source
from archcalc.language import claimed
from archcalc.network.figures import Verdict
from tests.importers.cfg_files import conv, net, section

# A convolution to 16 channels and a classifier, at 224×224 unless somebody says otherwise.
CLASSIFIER = """\
nc: {said}
scales:
  n: [1.0, 1.0, 1280] # summary: 9 layers, {params} parameters, 0 gradients, {flops} GFLOPs
backbone:
  - [-1, 1, Conv, [16, 3, 2]]
head:
  - [-1, 1, Classify, [nc]]
"""
ATTENTION = """\
nc: 80
ch: 64
scales:
  n: [1.0, 1.0, 1280] # {flops} GFLOPs
backbone:
  - [-1, 1, PSA, [64]]
head:
  - [-1, 1, nn.Identity, []]
"""


def verdicts(text: str, name: str = "net.yaml") -> list[Verdict]:
    return list(check(Source(name, text)))


def claim(source: Source, text: str) -> Verdict:
    return check(source, (claimed(text),))[0]


def params(classes: int) -> int:
    return (27 * 16 + 32) + (16 * 1280 + 2 * 1280) + (1280 + 1) * classes


def gflops(side: int, classes: int) -> str:
    """As before version 8.4: the image of 32×32 that leaves 16×16 places, taken times the area, with its dense layer."""
    convs = (27 * 16 + 16 * 1280) + 4 * (16 + 1280)
    pool = 1280 * 16**2 + 1280
    return f"{2 * (convs * 16**2 + pool + 1280 * classes) * (side // 32) ** 2 / 1e9:.3f}"


@pytest.mark.parametrize("classes", [80, 10])
def test_a_header_counted_for_fewer_classes_than_the_file_says(classes):
    """Its params are those of the other number, whichever data set has that."""
    text = CLASSIFIER.format(said=1000, params=params(classes), flops="")
    [found] = verdicts(text)

    assert (found.exact, found.verdict) == ((params(1000),), "explained slip")
    assert found.diagnosis == f"nc = {classes}: {params(classes):,}"


@pytest.mark.parametrize(
    ("side", "classes", "words"),
    [
        (224, 1000, "counted at 3×32×32 and taken times the area"),
        (640, 80, "nc = 80, input 3×640×640, counted at 3×32×32 and taken times the area"),
    ],
)
def test_a_classifier_counted_on_a_small_image(side, classes, words):
    """Its dense layer is counted as often as the image is larger."""
    found = verdicts(CLASSIFIER.format(said=1000, params="", flops=gflops(side, classes)))[-1]

    assert found.verdict == ("explained slip" if classes == 80 else "other convention")
    assert found.diagnosis.startswith(f"{words}, by the rule of ultralytics-8.3: ")


def test_the_products_of_attention_are_missed():
    """A half of 64 channels, queries of 16 and values of 32 at each of 640² places, by hand."""
    places = 640**2
    filters = 64 * 64 + 32 * 64 + 9 * 32 + 32 * 32 + 2 * 32 * 64 + 64 * 64
    normalised = 64 + 64 + 32 + 32 + 64 + 32 + 64
    counted, products = 2 * filters * places + 8 * normalised * places, places**2 * (16 + 32)
    [found] = verdicts(ATTENTION.format(flops=f"{counted / 1e9:.2f}"))

    assert found.exact == (2 * filters * places + 2 * products,)
    assert found.verdict == "other convention"
    assert found.diagnosis == f"by the rule of ultralytics-8.3, which misses products of matmul: {counted:,}"


# Half of 16 channels go on, to a convolution in groups and a pool.
GROUPED = (
    net(3, 64, 64)
    + conv(16, 3)
    + section("route", layers=-1, groups=2, group_id=1)
    + conv(32, 3)
    + section("conv", filters=32, size=3, pad=1, groups=32, activation="linear")
    + section("shortcut", **{"from": -2})
    + section("maxpool", size=2, stride=2)
    + section("route", layers=1)
    + conv(8, 1)
)
# For each place of the input: both convolutions of the half, and what stands between them.
FIRST, HALF, DEPTHWISE, SHORTCUT, POOL = 27 * 16, 8 * 9 * 32 + 8 * 8, 9 * 32, 32, 32
PLACES = 64**2


@pytest.mark.parametrize(
    ("printed", "words"),
    [
        (2 * (FIRST + HALF + DEPTHWISE) + SHORTCUT + POOL, "by the rule of darknet"),
        (2 * (FIRST + HALF + 32 * DEPTHWISE), "by the rule of darknet-ops-ungrouped"),
        (2 * (FIRST + 2 * HALF + DEPTHWISE), "the groups of route1 forgotten"),
    ],
)
def test_what_the_programs_print_of_a_cfg_file(printed, words):
    """AlexeyAB's Total BFLOPS and his `ops`, and pjreddie's, which knows no groups of a route."""
    found = claim(Source("net.cfg", GROUPED.encode()), f"flops={printed * PLACES / 1e9:.5f} BFLOPs")

    assert found.exact == (2 * (FIRST + HALF + DEPTHWISE) * PLACES,)
    assert found.diagnosis == f"{words}: {printed * PLACES:,}"


PLAIN = """\
input: {channels: 3, height: 32, width: 32}
params: {classes: 10}
layers: [conv2d: {out: 16, kernel: 3, padding: 1}, relu, conv2d: {out: 24, kernel: 3, padding: 1}, globalavgpool, flatten, linear: classes]
"""


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (f"params={448 + 3480 + 25 * 100:,}", "classes = 100: 6,428"),
        # All but the dense layer is done at 20² times as many places.
        ("macs=1.5925G", f"input 3×640×640: {(432 + 3456) * 640**2 + 240:,}"),
    ],
)
def test_other_classes_and_another_input_of_a_spec(text, words):
    """Whatever wrote it; the words of a spec that declares its classes are the name of that param."""
    found = claim(Source("mine.yaml", PLAIN), text)

    assert (found.verdict, found.diagnosis) == ("explained slip", words)


def test_few_digits_prove_no_other_setting():
    """Of so many inputs one is likely to give 1.6G, so that none is named."""
    assert claim(Source("mine.yaml", PLAIN), "macs=1.6G").verdict == "not reproduced"


def test_a_header_is_explained_on_the_command_line(tmp_path):
    """Nobody need ask for it."""
    (tmp_path / "net.yaml").write_text(CLASSIFIER.format(said=1000, params=params(80), flops=gflops(224, 1000)))
    result = CliRunner().invoke(main, ["check", str(tmp_path / "net.yaml")])

    assert result.exit_code == 0
    assert f"nc = 80: {params(80):,}" in result.output
    assert "(1 hypothesis tried" in result.output
