"""The cone below an output: its places are those that a nudge would move, and its picture shows them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from archcalc.drawing.charts import cone as chart
from archcalc.drawing.charts import field as maps
from archcalc.drawing.charts.canvas import canvas
from archcalc.language import load
from archcalc.network.graph import Graph
from archcalc.receptive_field.cone import Cone, cone, topmost
from archcalc.receptive_field.effective import box, effective
from archcalc.receptive_field.fields import receptive_fields
from archcalc.reference import outputs
from tests.receptive_field.asked import run, spec
from tests.receptive_field.field_oracle import followed

STRIDED = """
input: {channels: 1, height: 21, width: 21}
layers:
  - conv2d: {name: a, out: 1, kernel: 3, stride: 2, padding: 1}
  - relu
  - maxpool2d: {name: b, kernel: 2, stride: 1}
  - conv2d: {name: c, out: 1, kernel: 3, padding: 2, dilation: 2}
"""
BRANCHES = """
input: {channels: 1, height: 16, width: 16}
layers:
  - add:
      wide: [conv2d: {name: five, out: 1, kernel: 5, padding: 2}]
      narrow: [conv2d: {name: two, out: 1, kernel: 3, padding: 1}]
  - conv2d: {name: last, out: 1, kernel: 2, stride: 2}
"""
UP = """
input: {channels: 1, height: 12, width: 12}
layers:
  - conv2d: {name: down, out: 1, kernel: 2, stride: 2}
  - convtranspose2d: {name: up, out: 1, kernel: 3, stride: 2, padding: 1}
  - conv2d: {name: last, out: 1, kernel: 3}
"""
# As AlexNet begins, on a small image.
STEM = """
input: {channels: 3, height: 67, width: 67}
layers:
  - conv2d: {name: conv1, out: 4, kernel: 11, stride: 4}
  - relu
  - maxpool2d: {name: pool1, kernel: 3, stride: 2}
  - conv2d: {name: conv2, out: 4, kernel: 5, padding: 2, groups: 2}
"""
SPECS = pytest.mark.parametrize("text", [STRIDED, BRANCHES, UP], ids=["strided", "branches", "up"])


def below(graph: Graph, name: str = "") -> Cone:
    fields = receptive_fields(graph)
    return cone(graph, fields, name or topmost(graph, fields))


@SPECS
def test_an_output_depends_on_the_inputs_that_move_it_when_nudged(text):
    """With all weights 1, the rows of the input that reach the output if they alone are 1."""
    graph = spec(text)
    found = below(graph)
    ones = {
        node.name: {
            name: np.zeros(shape) if name == "bias" else np.ones(shape)
            for name, shape in node.layer.weights(*(graph.nodes[i].shape for i in node.inputs)).items()
        }
        for node in graph.nodes
    }
    n = graph.input[1]
    rows = np.zeros((n, *graph.input))
    rows[np.arange(n), :, np.arange(n), :] = 1
    *_, (_, y) = outputs(graph, rows, ones)
    moved = [row for row in range(n) if y[row, 0, found.place].any()]

    assert list(found.levels[0].seen) == moved


@SPECS
def test_every_layer_of_the_cone_is_seen_where_a_mark_of_the_input_reaches_the_output(text):
    """Each seen place of a layer reaches the output from there, and no other place does: followed forwards, place by place."""
    graph = spec(text)
    found = below(graph)
    top = next(i for i, node in enumerate(graph.nodes) if node.name == found.levels[-1].name)
    for level in found.levels:
        number = next(i for i, node in enumerate(graph.nodes) if node.name == level.name)
        assert list(level.seen) == [place for place in range(level.places) if reaches(graph, number, place, top)]


def reaches(graph, number: int, place: int, top: int) -> bool:
    """True if a place of one layer, nudged there alone, moves the middle place of another."""
    marked = {number: np.zeros(graph.nodes[number].shape, bool)}
    marked[number][:, place] = True
    for later in range(number + 1, top + 1):
        node = graph.nodes[later]
        known = [marked.get(i, np.zeros(graph.nodes[i].shape, bool)) for i in node.inputs]
        marked[later] = np.any([SEES[node.layer.kind](node, x) for x in known], axis=0)
    return bool(marked[top][:, graph.nodes[top].shape[1] // 2].any())


def slid(node, x):
    """The rows whose taps, listed from the layer's own settings, have a marked row among them."""
    layer, out = node.layer, np.zeros(node.shape, bool)
    stride = getattr(layer, "stride", None) or layer.kernel
    dilation, padding = getattr(layer, "dilation", 1), getattr(layer, "padding", 0)
    for i in range(node.shape[1]):
        taps = [i * stride - padding + dilation * t for t in range(layer.kernel)]
        out[:, i] = any(x[:, tap].any() for tap in taps if 0 <= tap < x.shape[1])
    return out


