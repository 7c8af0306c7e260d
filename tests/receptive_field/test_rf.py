"""`archcalc rf`: published receptive fields, effective ones, and what the command prints."""

from __future__ import annotations

import json
import math
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

import archcalc
from archcalc.cli import main
from archcalc.errors import Source
from archcalc.language import bundled, parse
from archcalc.layers import Layer
from archcalc.layers.rearrange import Input
from archcalc.network.graph import Builder, Graph
from archcalc.receptive_field.effective import box, effective
from archcalc.receptive_field.fields import receptive_fields
from archcalc.receptive_field.stacks import field_of, stacks
from archcalc.reference import outputs
from archcalc.symbols.dims import symbol
from tests.layers.strategies import Draw

K = Layer.kinds

# One number for both axes, at the last layer before what is global; the sources compute each in a way of their own.
PUBLISHED = [
    ("vgg16", "pool5", 212, "Araujo et al. 2019, table 1"),
    ("resnet50", "conv5_3/relu", 483, "Araujo et al. 2019, table 1: the stride in the 1×1"),
    ("resnet50-torchvision", None, 427, "torchvision's ResNet-50: the stride in the 3×3"),
    ("resnet101", "conv5_3/relu", 1027, "Araujo et al. 2019, table 1"),
    ("resnet152", "conv5_3/relu", 1507, "Araujo et al. 2019, table 1"),
    ("googlenet", "avgpool", 907, "after the 7×7 average pooling"),
    ("mobilenet_v1", None, 315, "Araujo et al. 2019, table 1"),
]


def run(*arguments: str, **options: Any):
    return CliRunner().invoke(main, ["rf", *arguments], **options)


def spec(text: str) -> Graph:
    return parse(Source("x.yaml", text))


@pytest.mark.parametrize(("name", "layer", "size", "source"), PUBLISHED)
def test_published_fields(name, layer, size, source):  # noqa: ARG001 - the source says where the number is from
    """Networks have the fields that were published for them."""
    fields = receptive_fields(archcalc.load(name))
    last = layer or [name for name, field in fields.items() if 0 not in field.jump][-1]

    assert fields[last].size == (size, size)


@pytest.mark.parametrize("name", bundled())
def test_a_field_never_shrinks_along_a_path_and_every_layer_has_one(name):
    """A layer sees at least what the layers before it see, in every bundled network, unless it takes a part of them."""
    graph = archcalc.load(name)
    fields = receptive_fields(graph)
    for node in graph.nodes:
        for source in node.inputs:
            before = fields[graph.nodes[source].name]
            assert all(a >= b for a, b in zip(fields[node.name].size, before.size, strict=True))


def test_two_see_5_three_see_7_and_n_see_2n_plus_1():
    """Figure 4 of the source documents: n stacked 3×3 give 2n + 1, with a letter for n or for the kernel."""
    n, k = symbol("n"), symbol("k")
    stacked = [field_of(3, 1, depth).size for depth in (1, 2, 3)]
    letters = spec(
        "input: {channels: 1, height: H, width: W}\nparams: {k: k}\n"
        "layers: [conv2d: {out: 1, kernel: k, repeat: 3}, conv2d: {out: 1, kernel: k, stride: 2}, conv2d: {out: 1, kernel: k}]"
    )

    assert (stacked, field_of(3, 1, n).size) == ([3, 5, 7], 2 * n + 1)
    assert field_of(k, 1, n).size.equals(n * (k - 1) + 1)
    assert [field.size[0] for field in receptive_fields(letters).values()] == [
        *(1, k, 2 * k - 1, 3 * k - 2, 4 * k - 3),
        6 * k - 5,
    ]


@given(kernel=st.integers(1, 7), stride=st.integers(1, 4), depth=st.integers(1, 6))
def test_the_formula_for_n_layers_is_that_of_n_layers_one_by_one(kernel, stride, depth):
    """A closed form, a network of so many layers, and the formula in letters with numbers put in agree."""
    builder = Builder()
    last = builder.add("input", Input((1, 7 * 4**7)))
    for number in range(depth):
        last = builder.add(f"conv{number}", K["conv1d"](out=1, kernel=kernel, stride=stride), last)
    (size,) = receptive_fields(builder.graph())[builder.nodes[last].name].size
    letters = field_of(symbol("k"), 1 if stride == 1 else symbol("s"), symbol("n")).size

    assert field_of(kernel, stride, depth).size == size
    assert letters.subs({symbol("k"): kernel, symbol("s"): stride, symbol("n"): depth}) == size


