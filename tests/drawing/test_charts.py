"""What the charts show is what the numbers are, read back from what was drawn."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from click.testing import CliRunner

from archcalc.cli import main
from archcalc.drawing.charts import bars, canvas, layers, networks
from archcalc.errors import Source
from archcalc.language import load, parse
from archcalc.profiling.engine import profile
from tests.zoo import ZOO

Text = pytest.importorskip("matplotlib.text").Text
SVG = "{http://www.w3.org/2000/svg}"
# What matplotlib calls its own definitions, a colour that pages replace, a path with many digits, and markup.
NAMES = (
    "facade12345",
    "x #1b1f24 fill: #ffffff",
    ' d="1.23456"',
    "url(#facade12345)",
    "</svg><script>",
    "&amp; <!-- ]]>",
)


def heights(axes) -> dict[int, float]:
    """The height of the bar at each place of an axes, read from the corners that were drawn."""
    found = {}
    for patch in axes.patches:
        corners = patch.get_path().vertices
        for x, y in corners:
            place = round(x)
            if y > 0:
                found[place] = max(found.get(place, 0.0), float(y))
    return found


@pytest.mark.parametrize("name", ["vgg16", "googlenet", "vit_b_16", "mobilenet_v2"])
def test_bars_are_as_high_as_the_numbers_of_their_layers(name):
    """In each panel the bars are the measure's values in order of execution, and nothing is drawn where it is 0."""
    result = profile(load(name))
    rows = layers.shown(result)
    with canvas.canvas(10, 6) as figure:
        layers.draw(figure, result, layers.panels("params,macs,activations"))

    for axes, measure in zip(figure.axes, ("params", "macs", "activations"), strict=True):
        expected = {place: getattr(row, measure) for place, row in enumerate(rows) if getattr(row, measure)}
        assert heights(axes) == expected
    assert sum(heights(figure.axes[0]).values()) == result.totals.params


def test_the_line_of_receptive_fields_ends_at_the_last_one():
    """VGG-16 sees 212 places at its last pool and 404 from its first dense layer on (Araujo et al. 2019)."""
    result = profile(load("vgg16"))
    with canvas.canvas(10, 3) as figure:
        layers.draw(figure, result, layers.panels("rf"))
    sizes = dict(zip((row.name for row in layers.shown(result)), figure.axes[0].lines[0].get_ydata(), strict=True))

    assert (sizes["pool5"], sizes["fc6"]) == (212, 404)


@pytest.mark.parametrize("name", ["resnet50", "googlenet", "densenet121", "vgg16"])
def test_names_below_bars_stand_apart(name):
    """No two overlap, and what is named are layers or blocks in order, also those at the ends."""
    result = profile(load(name))
    with canvas.canvas(10, 6) as figure:
        layers.draw(figure, result, layers.panels(None))
        figure.draw_without_rendering()
    labels = sorted(figure.axes[-1].get_xticklabels(), key=lambda label: label.get_position()[0])
    boxes = [label.get_window_extent() for label in labels]
    begins = [row.name.partition("/")[0] for row in layers.shown(result)]

    assert [
        label.get_text() for one, other, label in zip(boxes, boxes[1:], labels, strict=False) if one.x1 > other.x0
    ] == []
    assert all(begins[round(label.get_position()[0])] == label.get_text() for label in labels)
    assert len(labels) > 12


def test_bars_say_their_share_where_it_matters():
    """VGG-16's params: fc6 has 7·7·512·4096 weights and 4096 biases of 138,357,544, fc7 4096·4096 and 4096; no other has 5 %."""
    with canvas.canvas(10, 6) as figure:
        layers.draw(figure, profile(load("vgg16")), layers.panels("params"))
    [axes] = figure.axes
    shares = [100 * (n * 4096 + 4096) / 138_357_544 for n in (7 * 7 * 512, 4096)]

    assert [text.get_text() for text in axes.texts] == [f"{share:.1f} %" for share in shares] == ["74.3 %", "12.1 %"]
    assert axes.get_title("left") == "params: 138.4M in all"