def spread(node, x):
    layer, out = node.layer, np.zeros(node.shape, bool)
    for i in range(x.shape[1]):
        for t in range(layer.kernel):
            o = i * layer.stride - layer.padding + t
            if 0 <= o < out.shape[1] and x[:, i].any():
                out[:, o] = True
    return out


SEES = {
    **dict.fromkeys(("conv2d", "maxpool2d"), slid),
    "convtranspose2d": spread,
    **dict.fromkeys(("relu", "add"), lambda _node, x: x),
}


@pytest.mark.parametrize(
    "graph", [*map(spec, (STRIDED, BRANCHES, UP, STEM))], ids=["strided", "branches", "up", "stem"]
)
def test_the_picture_has_the_intervals_that_an_oracle_finds(graph):
    """A layer's interval is what its middle place sees, by an oracle that knows no windows; the input's marks end there too."""
    found = below(graph)
    with canvas(10, chart.height(found)) as figure:
        chart.draw(figure, graph, found)
    [axes] = figure.axes
    drawn = {line.get_label(): [float(x) for x in line.get_xdata()] for line in axes.lines}
    seen = dict(zip((node.name for node in graph.nodes), followed(graph, 1), strict=True))

    for number, level in enumerate(found.levels[1:], start=1):
        low, high = drawn[f"field {number}"]
        place = level.seen[len(level.seen) // 2]
        middle = level.places // 2
        lo, hi = seen[level.name].lo[:, place, middle].min(), seen[level.name].hi[:, place, middle].max()
        assert (max(low + 0.5, 0), min(high - 0.5, graph.input[1] - 1)) == (lo, hi)
        assert extent(axes, f"seen {number}") == pytest.approx(
            tuple(map(level.centre, (level.seen[0], level.seen[-1])))
        )
    assert extent(axes, "seen 0") == (lo, hi)


@pytest.mark.parametrize(
    ("name", "sizes"),
    [
        ("alexnet", {"conv1": (11, 4), "conv2": (51, 8), "pool5": (195, 32)}),
        ("vgg16", {"pool1": (6, 2), "conv5_3": (196, 16), "pool5": (212, 32)}),
        ("resnet50", {"maxpool2d": (11, 4), "conv5_3/relu": (483, 32)}),
    ],
)
def test_fields_and_jumps_stand_beside_the_layers(name, sizes):
    """Those of Araujo et al. 2019, table 1, at the layers that they name."""
    graph = load(name)
    found = below(graph)
    with canvas(10, chart.height(found)) as figure:
        chart.draw(figure, graph, found)
    [axes] = figure.axes
    beside = {}
    for text in axes.texts:
        beside.setdefault(text.get_position()[1], []).append(text.get_text())
    rows = {level.name: tuple(beside[number]) for number, level in enumerate(found.levels)}

    assert {layer: rows[layer] for layer in sizes} == {layer: tuple(map(str, pair)) for layer, pair in sizes.items()}


def test_padding_is_what_windows_reach_beyond_a_layer():
    """Of 5 places the first of a 3×3 kernel with 1 padded sees −1, and with another layer below it that sees −1 of the input."""
    graph = spec(
        "input: {channels: 1, height: 3, width: 3}\nlayers:\n"
        "  - conv2d: {name: a, out: 1, kernel: 3, padding: 1}\n  - conv2d: {name: b, out: 1, kernel: 3, padding: 1}\n"
    )
    assert [level.padding for level in below(graph).levels] == [(-1, 3), (), ()]
    assert [level.padding for level in below(graph, "a").levels] == [(), ()]


REFUSED = {
    ("lenet5", "--plot", "x.svg", "--axis", "depth"): (
        "the input has no places along 'depth'\n  = it has some along height, width\n"
    ),
    (
        "lenet5",
        "F6",
        "--plot",
        "x.svg",
    ): "the places of F6 do not see different parts of the input\n  = tanh_4 is the last whose do\n",
    ("fc.yaml", "--plot", "x.svg"): "the places of no layer of fc see different parts of the input\n",
    ("lenet5", "C3[0,0]", "--plot", "x.svg", "--image", "none.png"): (
        "none.png: no such file or directory\n  = give a file of PNG, JPEG, BMP or WEBP\n"
    ),
    ("lenet5", "C3[0,0]", "--plot", "x.svg", "--image", "text.png"): (
        "text.png: is not an image that can be read\n  = give a file of PNG, JPEG, BMP or WEBP\n"
    ),
}


@pytest.mark.parametrize("arguments", REFUSED, ids=" ".join)
def test_what_cannot_be_drawn_is_said_before_anything_is_printed(arguments, tmp_path, monkeypatch):
    """One message, and no file."""
    monkeypatch.chdir(tmp_path)
    Path("text.png").write_text("no picture")
    Path("fc.yaml").write_text("input: {features: 9}\nlayers: [linear: 4, relu, linear: 2]\n")
    done = run(*arguments)

    assert (done.exit_code, done.stdout, done.stderr) == (1, "", REFUSED[arguments])
    assert sorted(path.name for path in tmp_path.iterdir()) == ["fc.yaml", "text.png"]


@pytest.mark.parametrize(
    "arguments",
    [
        ("lenet5", "C3", "--plot", "x.svg", "--image", "x.png"),
        ("lenet5", "C3[0,0]", "--image", "x.png"),
        ("--stacks", "7", "--plot", "x.svg"),
        ("lenet5", "--axis", "height"),
        ("lenet5", "C3[0,0]", "--plot", "x.svg", "--axis", "height"),
    ],
)
def test_an_image_is_for_the_map_of_a_place_and_an_axis_for_a_cone(arguments):
    """With the other picture, or without one, either is a misuse."""
    assert run(*arguments).exit_code == 2


@pytest.mark.parametrize("suffix", [".png", ".svg", ".pdf"])
@pytest.mark.parametrize(
    "arguments", [["lenet5"], ["resnet18"], ["lenet5", "C3[0,4]", "--image", "x.png"]], ids=" ".join
)
def test_pictures_are_written_to_the_same_bytes_each_time(arguments, suffix, tmp_path, monkeypatch):
    """A cone in dots and one in bars, and a map on an image."""
    monkeypatch.chdir(tmp_path)
    pytest.importorskip("PIL.Image").new("RGB", (40, 30), (200, 120, 40)).save("x.png")
    written = [Path(f"{n}{suffix}") for n in "ab"]

    assert [run(*arguments, "--plot", str(path)).exit_code for path in written] == [0, 0]
    assert written[0].read_bytes() == written[1].read_bytes()


def test_a_map_has_the_box_of_the_windows_and_the_influence_within_it():
    """The corner of C3 in LeNet-5 sees 14 of the 32 places along each axis, and all influence comes from there."""
    graph = load("lenet5")
    seen = maps.Seen("C3", effective(graph, "C3", (0, 0)), box(graph, "C3", (0, 0)))
    with canvas(10, 4.6) as figure:
        maps.draw(figure, graph, seen)
    field, curve, *_ = figure.axes
    [drawn] = field.patches
    shares = field.images[0].get_array()

    assert drawn.get_bbox().bounds == (-0.5, -0.5, 14, 14)
    assert shares.shape == (32, 32)
    assert shares[:14, :14].min() > 0 == shares[14:].max() == shares[:, 14:].max()
    assert curve.lines[0].get_ydata()[-1] == 100


def extent(axes, label: str) -> tuple[float, float]:
    """The first and the last place of a layer's dots or bars."""
    dots = [at for marks in axes.collections if marks.get_label() == label for at, _ in marks.get_offsets()]
    boxes = [patch for bars in axes.containers if bars.get_label() == label for patch in bars]
    dots += [x for box in boxes for x in (box.get_x() + 0.5, box.get_x() + box.get_width() - 0.5)]
    return min(dots), max(dots)