def test_every_stack_has_the_field_it_was_asked_for():
    """Stacks are all the ways to reach the field, each with k² weights a layer, and the one kernel is among them."""
    for field in range(2, 16):
        found = stacks(field)
        assert {stack.field for stack in found} == {field}
        assert all(stack.weights == sum(k * k for k in stack.kernels) for stack in found)
        assert (field,) in [stack.kernels for stack in found]
        assert len({stack.kernels for stack in found}) == len(found)
    # Partitions of 1 to 7 into whole numbers: 1, 2, 3, 5, 7, 11, 15.
    assert [len(stacks(field)) for field in range(3, 16, 2)] == [1, 2, 3, 5, 7, 11, 15]


def test_height_and_width_apart():
    """A 1×7 and a 7×1 convolution see a row, then a square; strides and dilation hold for their own axis."""
    graph = spec(
        "input: {channels: 1, height: 64, width: 64}\nlayers:\n"
        "  - conv2d: {name: a, out: 1, kernel: [1, 7], padding: [0, 3]}\n"
        "  - conv2d: {name: b, out: 1, kernel: [7, 1], padding: [3, 0], stride: [2, 1]}\n"
        "  - conv2d: {name: c, out: 1, kernel: 3, dilation: [1, 4], padding: [1, 4]}\n"
    )
    fields = receptive_fields(graph)

    assert [(f.size, f.jump, f.padding) for f in (fields[name] for name in "abc")] == [
        ((1, 7), (1, 1), (0, 3)),
        ((7, 7), (2, 1), (3, 3)),
        ((11, 15), (2, 1), (5, 7)),
    ]


def test_rational_jumps():
    """A transposed convolution and an upsampling move by a part of an input for each output."""
    graph = spec(
        "input: {channels: 1, height: 9, width: 9}\nlayers:\n"
        "  - convtranspose2d: {name: up, out: 1, kernel: 3, stride: 2}\n  - upsample: {name: nearest, scale: 3}\n"
    )
    fields = receptive_fields(graph)

    assert [fields[name].jump for name in ("up", "nearest")] == [(Fraction(1, 2),) * 2, (Fraction(1, 6),) * 2]
    assert [fields[name].size for name in ("up", "nearest")] == [(2, 2), (2, 2)]
    assert json.loads(run("-", "--format", "json", input=UNEVEN).stdout)["rows"][1]["jump"] == ["1/3", "1/3"]


UNEVEN = "input: {channels: 1, height: 9, width: 9}\nlayers: [upsample: {scale: 3}]"


def test_branches_that_do_not_line_up_are_said():
    """An even kernel padded before the input only looks half a pixel to the left of what it is added to."""
    text = (
        "input: {channels: 1, height: 9, width: 9}\n"
        "layers: [add: {x: [conv2d: {out: 1, kernel: 2, padding: [[1, 0], [0, 1]]}], y: []}]"
    )
    field = receptive_fields(spec(text))["add"]

    assert field.misalignment == {"height": "centres -0.5 and 0", "width": "centres 0.5 and 0"}
    assert "Branches joined in add do not line up in height: centres -0.5 and 0." in run("-", input=text).stdout


def test_branches_of_two_resolutions_are_said():
    """A stride and a crop to the same size are not the same resolution."""
    text = (
        "input: {channels: 1, height: 8, width: 8}\n"
        "layers: [add: {x: [conv2d: {out: 1, kernel: 1, stride: 2}], y: [crop: {margin: 2}]}]"
    )

    assert receptive_fields(spec(text))["add"].misalignment == {"height": "jumps 2 and 1", "width": "jumps 2 and 1"}


@st.composite
def single_channels(draw: Draw) -> Graph:
    """A network of one channel whose values are sums of values before, so that with weights of 1 they count paths."""
    builder = Builder()
    builder.add("input", Input((1, 7, 6)))
    for number in range(draw(st.integers(1, 6))):
        source = draw(st.just(len(builder.nodes) - 1) | st.integers(0, len(builder.nodes) - 1))
        layer = draw(
            st.sampled_from(
                [
                    K["conv2d"](out=1, kernel=3, padding=1),
                    K["conv2d"](out=1, kernel=(1, 3), padding=(0, 2), dilation=2),
                    K["conv2d"](out=1, kernel=2, stride=2, padding=1),
                    K["convtranspose2d"](out=1, kernel=3, stride=2, padding=1),
                    K["pad"](margin=((1, 0), (0, 2))),
                    K["relu"](),
                    K["upsample"](scale=2),
                    K["add"](),
                ]
            )
        )
        alike = [i for i, node in enumerate(builder.nodes) if node.shape == builder.nodes[source].shape]
        inputs = (source, draw(st.sampled_from(alike))) if layer.kind == "add" else (source,)
        builder.add(f"layer{number}", layer, *inputs)
        if max(builder.nodes[-1].shape) > 30:
            builder.nodes.pop()
    return builder.graph()