def test_a_few_networks_are_bars_side_by_side():
    """A bar for each network in each panel, as long as its number and with it at the end."""
    with canvas.canvas(10, 3) as figure:
        bars.draw(figure, [profile(load(name)) for name in ("alexnet", "vgg16")])
    params = figure.axes[0]

    assert [bar.get_width() for bar in params.patches] == [60_965_224, 138_357_544]
    assert [text.get_text() for text in params.texts] == ["60.97M", "138.4M"]
    assert [axes.get_title("left") for axes in figure.axes] == ["params", "MACs", "activations"]
    assert [text.get_text() for text in params.get_yticklabels()] == ["alexnet", "vgg16"]


def test_networks_stand_at_their_params_and_macs():
    """Each network is a mark at its two numbers, and each is named once."""
    profiles = [profile(load(name)) for name in ZOO]
    with canvas.canvas(11, 8) as figure:
        networks.draw(figure, profiles)
    [axes] = figure.axes
    marks = {(round(x), round(y)) for marks in axes.collections for x, y in marks.get_offsets()}
    names = [name for text in axes.texts for name in text.get_text().split("\n")]

    assert marks == {(result.totals.params, result.totals.macs) for result in profiles}
    assert sorted(names) == sorted(ZOO)


def test_names_of_networks_cover_neither_marks_nor_each_other():
    """On the chart of all of them no name lies over another, or over a mark."""
    profiles = [profile(load(name)) for name in ZOO]
    with canvas.canvas(*networks.size(profiles)) as figure:
        networks.draw(figure, profiles)
        figure.draw_without_rendering()
    [axes] = figure.axes
    # A line from a name to its mark is no part of the name.
    boxes = [Text.get_window_extent(text) for text in axes.texts]
    marks = [axes.transData.transform(at) for marks in axes.collections for at in marks.get_offsets()]

    assert [(a, b) for i, a in enumerate(boxes) for b in boxes[:i] if a.overlaps(b)] == []
    assert [(box, at) for box in boxes for at in marks if box.contains(*at)] == []


@pytest.mark.parametrize("suffix", canvas.SUFFIXES)
def test_a_chart_is_written_to_the_same_bytes_each_time(suffix, tmp_path):
    """Every type of file, twice, with nothing beside them."""
    files = [tmp_path / f"{n}{suffix}" for n in "ab"]
    for file in files:
        done = CliRunner().invoke(main, ["plot", "lenet5", "-o", str(file)])
        assert (done.exit_code, done.output) == (0, f"{file}\n")

    assert files[0].read_bytes() == files[1].read_bytes()
    assert sorted(tmp_path.iterdir()) == files


def test_a_hostile_name_is_text_in_a_chart(tmp_path, monkeypatch):
    """A title with markup and a formula is drawn as it is written, in an SVG that has no script."""
    monkeypatch.chdir(tmp_path)
    Path("x.yaml").write_text(
        "title: '</svg><script>alert(1)</script> $\\frac{x}{0}$ &amp;'\ninput: {features: 3}\n"
        "layers: [linear: {name: '$x^2 <b>', out: 2}]\n"
    )
    CliRunner().invoke(main, ["plot", "x.yaml", "-o", "x.svg"])
    root = ET.fromstring(Path("x.svg").read_text())  # noqa: S314 - made here
    said = ["".join(element.itertext()) for element in root.iter(f"{SVG}text")]

    assert "</svg><script>alert(1)</script> $\\frac{x}{0}$ &amp;" in said
    assert "$x^2 <b>" in said
    assert not list(root.iter(f"{SVG}script"))


def hostile(names=NAMES):
    """A network whose layers have such names."""
    layers = "".join(f"  - linear: {{name: '{name}', out: 2}}\n" for name in names)
    return profile(parse(Source("s.yaml", f"name: s\ninput: {{features: 3}}\nlayers:\n{layers}")))


def drawn(result, write):
    """A chart of a network written by some way of canvas."""
    with canvas.canvas(10, 6) as figure:
        layers.draw(figure, result, layers.panels("params"))
        return write(figure)


def said(svg: str) -> list[str]:
    return ["".join(text.itertext()) for text in ET.fromstring(svg).iter(f"{SVG}text")]  # noqa: S314 - made here


@pytest.mark.parametrize("name", NAMES)
def test_a_name_stays_as_it_is_whatever_it_looks_like(name):
    """In a file and in a page, and nothing but its text has it; the names that matplotlib made are gone."""
    result = hostile([name])
    svg = drawn(result, lambda figure: canvas.written(figure, "svg")).decode()
    page = drawn(result, lambda figure: canvas.inline(figure, f'"{name}" \x07& more'))
    root = ET.fromstring(page)  # noqa: S314 - made here

    assert name.strip() in [text.strip() for text in said(svg)]
    assert name.strip() in [text.strip() for text in said(page)]
    assert (root.get("role"), root.get("aria-label")) == ("img", f'"{name}" & more')
    assert not re.search(r"[\"(#][a-z][0-9a-f]{10}[\")]", svg.replace("facade12345", ""))


