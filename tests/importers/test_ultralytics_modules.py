"""Modules of ultralytics one by one, their params and shapes by arithmetic."""

from __future__ import annotations

from typing import Any

import pytest

from archcalc.errors import Source, SpecError
from archcalc.importers import parse
from archcalc.network.graph import Graph
from archcalc.profiling.engine import profile


def cbs(c1: int, c2: int, k: int = 1, g: int = 1) -> int:
    """The params of a convolution without bias and its normalisation."""
    return k * k * c1 * c2 // g + 2 * c2


def graph(rows: str, head: str = "", settings: str = "ch: 64") -> Graph:
    return parse(
        Source("net.yaml", f"nc: 7\n{settings}\nbackbone:\n{rows}head:\n{head or '  - [-1, 1, nn.Identity, []]'}\n")
    )


def made(module: str, args: str, repeats: int = 1) -> Graph:
    return graph(f"  - [-1, {repeats}, {module}, {args}]\n")


def bottleneck(c: int, hidden: int, k: tuple[int, int] = (3, 3)) -> int:
    return cbs(c, hidden, k[0]) + cbs(hidden, c, k[1])


def c3k(c: int) -> int:
    """Two bottlenecks over half of the channels, beside a branch as wide."""
    h = c // 2
    return 2 * cbs(c, h) + cbs(2 * h, c) + 2 * bottleneck(h, h)


def psa_block(c: int, heads: int) -> int:
    key = c // heads // 2
    attention = cbs(c, c + 2 * key * heads) + cbs(c, c) + cbs(c, c, 3, c)
    return attention + cbs(c, 2 * c) + cbs(2 * c, c)


def rep(c: int) -> int:
    return cbs(c, c, 3) + cbs(c, c)


def rep_csp(c1: int, c: int, n: int) -> int:
    h = c // 2
    return 2 * cbs(c1, h) + cbs(2 * h, c) + n * (rep(h) + cbs(h, h, 3))


