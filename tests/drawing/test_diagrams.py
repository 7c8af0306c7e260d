"""Pictures of networks: all of a network is in them, in every format."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

import archcalc
from archcalc.cli import main
from archcalc.drawing.diagrams import DIAGRAMS, draw
from archcalc.drawing.diagrams.mermaid import to_mermaid
from archcalc.drawing.diagrams.outline import Frame, outline
from archcalc.drawing.diagrams.svg import to_svg
from archcalc.errors import Source, SpecError
from archcalc.language import parse
from tests.drawing.drawn import profiled
from tests.zoo import SOME


@pytest.mark.parametrize("fold", [True, False])
@pytest.mark.parametrize("name", SOME)
def test_every_row_is_in_exactly_one_node(name, fold):
    """The nodes' rows are those of the network, each once, and each node's last row gives what leaves it."""
    rows = {row.name: row for row in profiled(name).rows}
    nodes = outline(profiled(name), fold=fold).nodes
    found = [row for node in nodes for row in node.rows]

    assert sorted(found) == sorted(rows)
    assert all(rows[node.rows[-1]].output == (node.until or node.output) for node in nodes)
    assert all(node.params <= sum(rows[row].params for row in node.rows) for node in nodes)


@pytest.mark.parametrize("fold", [True, False])
@pytest.mark.parametrize("name", SOME)
def test_every_input_of_a_layer_is_an_arrow_or_inside_a_node(name, fold):
    """A node reads what its first layer does, and each of the layers after it only the one before."""
    rows = {row.name: row for row in profiled(name).rows}
    drawn = outline(profiled(name), fold=fold)
    of = {row: node for node in drawn.nodes for row in node.rows}
    read = [(of[source].id, node.id) for node in drawn.nodes for source in rows[node.rows[0]].sources]

    assert sorted((edge.start, edge.end) for edge in drawn.edges) == sorted(read)
    for node in drawn.nodes:
        inside = [rows[name].sources for name in node.rows if rows[name].kind != rows[node.rows[0]].kind]
        assert all(len(sources) == 1 and of[sources[0]] is node for sources in inside)


def test_a_long_network_is_drawn_whole():
    """Not folded, every node of ResNet-152's 517 layers is in its picture."""
    drawn = outline(profiled("resnet152"), fold=False)

    assert sum(len(node.rows) for node in drawn.nodes) == 517
    assert to_svg(drawn).count("data-rows") == len(drawn.nodes)


def test_blocks_that_repeat_are_drawn_once_with_how_often():
    """ResNet-152's third stage is its first unit and 35 more."""
    drawn = outline(profiled("resnet152"))
    times = [part.times for stage in drawn.parts if isinstance(stage, Frame) for part in stage.parts]

    assert 35 in times
    assert len(drawn.nodes) == len(outline(profiled("resnet50")).nodes)
    assert "conv4#95;2 … conv4#95;36 × 35, bottleneck" in to_mermaid(drawn)


def test_calls_that_differ_in_their_channels_alone_are_drawn_once():
    """DenseNet-121 has dense blocks of 6, 12, 24 and 16 layers, each of which adds 32 channels (Huang et al. 2017, table 1)."""
    drawn = outline(profiled("densenet121"))
    dense = [part for part in drawn.parts if isinstance(part, Frame) and part.kind == "dense_layer"]

    assert [part.times for part in dense] == [6, 12, 24, 16]
    assert [part.nodes[-1].shape for part in dense] == [
        *("96…256×56×56", "160…512×28×28", "288…1024×14×14", "544…1024×7×7")
    ]
    # The first layer of a block reads 64 channels and a last one 224 of the 256, by 128 filters of one place each.
    assert (dense[0].nodes[1].params, dense[0].nodes[1].last_params) == (64 * 128, 224 * 128)
    labels = {edge.label for edge in drawn.edges if edge.start == dense[0].nodes[0].id}
    assert labels == {"64…224×56×56"}
    assert "8,192 … 28,672 params" in to_svg(drawn)


GROWING = """
input: {{channels: 4, height: 8, width: 8}}
blocks:
  one:
    - concat: [[], [conv2d: {{out: 2, kernel: 3, padding: 1}}]]
layers: [{calls}]
"""


@pytest.mark.parametrize(
    ("calls", "times"),
    [
        ("one, one, one, one", [4]),
        ("one, one, one", []),
        # Another kernel would be another layer, another size another place.
        ("one, one, maxpool2d: 2, one, one", []),
        ("one, one, one, one, maxpool2d: 2, one, one, one, one, one", [4, 5]),
    ],
)
def test_fewer_than_four_that_grow_are_each_drawn(calls, times):
    """Every row is in one node all the same."""
    made = archcalc.profile(parse(Source("s.yaml", GROWING.format(calls=calls))))
    drawn = outline(made)

    assert [frame.times for frame in frames(drawn.parts) if frame.times > 1] == times
    assert sorted(row for node in drawn.nodes for row in node.rows) == sorted(row.name for row in made.rows)


