"""Families of layers: one colour each in charts and diagrams, told apart by those who see some colours alike too."""

from __future__ import annotations

import math
from itertools import combinations

import numpy as np
import pytest

from archcalc.drawing.charts import canvas, layers
from archcalc.drawing.diagrams.outline import outline
from archcalc.drawing.diagrams.svg import to_svg
from archcalc.drawing.palette import FAMILIES, INK
from archcalc.language import load
from archcalc.layers import Layer
from archcalc.profiling.engine import profile

# What is left of colours, in linear light, where cones for red or for green are missing (Machado et al. 2009, severity 1).
SIGHTS = {
    "all cones": np.eye(3),
    "none for red": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
    "none for green": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    ),
}
# From sRGB in linear light to CIE XYZ, and the white of it.
TO_XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
WHITE = TO_XYZ.sum(axis=1)
# A difference of about 2.3 in CIELAB is just seen between patches side by side; these are bars apart.
FAR = 20


def light(color: str) -> np.ndarray:
    """A colour in linear light."""
    parts = np.array([int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)])
    return np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)


def lab(linear: np.ndarray) -> np.ndarray:
    """A colour as the eye has it: lightness, and how red and how yellow it is (CIELAB)."""
    x, y, z = (n ** (1 / 3) if n > 0.008856 else 7.787 * n + 16 / 116 for n in TO_XYZ @ linear.clip(0, 1) / WHITE)
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


def contrast(one: str, other: str) -> float:
    """The contrast of two colours by WCAG 2, from 1 to 21."""
    low, high = sorted(float(TO_XYZ[1] @ light(color)) for color in (one, other))
    return (high + 0.05) / (low + 0.05)


def test_colours_are_converted_as_they_should_be():
    """White has lightness 100, black 0, red L 53.24, a 80.09, b 67.20 (Lindbloom), and grey is grey without any cones."""
    assert lab(light("#ffffff")) == pytest.approx([100, 0, 0], abs=0.01)
    assert lab(light("#000000")) == pytest.approx([0, 0, 0], abs=0.01)
    assert lab(light("#ff0000")) == pytest.approx([53.24, 80.09, 67.20], abs=0.05)
    for sight in SIGHTS.values():
        assert sight @ light("#808080") == pytest.approx(light("#808080"), abs=1e-4)


@pytest.mark.parametrize("sight", SIGHTS.values(), ids=SIGHTS)
def test_the_bars_of_any_two_families_look_different(sight):
    """Every pair is at least 20 apart in CIELAB, also without the cones for red or those for green."""
    seen = {name: lab(sight @ light(one.line)) for name, one in FAMILIES.items()}

    assert [pair for pair in combinations(seen, 2) if math.dist(seen[pair[0]], seen[pair[1]]) < FAR] == []


@pytest.mark.parametrize("one", FAMILIES.values(), ids=FAMILIES)
def test_the_two_colours_of_a_family_are_of_one_hue(one):
    """The light and the strong one are within 20 degrees on the wheel of CIELAB; text on the light one is readable, the strong one seen on any page."""
    (_, a, b), (_, c, d) = lab(light(one.fill)), lab(light(one.line))
    turn = abs(math.degrees(math.atan2(b, a) - math.atan2(d, c)))

    assert min(turn, 360 - turn) < 20
    assert contrast(one.fill, INK) > 7
    assert min(contrast(one.line, page) for page in ("#ffffff", "#0d1117")) > 2


def terminal(number: int) -> str:
    """One of a terminal's 256 colours, as xterm's ctlseqs has them: a cube from 16 on, and greys from 232 on."""
    red, green, blue = (number - 16) // 36, (number - 16) // 6 % 6, (number - 16) % 6
    parts = [8 + 10 * (number - 232)] * 3 if number >= 232 else [55 + 40 * n if n else 0 for n in (red, green, blue)]
    return f"#{bytes(parts).hex()}"


def test_the_colours_of_a_terminal_are_as_they_should_be():
    """The corners of the cube, and both ends of the greys."""
    assert list(map(terminal, (16, 21, 231, 196, 232, 255))) == [
        *("#000000", "#0000ff", "#ffffff", "#ff0000", "#080808", "#eeeeee")
    ]