def ghost(c1: int, c2: int) -> int:
    return cbs(c1, c2 // 2) + cbs(c2 // 2, c2 // 2, 5, c2 // 2)


def cib(c: int) -> int:
    return cbs(c, c, 3, c) + cbs(c, 2 * c) + cbs(2 * c, 2 * c, 3, 2 * c) + cbs(2 * c, c) + cbs(c, c, 3, c)


def area_block(c: int, ratio: float) -> int:
    wide = int(c * ratio)
    return cbs(c, 3 * c) + cbs(c, c) + cbs(c, c, 7, c) + cbs(c, wide) + cbs(wide, c)


# The module, its arguments and repetitions, its params, and the channels and the side of the image of 640 that it puts out.
MODULES: list[tuple[str, str, int, int, tuple[int, int]]] = [
    ("Conv", "[96, 3, 2]", 1, cbs(64, 96, 3), (96, 320)),
    ("Conv", "[64, 3, 1]", 3, 3 * cbs(64, 64, 3), (64, 640)),
    ("DWConv", "[96, 3, 2]", 1, cbs(64, 96, 3, 32), (96, 320)),
    ("GhostConv", "[128, 1, 1]", 1, ghost(64, 128), (128, 640)),
    ("GhostBottleneck", "[64]", 1, ghost(64, 32) + ghost(32, 64), (64, 640)),
    ("Focus", "[32, 3]", 1, cbs(256, 32, 3), (32, 320)),
    ("ConvTranspose", "[32]", 1, 4 * 64 * 32 + 2 * 32, (32, 1280)),
    ("nn.ConvTranspose2d", "[32, 2, 2, 0]", 1, 4 * 64 * 32 + 32, (32, 1280)),
    ("nn.Conv2d", "[64, 5, 3]", 1, 9 * 64 * 5 + 5, (5, 638)),
    ("nn.MaxPool2d", "[2, 2, 0]", 1, 0, (64, 320)),
    ("nn.ZeroPad2d", "[[0, 2, 0, 2]]", 1, 0, (64, 642)),
    ("nn.Upsample", "[None, 2, bilinear]", 1, 0, (64, 1280)),
    ("SPP", "[64]", 1, cbs(64, 32) + cbs(128, 64), (64, 640)),
    ("SPPF", "[64, 5]", 1, cbs(64, 32) + cbs(128, 64), (64, 640)),
    ("SPPF", "[64, 5, 2, True]", 1, cbs(64, 32) + cbs(96, 64), (64, 640)),
    ("SPPELAN", "[64, 16]", 1, cbs(64, 16) + cbs(64, 64), (64, 640)),
    ("SCDown", "[96, 3, 2]", 1, cbs(64, 96) + cbs(96, 96, 3, 96), (96, 320)),
    ("AConv", "[96]", 1, cbs(64, 96, 3), (96, 320)),
    ("ADown", "[96]", 1, cbs(32, 48, 3) + cbs(32, 48), (96, 320)),
    ("Bottleneck", "[64]", 2, 2 * bottleneck(64, 32), (64, 640)),
    ("C1", "[32]", 2, cbs(64, 32) + 2 * cbs(32, 32, 3), (32, 640)),
    ("C2", "[32]", 2, cbs(64, 32) + cbs(32, 32) + 2 * bottleneck(16, 16), (32, 640)),
    ("C2f", "[32, True]", 3, cbs(64, 32) + cbs(5 * 16, 32) + 3 * bottleneck(16, 16), (32, 640)),
    ("C3", "[32]", 2, 2 * cbs(64, 16) + cbs(32, 32) + 2 * bottleneck(16, 16, (1, 3)), (32, 640)),
    ("C3x", "[32]", 1, 2 * cbs(64, 16) + cbs(32, 32) + 2 * (3 * 16 * 16 + 32), (32, 640)),
    ("C3Ghost", "[64]", 1, 2 * cbs(64, 32) + cbs(64, 64) + ghost(32, 16) + ghost(16, 32), (64, 640)),
    ("RepC3", "[32]", 2, 2 * cbs(64, 32) + 2 * rep(32), (32, 640)),
    ("BottleneckCSP", "[32]", 1, cbs(64, 16) + 64 * 16 + 16 * 16 + cbs(32, 32) + 64 + bottleneck(16, 16), (32, 640)),
    ("C3k2", "[64, False, 0.25]", 2, cbs(64, 32) + cbs(4 * 16, 64) + 2 * bottleneck(16, 8), (64, 640)),
    ("C3k2", "[64, True]", 1, cbs(64, 64) + cbs(3 * 32, 64) + c3k(32), (64, 640)),
    ("C3k2", "[64, True, 0.5, True]", 1, cbs(64, 64) + cbs(96, 64) + bottleneck(32, 16) + psa_block(32, 1), (64, 640)),
    ("C2fCIB", "[64, True]", 1, cbs(64, 64) + cbs(96, 64) + cib(32), (64, 640)),
    ("C2fCIB", "[64, True, True]", 1, cbs(64, 64) + cbs(96, 64) + cib(32) + cbs(64, 64, 7, 64), (64, 640)),
    ("PSA", "[64]", 1, 2 * cbs(64, 64) + psa_block(32, 1), (64, 640)),
    ("C2PSA", "[64]", 2, 2 * cbs(64, 64) + 2 * psa_block(32, 1), (64, 640)),
    ("C2fPSA", "[64]", 1, cbs(64, 64) + cbs(96, 64) + psa_block(32, 1), (64, 640)),
    ("RepNCSPELAN4", "[96, 32, 24, 2]", 1, cbs(64, 32) + rep_csp(16, 24, 2) + rep_csp(24, 24, 2)
     + 2 * cbs(24, 24, 3) + cbs(32 + 48, 96), (96, 640)),
    ("ELAN1", "[32, 32, 16]", 1, cbs(64, 32) + 2 * cbs(16, 16, 3) + cbs(64, 32), (32, 640)),
    ("A2C2f", "[64, True, 4]", 1, cbs(64, 32) + cbs(64, 64) + 2 * area_block(32, 2.0), (64, 640)),
    ("A2C2f", "[64, True, 1, True, 1.2]", 1, cbs(64, 32) + cbs(64, 64) + 2 * area_block(32, 1.2) + 64, (64, 640)),
    ("A2C2f", "[64, False, -1]", 1, cbs(64, 32) + cbs(64, 64) + c3k(32), (64, 640)),
]  # fmt: skip


@pytest.mark.parametrize(("module", "args", "repeats", "wanted", "shape"), MODULES)
def test_a_module_has_the_params_and_the_size_of_its_parts(
    module: str, args: str, repeats: int, wanted: int, shape: tuple[int, int]
) -> None:
    network = made(module, args, repeats)
    assert profile(network).totals.params == wanted
    assert network.nodes[-1].shape == (shape[0], shape[1], shape[1])


def test_attention_multiplies_every_place_with_every_other() -> None:
    # 64 channels in a half, at 20·20 places: one head of 64 values, with keys of 32.
    network = graph("  - [-1, 1, nn.MaxPool2d, [32, 32]]\n  - [-1, 1, PSA, [128]]\n", settings="ch: 128")
    places = 20 * 20
    convs = 128 * 128 * 2 + 64 * 128 + 64 * 64 + 9 * 64 + 2 * 64 * 128
    assert profile(network).totals.macs == places * convs + places * places * (32 + 64)


def test_attention_in_areas_multiplies_the_places_of_one() -> None:
    network = graph("  - [-1, 1, nn.MaxPool2d, [32, 32]]\n  - [-1, 1, A2C2f, [64, True, 4]]\n")
    places, c = 20 * 20, 32
    block = c * 3 * c + c * c + 49 * c + 2 * c * 2 * c
    products = places * (places // 4) * 2 * c
    assert profile(network).totals.macs == places * (64 * c + 2 * c * 64) + 2 * (places * block + products)


def head_of(kind: str, args: str, settings: str = "ch: 64", modern: bool = False) -> Graph:
    first = "  - [-1, 1, C3k2, [64]]\n" if modern else "  - [-1, 1, Conv, [64]]\n"
    rows = f"  - [-1, 1, nn.MaxPool2d, [8, 8]]\n{first}  - [-1, 1, Conv, [96, 3, 2]]\n"
    return graph(rows, f"  - [[1, 2], 1, {kind}, {args}]", settings)


BOXES = sum(cbs(c, 64, 3) + cbs(64, 64, 3) + 64 * 64 + 64 for c in (64, 96))
CLASSES = sum(cbs(c, 64, 3) + cbs(64, 64, 3) + 64 * 7 + 7 for c in (64, 96))
MODERN = sum(cbs(c, c, 3, c) + cbs(c, 64) + cbs(64, 64, 3, 64) + cbs(64, 64) + 64 * 7 + 7 for c in (64, 96))
OLD_ROWS = cbs(64, 64) + cbs(64, 96, 3)
C3K2 = cbs(64, 64) + cbs(96, 64) + bottleneck(32, 16) + cbs(64, 96, 3)
PLACES = 80 * 80 + 40 * 40


def more(out: int) -> int:
    hidden = max(16, out)
    return sum(cbs(c, hidden, 3) + cbs(hidden, hidden, 3) + hidden * out + out for c in (64, 96))


PROTO = cbs(64, 32, 3) + 4 * 32 * 32 + 32 + cbs(32, 32, 3) + cbs(32, 8)

# The head, its arguments, the params of rows and head, and the values at each place; the bins of distances are 16 more.
HEADS = [
    ("Detect", "[nc]", False, OLD_ROWS + BOXES + CLASSES + 16, 4 + 7),
    ("Detect", "[nc]", True, C3K2 + BOXES + MODERN + 16, 4 + 7),
    ("v10Detect", "[nc]", False, OLD_ROWS + 2 * (BOXES + MODERN) + 16, 4 + 7),
    ("Segment", "[nc, 8, 32]", False, OLD_ROWS + BOXES + CLASSES + 16 + more(8) + PROTO, 4 + 7 + 8),
    ("Pose", "[nc, [5, 3]]", False, OLD_ROWS + BOXES + CLASSES + 16 + more(15), 4 + 7 + 15),
    ("OBB", "[nc, 1]", False, OLD_ROWS + BOXES + CLASSES + 16 + more(1), 4 + 7 + 1),
]


@pytest.mark.parametrize(("kind", "args", "modern", "wanted", "values"), HEADS)
def test_a_head_has_its_branches_at_each_resolution(
    kind: str, args: str, modern: bool, wanted: int, values: int
) -> None:
    network = head_of(kind, args, modern=modern)
    assert profile(network).totals.params == wanted
    assert network.nodes[network.outputs[-1]].shape == (values, PLACES)


def test_a_head_without_bins_has_no_distances_to_mix() -> None:
    network = head_of("Detect", "[nc]", "ch: 64\nreg_max: 1\nend2end: True")
    boxes = sum(cbs(c, 16, 3) + cbs(16, 16, 3) + 16 * 4 + 4 for c in (64, 96))
    assert profile(network).totals.params == OLD_ROWS + 2 * (boxes + CLASSES)


def test_a_classifier_sees_224_pixels() -> None:
    network = graph("  - [-1, 1, Conv, [64, 3, 2]]\n", "  - [-1, 1, Classify, [nc]]")
    assert network.input == (64, 224, 224)
    assert profile(network).totals.params == cbs(64, 64, 3) + cbs(64, 1280) + 1280 * 7 + 7


def test_layers_of_resnet_50_are_told_their_channels() -> None:
    stages = [(64, 1, 3), (128, 2, 4), (256, 2, 6), (512, 2, 3)]
    rows, c1 = "  - [-1, 1, ResNetLayer, [3, 64, 1, True, 1]]\n", 64
    for c2, stride, n in stages:
        rows += f"  - [-1, 1, ResNetLayer, [{c1}, {c2}, {stride}, False, {n}]]\n"
        c1 = 4 * c2
    network = graph(rows, "  - [-1, 1, Classify, [nc]]", settings="ch: 3")
    # He et al. 2015 without the dense layer: 25,557,032 as everywhere less 2,049 for each of 1,000 classes.
    resnet = 25_557_032 - 2_049 * 1_000
    assert profile(network).totals.params == resnet + cbs(2048, 1280) + 1280 * 7 + 7
    assert network.nodes[-1].shape == (7,)


def test_parts_of_a_row_are_added_to_others() -> None:
    rows = "  - [-1, 1, CBLinear, [[16, 64]]]\n  - [0, 1, nn.MaxPool2d, [2, 2]]\n"
    rows = f"  - [-1, 1, Conv, [64]]\n{rows}  - [[1, 2], 1, CBFuse, [[1]]]\n"
    network = graph(rows)
    assert profile(network).totals.params == cbs(64, 64) + 64 * 80 + 80
    assert network.nodes[-1].shape == (64, 320, 320)


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ("  - [-1, 1, PSA, [32]]\n", "must put out the 64 channels that it reads, not 32"),
        ("  - [-1, 1, A2C2f, [16]]\n", "heads of 32 channels, which do not divide 8"),
        ("  - [-1, 1, nn.Conv2d, [32, 5, 3]]\n", "is told of 32 channels, and reads 64"),
        ("  - [-1, 1, Conv, [0]]\n", "out must be a whole number of at least 1, not 0"),
        ("  - [-1, 1, nn.Upsample, [None, 2, cubic]]\n", "mode cubic is not read"),
    ],
)
def test_a_module_that_does_not_fit_says_why(rows: str, said: str) -> None:
    with pytest.raises(SpecError) as error:
        graph(rows)
    assert said in error.value.fact


def settings_of(network: Graph, name: str) -> dict[str, Any]:
    return next(node.layer.settings() for node in network.nodes if node.name == name)


def test_a_kernel_of_two_sides_keeps_the_size_of_both() -> None:
    assert settings_of(made("C3x", "[32]"), "0/m/0/cv1/conv")["padding"] == (0, 1)
