"""What `import` writes is read back as what it was made from, and is no longer than what a person writes."""

from __future__ import annotations

import pytest

from archcalc.errors import Source
from archcalc.importers import load, parse
from archcalc.language.folded import folded
from archcalc.language.sources import located
from archcalc.layers.activation import ReLU
from archcalc.layers.conv import Conv2d
from archcalc.layers.merge import Add
from archcalc.layers.rearrange import Input
from archcalc.network.graph import Builder, Graph
from tests.language.specs_drawn import drawn
from tests.zoo import ZOO


def rows(graph: Graph) -> list[tuple[object, ...]]:
    return [(n.name, n.layer, n.inputs, n.shape, n.share, n.auxiliary, n.note) for n in graph.nodes]


def again(graph: Graph) -> Graph:
    return parse(Source("imported.yaml", folded(graph)))


@pytest.mark.parametrize("name", ZOO)
def test_a_bundled_network_is_read_back(name):
    """Every layer with its name, settings, inputs and shape."""
    graph = load(name)

    assert rows(again(graph)) == rows(graph)


def test_drawn_networks_are_read_back():
    """Some of them with blocks."""
    graphs = [drawn(number).graph for number in range(120)]
    texts = [folded(graph) for graph in graphs]

    assert [*map(rows, map(parse, (Source("imported.yaml", text) for text in texts)))] == [*map(rows, graphs)]
    assert sum("blocks:" in text for text in texts) > 10


@pytest.mark.parametrize("name", ["resnet50", "googlenet", "densenet121", "mobilenet_v2", "vit_b_16", "swin_t"])
def test_it_is_at_most_2_5_times_as_long_as_what_a_person_wrote(name):
    """Lines of layers and blocks; what is said of the network is the same."""

    def lines(text: str) -> int:
        return text.split("layers:\n")[1].count("\n  - ") + text.split("blocks:\n")[1].split("layers:\n", maxsplit=1)[
            0
        ].count("\n")

    path, _ = located(name)
    assert lines(folded(load(name))) <= 2.5 * lines(path.read_text())


def residuals(names: list[str]) -> Graph:
    """Two layers of one width and a sum for each name, of which the last is wider."""
    builder = Builder()
    last = builder.add("input", Input((8, 4, 4)))
    for name in names:
        first = last
        last = builder.add(f"{name}conv", Conv2d(out=8, kernel=3, padding=1), last)
        last = builder.add(f"{name}relu", ReLU(), last)
        last = builder.add(f"{name}sum", Add(), last, first)
    return builder.graph("net")


def test_what_repeats_is_one_call_of_a_block():
    """Names that end in a number are those of its repetitions, and the input that is added is the block's."""
    text = folded(residuals([f"layer{i}/" for i in range(1, 5)]))

    assert text.splitlines()[2:] == [
        "blocks:",
        "  layer:",
        "    - conv2d: {name: conv, out: 8, kernel: 3, padding: 1}",
        "    - relu",
        "    - add: {name: sum, from: [relu, entry]}",
        "layers:",
        '  - layer: {name: "layer{index + 1}", repeat: 4, output: 8×4×4}',
        "totals: {params: 2336, macs: 36864}",
    ]


@pytest.mark.parametrize(
    "names", [["res2a_", "res2b_"], ["a.0.", "a.1."], ["/x/", "/y/"], ["x/_", "y/_"], ["a//", "b//"]]
)
def test_names_of_other_programs_are_kept(names):
    """Whatever parts them, a block is called by what the names begin with."""
    graph = residuals(names)

    assert "blocks:" in folded(graph)
    assert rows(again(graph)) == rows(graph)


@pytest.mark.parametrize(
    ("names", "call"),
    [
        ([("conv{n}", "relu{n}", "sum{n}")] * 4, "n: index, repeat: 4"),
        ([("conv{n}", "relu{m}", "sum{n}")] * 3, "n: index, repeat: 3"),
        ([("res{s}_a", "relu_{s}", "sum{s}x")] * 3, 'label: "p"'),
    ],
    ids=["numbers", "numbers apart", "words"],
)
def test_what_repeats_by_what_the_layers_are(names, call):
    """Where names do not begin alike, a number in them or a part of them says which repetition they are of."""
    builder = Builder()
    last = builder.add("input", Input((8, 4, 4)))
    for n, (conv, relu, total) in enumerate(names):
        first = last
        words = {"n": n, "m": n + 7, "s": "pqr"[n % 3]}
        last = builder.add(conv.format(**words), Conv2d(out=8, kernel=3, padding=1), last)
        last = builder.add(relu.format(**words), ReLU(), last)
        last = builder.add(total.format(**words), Add(), last, first)
    graph = builder.graph("net")
    text = folded(graph)

    assert text.count("conv2d") == 1
    assert call in text
    assert rows(again(graph)) == rows(graph)


def test_what_is_read_from_outside_is_no_block():
    """A layer inside that another reads later has to be named."""
    graph = residuals(["a/", "b/"])
    builder = Builder()
    for node in graph.nodes:
        builder.add(node.name, node.layer, *node.inputs)
    builder.add("skip", Add(), builder.position("a/conv"), builder.position("b/sum"))
    graph = builder.graph("net")

    assert "blocks:" not in folded(graph)
    assert rows(again(graph)) == rows(graph)