@given(graph=single_channels(), data=st.data())
def test_paths_are_counted_as_a_network_of_ones_counts_them(graph, data):
    """With all weights 1, what an output becomes when one input alone is 1 is the number of paths between them."""
    ones = {
        node.name: {
            name: np.zeros(shape) if name == "bias" else np.ones(shape)
            for name, shape in node.layer.weights(*(graph.nodes[i].shape for i in node.inputs)).items()
        }
        for node in graph.nodes
    }
    node = graph.nodes[data.draw(st.integers(0, len(graph.nodes) - 1))]
    place = tuple(data.draw(st.integers(0, n - 1)) for n in node.shape[1:])
    n = math.prod(graph.input)
    paths = next(y for other, y in outputs(graph, np.eye(n).reshape(n, *graph.input), ones) if other == node)
    paths = paths[(slice(None), 0, *place)].reshape(graph.input[1:])
    if not paths.any():
        with pytest.raises(archcalc.SpecError, match="sees nothing of the input"):
            effective(graph, node.name, place)
        return
    found = effective(graph, node.name, place)
    rows, across = paths.nonzero()

    assert found.corner == (rows.min(), across.min())
    assert (found.counts == paths[rows.min() : rows.max() + 1, across.min() : across.max() + 1]).all()
    assert found.within(found.radius + 60) == 1
    seen = box(graph, node.name, place)
    assert (seen.clipped, seen.seen) == (((rows.min(), rows.max()), (across.min(), across.max())), len(rows))


def test_the_effective_field_of_a_deep_stack_is_a_gaussian():
    """40 layers of 3 taps spread like the sum of 40 draws from −1, 0, 1, whose variance is 80/3 (Luo et al. 2016, section 2.3)."""
    builder = Builder()
    last = builder.add("input", Input((1, 99)))
    for number in range(40):
        last = builder.add(f"conv{number}", K["conv1d"](out=1, kernel=3, padding=1), last)
    found = effective(builder.graph(), "conv39")
    variance = sum((i - 40) ** 2 * count for i, count in enumerate(found.counts.tolist())) / Fraction(found.total)

    assert variance == Fraction(80, 3)
    assert found.total == 3**40
    # Where a Gaussian has fallen to 4.55 % of its peak: √(2·ln(1/0.0455)) deviations on either side.
    assert found.size == pytest.approx(2 * math.sqrt(2 * math.log(1 / 0.0455) * 80 / 3), abs=1)
    # Within one deviation lie 68 % of it, in whole steps.
    assert float(found.within(5)) == pytest.approx(math.erf(5.5 / math.sqrt(2 * 80 / 3)), abs=0.005)


def test_ten_thousand_layers_and_dense_connections():
    """A very deep chain, and every layer joined to all before it, which has more paths than could be followed."""
    builder = Builder()
    last = builder.add("input", Input((1, 64)))
    for number in range(10_000):
        last = builder.add(f"conv{number}", K["conv1d"](out=1, kernel=3, padding=1), last)
    assert receptive_fields(builder.graph())["conv9999"].size == (20_001,)

    builder = Builder()
    last = builder.add("input", Input((1, 64)))
    for number in range(300):
        new = builder.add(f"conv{number}", K["conv1d"](out=1, kernel=3, padding=1), last)
        last = builder.add(f"concat{number}", K["concat"](), last, new)
    field = receptive_fields(builder.graph())["concat299"]
    assert (field.size, field.shortest, field.longest) == ((601,), (1,), (601,))


def test_json_has_the_keys_of_its_contract():
    """Programs rely on size, jump, start and padding, each with an entry for each axis."""
    data = json.loads(run("googlenet", "--format", "json").stdout)

    assert (data["network"], data["input"], data["axes"]) == ("googlenet", [3, 224, 224], ["height", "width"])
    assert all(len(row[key]) == 2 for row in data["rows"] for key in ("size", "jump", "start", "padding"))
    assert len(data["rows"]) == len(archcalc.load("googlenet").nodes)