@pytest.mark.parametrize("ground", ["#ffffff", "#000000", "#1e1e1e", "#0d1117", "#002b36", "#fdf6e3", "#282c34"])
def test_families_are_readable_on_light_and_dark_terminals(ground):
    """By WCAG 2 a mark has a contrast of 3; the grounds are those of common themes, two of them Solarized's."""
    assert [name for name, one in FAMILIES.items() if contrast(terminal(one.terminal), ground) < 3] == []


def test_families_on_a_terminal_are_apart_and_near_the_hue_of_their_strong_colour():
    """All are 20 apart in CIELAB for an eye with all cones, and none but grey has turned by 30 degrees."""
    seen = {name: lab(light(terminal(one.terminal))) for name, one in FAMILIES.items()}
    turned = {
        name: math.degrees(math.atan2(seen[name][2], seen[name][1]) - math.atan2(*lab(light(one.line))[:0:-1]))
        for name, one in FAMILIES.items()
        if name != "other"
    }

    assert [pair for pair in combinations(seen, 2) if math.dist(seen[pair[0]], seen[pair[1]]) < FAR] == []
    assert {name: turn for name, turn in turned.items() if min(turn % 360, -turn % 360) > 30} == {}


def test_a_layer_has_one_family_in_a_chart_and_a_diagram():
    """Each bar of ResNet-18 has the colour that frames its layer's box in the SVG."""
    result = profile(load("resnet18"))
    rows = layers.shown(result)
    with canvas.canvas(10, 6) as figure:
        layers.draw(figure, result, layers.panels("activations"))
    colours = {
        round(float(x)): canvas_colour(patch)
        for patch in figure.axes[0].patches
        for x, y in patch.get_path().vertices
        if y > 0
    }
    families = {row: node.family for node in outline(result, fold=False).nodes for row in node.rows[:1]}
    drawn = {place: families[row.name] for place, row in enumerate(rows) if row.name in families and place in colours}

    assert len(set(drawn.values())) >= 4
    assert {place: colours[place] for place in drawn} == {place: FAMILIES[name].line for place, name in drawn.items()}
    assert all(f"--{name}-line:{FAMILIES[name].line}" in to_svg(outline(result)) for name in drawn.values())


def canvas_colour(patch) -> str:
    """The fill of a patch as a spec of a colour."""
    return "#" + "".join(f"{round(255 * part):02x}" for part in patch.get_facecolor()[:3])


def test_the_legend_of_a_chart_names_families_in_words():
    """AlexNet has convolutions, pools, normalisation and dense layers, and an input that is of no family."""
    with canvas.canvas(10, 6) as figure:
        layers.draw(figure, profile(load("alexnet")), layers.panels(None))
    [legend] = figure.legends

    assert [text.get_text() for text in legend.get_texts()] == [
        *("convolution", "pooling", "normalisation", "dense, embedding", "other")
    ]


def test_every_kind_is_of_a_family():
    """What is of none only takes values from elsewhere or moves them about; a few of each are where they belong."""
    by_family: dict[str, set[str]] = {}
    for kind, cls in Layer.kinds.items():
        by_family.setdefault(cls.family, set()).add(kind)

    assert by_family.keys() == FAMILIES.keys()
    assert {"conv1d", "convtranspose3d"} <= by_family["conv"]
    assert {"subsample2d", "adaptivemaxpool1d", "globalavgpool"} <= by_family["pool"]
    assert {"layernorm", "localresponsenorm"} <= by_family["norm"]
    assert {"linear", "embedding", "maxout"} <= by_family["linear"]
    assert {"attention", "lstm"} <= by_family["attention"]
    assert by_family["other"] == {
        *("input", "flatten", "reshape", "permute", "channelshuffle", "split", "slice"),
        *(
            "pad",
            "crop",
            "upsample",
            "resize",
            "pixelshuffle",
            "pixelunshuffle",
            "unfold",
            "fold",
            "roll",
            "anchors",
            "nms",
            "roialign",
            "unknown",
        ),
    }