def frames(parts):
    for part in parts:
        if isinstance(part, Frame):
            yield part
            yield from frames(part.parts)


def test_a_box_is_named_by_the_layers_in_it():
    """Those that it stands for where it repeats, else its first and last; the block is said where the name does not."""
    named = {
        name: [(frame.title, frame.kind) for frame in frames(outline(profiled(name)).parts)]
        for name in ("vgg16", "resnet50", "unet", "mixer_b_16")
    }

    assert named["vgg16"] == [
        ("conv1_1 … pool1", "stage"),
        ("conv2_1 … pool2", "stage"),
        ("conv3_1 … pool3", "stage"),
        ("conv4_1 … pool4", "stage"),
        ("conv5_1 … pool5", "stage"),
    ]
    assert named["resnet50"][6:9] == [
        ("conv4_1 … conv4_6", "stage"),
        ("conv4_1", "bottleneck"),
        ("conv4_2 … conv4_6 × 5", "bottleneck"),
    ]
    assert named["unet"][0] == ("down1", "")
    assert ("convs", "") in named["unet"]
    assert named["mixer_b_16"] == [("mixers/0 … mixers/11 × 12", "")]


@pytest.mark.parametrize(("times", "boxes"), [(2, 2), (3, 3), (4, 1)])
@pytest.mark.parametrize("around", [1, 5])
def test_a_box_around_one_layer_saves_two_at_least(times, boxes, around):
    """Of 2 or 3 alike each is drawn, of 4 one with a box around it; also within a block that repeats itself."""
    spec = f"""
input: {{channels: 4, height: 8, width: 8}}
blocks:
  one: [conv2d: {{out: 4, kernel: 3, padding: 1}}, relu]
  more: [one: {{repeat: {times}}}, batchnorm2d, conv2d: {{out: 4, kernel: 1}}]
layers: [more: {{repeat: {around}}}]
"""
    made = archcalc.profile(parse(Source("s.yaml", spec)))
    drawn = outline(made)
    kinds = [node.lines[0] for node in drawn.nodes]

    assert kinds.count("conv2d 3×3, 4") == boxes
    assert sorted(row for node in drawn.nodes for row in node.rows) == sorted(row.name for row in made.rows)
    assert [frame.times for frame in frames(drawn.parts)] == [
        *([around] if around > 1 or boxes else []),
        *([4] * (boxes == 1)),
    ]


def test_a_node_says_its_layer_as_people_write_it():
    """Kernel, channels and stride of the convolution, and what follows it in the same node."""
    nodes = {node.rows[0]: node for node in outline(profiled("resnet50")).nodes}

    assert nodes["conv1/conv2d"].lines == ("conv2d 7×7, 64, stride 2", "batchnorm2d", "relu")
    assert nodes["conv1/conv2d"].shape == "64×112×112"


@pytest.mark.parametrize("form", DIAGRAMS)
@pytest.mark.parametrize("name", SOME)
def test_every_network_is_drawn_in_every_format(name, form):
    """What is drawn twice is the same to the byte; two are wider than TeX can set."""
    if (name, form) in {("stable_diffusion_unet", "tikz"), ("wavenet", "tikz")}:
        with pytest.raises(SpecError, match="TeX sets nothing wider"):
            draw(profiled(name), form)
        return
    drawn = draw(profiled(name), form)

    assert drawn == draw(profiled(name), form)
    assert drawn.endswith("\n")


@pytest.mark.parametrize("form", DIAGRAMS)
def test_sizes_may_be_letters(form):
    """Shapes and settings are then formulas, also within a page's proportions."""
    spec = "name: s\ninput: {channels: C, height: H, width: W}\nlayers:\n  - conv2d: {out: 4*channels, kernel: 3, stride: 2}\n"
    drawn = draw(archcalc.profile(parse(Source("s.yaml", spec + "  - relu\n  - globalavgpool\n"))), form)

    assert "4C" in drawn


def test_the_file_name_chooses_the_format(tmp_path):
    """Unless --format says another; Mermaid goes to standard output."""
    run = CliRunner().invoke
    path = tmp_path / "a.svg"

    assert run(main, ["diagram", "lenet5"]).output == draw(profiled("lenet5"), "mermaid")
    assert run(main, ["diagram", "lenet5", "-o", str(path)]).exit_code == 0
    assert path.read_text() == draw(profiled("lenet5"), "svg")
    assert run(main, ["diagram", "lenet5", "--format", "dot", "-o", str(path)]).exit_code == 0
    assert path.read_text() == draw(profiled("lenet5"), "dot")
    assert run(main, ["diagram", "resnet18", "--no-fold"]).output == draw(profiled("resnet18"), "mermaid", fold=False)
    assert "ends in none of .mmd" in run(main, ["diagram", "lenet5", "-o", str(tmp_path / "a.bmp")]).output
    assert "cannot be written" in run(main, ["diagram", "lenet5", "-o", str(tmp_path / "no" / "a.svg")]).output