def test_an_svg_is_plain_and_whole():
    """No prefix for its own elements, what is used is defined, two digits in paths, and in a page the text's colour."""
    svg = drawn(hostile(), lambda figure: canvas.written(figure, "svg")).decode()
    page = drawn(hostile(), lambda figure: canvas.inline(figure, "words"))
    root = ET.fromstring(svg)  # noqa: S314 - made here
    used = {value for e in root.iter() for value in re.findall(r"#(s\d+)", " ".join(e.attrib.values()))}

    assert '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"' in svg
    assert "ns0" not in svg + page
    assert used
    assert used <= {element.get("id") for element in root.iter()}
    assert not any(re.search(r"\.\d{3}", element.get("d", "")) for element in root.iter())
    assert page.startswith('<svg xmlns="http://www.w3.org/2000/svg"')
    assert canvas.INK not in "".join(e.get("style", "") for e in ET.fromstring(page).iter())  # noqa: S314 - made here
    assert "currentColor" in page


@pytest.mark.filterwarnings("ignore:Glyph")
def test_characters_that_no_xml_has_are_left_out():
    """A bell in a title, which YAML can have, does not spoil the file."""
    with canvas.canvas(4, 3) as figure:
        figure.suptitle("a\x07b\ufffe")
        assert said(canvas.written(figure, "svg").decode()) == ["ab"]


def test_a_chart_of_letters_is_refused():
    """Bars have heights, so a network with letters asks for numbers."""
    done = CliRunner().invoke(main, ["plot", "3 x conv3-C", "-o", "x.svg"])

    assert (done.exit_code, done.stderr) == (
        1,
        "a chart needs numbers, and the network has letters\n  = give each a number with --set or --input\n",
    )


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (
            ["vgg16", "--of", "flop"],
            f"no chart of 'flop'\n  = did you mean 'flops'?\n  = there are {', '.join(layers.PANELS)}\n",
        ),
        (["vgg16", "-o", "x.gif"], "x.gif: a chart ends in .svg, .png, .pdf\n"),
        (
            ["vgg16", "-o", "no/such/folder/x.svg"],
            "no/such/folder/x.svg: cannot be written, No such file or directory\n",
        ),
    ],
)
def test_what_cannot_be_drawn_is_said(arguments, said, tmp_path, monkeypatch):
    """A wrong measure, type or place ends in one message, and nothing is written."""
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(main, ["plot", *arguments])

    assert (done.exit_code, done.stderr) == (1, said)
    assert list(tmp_path.iterdir()) == []


def test_settings_that_matplotlib_refuses_are_said(tmp_path):
    """A backend that there is not ends in a message; it is read when matplotlib is loaded, and so in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "archcalc", "plot", "lenet5", "-o", str(tmp_path / "x.svg")],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "MPLBACKEND": "nonsense"},
    )

    assert done.returncode == 1
    assert done.stderr.startswith("matplotlib refuses its settings\n  = Key backend: 'nonsense' is not a valid value")
    assert list(tmp_path.iterdir()) == []


def test_a_chart_says_in_words_what_it_shows():
    """The words name the layer with most of each measure: of VGG-16's params 74.3 % are in fc6."""
    said = layers.says(profile(load("vgg16")), layers.panels(None))

    assert "params, at most 102,764,544 in fc6, 74.3 % of all" in said
    assert re.fullmatch(r"Bars for each layer: .*\.", said)


def test_one_layer_can_be_drawn():
    """Its 7·7·64·64 weights, which it uses at each of 56·56 places, and the 64·56·56 values of it and of the input."""
    with canvas.canvas(10, 6) as figure:
        layers.draw(figure, profile(load("conv7x7")), layers.panels(None))
    weights, values = 7 * 7 * 64 * 64, 64 * 56 * 56

    assert [heights(axes) for axes in figure.axes[:3]] == [{1: weights}, {1: weights * 56 * 56}, {0: values, 1: values}]
    assert list(figure.axes[3].lines[0].get_ydata()) == [1, 7]