def test_json_of_a_place():
    """The box, clipped and unclipped, what of it is padding, and the effective field."""
    row = json.loads(run("vgg16", "pool1[0, 111]", "-e", "--format", "json").stdout)["rows"][0]

    assert row["box"] == {
        "place": [0, 111],
        "unclipped": [[-2, 3], [220, 225]],
        "clipped": [[0, 3], [220, 223]],
        "seen": 16,
        "padding": 20,
    }
    assert row["path"][0] == ["input", "conv1_1", "relu1_1", "conv1_2", "relu1_2", "pool1"]
    assert row["effective"]["within"][-1] == {"distance": 2.5, "share": 1.0}


def test_acrossof_a_table():
    """Fields stand in any table that asks for them, once for both axes where they are alike."""
    graph = spec("input: {channels: 1, height: 8, width: 16}\nlayers: [conv2d: {out: 1, kernel: 4, stride: 4}]")
    table = archcalc.render(archcalc.profile(graph), "csv", ["name", "rf", "jump", "start", "rf_coverage"])

    assert table == "name,rf,jump,start,rf_coverage\ninput,1,1,0,12.5×6.2\nconv2d,4,4,1.5,50.0×25.0"


def test_a_folded_row_has_no_field():
    """A block that repeats sees more each time, so that one row cannot say it for all."""
    folded = archcalc.render(archcalc.profile(archcalc.load("resnet152")), "csv", ["name", "rf"], fold=True)
    rows = [line.split(",") for line in folded.splitlines()[1:]]

    assert all(bool(field) == (times == "1") for _, times, field in rows)


MISTAKES = {
    ("vgg16", "pol5"): (1, "no layer 'pol5'\n  = did you mean 'pool5'?\n"),
    ("vgg16", "pool5[7,0]"): (1, "pool5 puts out 512×7×7; 7 is not one of 0 to 6\n"),
    ("vgg16", "pool5[1]"): (1, "pool5 puts out 512×7×7; a place of it is 2 numbers, not 1\n"),
    ("vgg16", "pool5[1"): (1, "no layer 'pool5[1'\n  = did you mean 'pool5'?\n"),
    ("vgg16", "pool5", "--plot", "x.gif"): (1, "x.gif: a chart ends in .svg, .png, .pdf\n"),
    ("--depth", "999999999999999", "--stride", "999999999999999"): (
        1,
        (
            "the field of 999,999,999,999,999 layers of stride 999,999,999,999,999 has some"
            " 14,999,999,999,999,984 digits\n  = at most 1,000 are worked out\n"
        ),
    ),
    ("--stacks", "32"): (1, "stacks are listed for a field of 2 to 31, not 32\n"),
    ("vgg16", "pool5[0,0]", "--input", "3xHxW"): (
        1,
        "the input is 3×H×W\n  = a single place is found only in numbers\n",
    ),
}


@pytest.mark.parametrize("arguments", MISTAKES, ids=" ".join)
def test_mistakes(arguments):
    """Each mistake is told in a sentence."""
    result = run(*arguments)

    assert (result.exit_code, result.stderr) == MISTAKES[arguments]


@pytest.mark.parametrize(
    "arguments", [(), ("vgg16", "--stacks", "7"), ("--stacks", "7", "--depth", "n"), ("vgg16", "-e")]
)
def test_misuse(arguments):
    """Asking for nothing, for two things, or for one layer's picture without the layer is a misuse of the command."""
    assert run(*arguments).exit_code == 2


@pytest.mark.parametrize("suffix", [".png", ".svg", ".pdf"])
def test_a_picture_is_written_whole(tmp_path, suffix):
    """The file is there, nothing else is, and the text is printed beside it."""
    pytest.importorskip("matplotlib")
    result = run("lenet5", "C3", "--plot", str(tmp_path / f"field{suffix}"))

    assert result.exit_code == 0, result.output
    assert [path.name for path in tmp_path.iterdir()] == [f"field{suffix}"]


def test_without_matplotlib_a_picture_says_what_to_install(monkeypatch, tmp_path):
    """The extra is named, and no file is left."""
    monkeypatch.setitem(__import__("sys").modules, "matplotlib", None)
    result = run("lenet5", "C3", "--plot", str(tmp_path / "field.png"))

    assert (result.exit_code, result.stderr) == (1, "a chart needs matplotlib\n  = pip install 'archcalc[plot]'\n")
    assert list(tmp_path.iterdir()) == []
