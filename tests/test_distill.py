"""TF-Slim's networks against the tables of the Distill article, TF-Slim's own tests, and the same networks elsewhere."""

from __future__ import annotations

import pytest
from distill import network, row_of, table

from archcalc.dims import size
from archcalc.engine import profile
from archcalc.graph import Graph
from archcalc.rows import Profile
from archcalc.spec import load

END_POINTS = table("distill_rf_endpoints")
NETWORKS = list(dict.fromkeys(row["cnn"] for row in END_POINTS))

# What tests of TF-Slim state of the variables before the logits, running statistics included: `inception_v2_test.py`,
# `inception_v3_test.py`.
VARIABLES = {"inception_v2": 10_173_112, "inception_v3": 21_802_784}

# Multiply-adds and weights before the logits, without normalisation, in the docstring of `mobilenet_v1.py`.
MOBILENETS = {
    ("mobilenet_v1", 224): (567_716_352, 3_185_088),
    ("mobilenet_v1_075", 128): (106_002_432, 1_800_144),
}

# Params of the same network of 1,000 classes in Keras Applications, which counts running statistics as params.
KERAS = {
    "inception_v3": 23_851_784,
    "inception_resnet_v2": 55_873_736,
    "resnet_v2_50": 25_613_800,
    "resnet_v2_101": 44_675_560,
    "resnet_v2_152": 60_380_648,
}

# Params of the same network of 1,000 classes in osmr/imgclsmob, whose every normalisation scales.
GLUON = {
    "inception_v3": 23_834_568,
    "inception_v4": 42_679_816,
    "inception_resnet_v2": 55_843_464,
    "resnet_v1_50": 25_557_032,
    "resnet_v1_101": 44_549_160,
    "resnet_v1_152": 60_192_808,
}


def flops(name: str, graph: Graph, last: int) -> int:
    """FLOPs up to a layer as TensorFlow's profiler counts them in the graphs that the article was made from.

    Twice the multiply-adds; one for each value that gets a bias or is scaled; the kernel's area for each value that is
    pooled. Neither batch normalisation nor ReLU nor `AddV2`, which adds residuals, is known to that profiler. The
    graphs of Inception and MobileNet were built without the scope that normalises, with one more operation in its place.
    """
    unscoped = name.startswith(("inception", "mobilenet"))
    total = 0
    for node in graph.nodes[: last + 1]:
        layer, n = node.layer, size(node.shape)
        if node.auxiliary:
            continue
        if layer.kind == "conv2d":
            total += 2 * layer.work(node.shape, *(graph.nodes[i].shape for i in node.inputs)).macs
        if (layer.kind == "conv2d" and layer.bias) or (layer.kind == "batchnorm2d" and unscoped):
            total += n
        if layer.kind in {"maxpool2d", "avgpool2d"}:
            total += layer.window() * n
        if layer.kind == "add" and unscoped:
            # The factor of an Inception-ResNet's residual.
            total += n
    return total


def base(name: str, height: int | None = None) -> Profile:
    """A network with its last layer of 1,000 classes."""
    return profile(network(name, height, **({} if name.startswith("mobilenet") else {"classes": 1000})))


def test_the_tables_are_whole():
    """561 end points of 19 networks, and 12 of the networks in the article's own table."""
    assert (len(END_POINTS), len(NETWORKS), len(table("distill_rf"))) == (561, 19, 12)


@pytest.mark.parametrize("name", NETWORKS)
def test_gigaflops_of_every_end_point(name):
    """At both resolutions each end point has the published GFLOPs, to the last of three decimals."""
    expected, found = {}, {}
    for row in END_POINTS:
        if row["cnn"] == name and row["resolution"]:
            key = row["end_point"], int(row["resolution"])
            graph = network(name, key[1])
            expected[key] = row["flops_billion"]
            found[key] = f"{flops(name, graph, row_of(key[0], graph)) / 1e9:.3f}"

    assert found == expected


@pytest.mark.parametrize("row", table("distill_rf"), ids=lambda row: row["model"])
def test_gigaflops_of_the_article(row):
    """The article's table has each network's last end point at 224×224."""
    last = [point["end_point"] for point in END_POINTS if point["cnn"] == row["model"]][-1]
    graph = network(row["model"], 224)

    assert f"{flops(row['model'], graph, row_of(last, graph)) / 1e9:.2f}" == row["flops_billion"]


@pytest.mark.parametrize("row", table("slim_end_points"), ids=lambda row: "-".join(row.values()))
def test_sizes_of_end_points(row):
    """Each end point has the size that TF-Slim's tests and docstrings state."""
    _, height, width = map(int, row["input"].split("x"))
    graph = network(row["cnn"], height, width)

    assert "x".join(map(str, graph.nodes[row_of(row["end_point"], graph)].shape)) == row["output"]


@pytest.mark.parametrize("name", VARIABLES)
def test_variables_of_slim(name):
    """Params and running statistics before the logits are as many as TF-Slim's tests demand."""
    result = base(name)
    logits = next(row.params for row in result.rows if row.name == "Logits")

    assert result.totals.params - logits + result.totals.buffers == VARIABLES[name]


@pytest.mark.parametrize(("name", "side"), MOBILENETS)
def test_totals_of_mobilenet(name, side):
    """The convolutions of MobileNet have the params and multiply-adds that TF-Slim lists."""
    rows = [row for row in base(name, side).rows if row.layer == "conv2d"]

    assert (sum(row.macs for row in rows), sum(row.params for row in rows)) == MOBILENETS[name, side]


@pytest.mark.parametrize("name", KERAS)
def test_params_of_keras(name):
    """Params and running statistics together are the params of Keras Applications."""
    totals = base(name).totals

    assert totals.params + totals.buffers == KERAS[name]


@pytest.mark.parametrize("name", GLUON)
def test_params_of_networks_that_scale(name):
    """With a scale for each normalised channel that has none, params are those of osmr/imgclsmob."""
    result = base(name)
    unscaled = sum(row.params for row in result.rows if row.layer == "batchnorm2d" and not row.weights)
    heads = sum(row.params for row in result.rows if row.layer == "batchnorm2d" and row.auxiliary)

    assert result.totals.params + unscaled - heads == GLUON[name]


def test_resnet_v1_200_is_longer_as_resnet_v1_152_is():
    """Sixteen units more in block 2, of two 1×1 and a 3×3 at 128 channels of 512, each normalised."""
    unit = 2 * 512 * 128 + 9 * 128**2 + 2 * (128 + 128 + 512)

    assert base("resnet_v1_200").totals.params == GLUON["resnet_v1_152"] + 16 * unit


@pytest.mark.parametrize("name", [name for name in NETWORKS if name.startswith("resnet")])
def test_depth_of_resnets(name):
    """A ResNet has as many layers with weights on its longest path as it is named for."""
    assert base(name).depth == int(name.split("_")[-1])


def test_inception_v3_has_the_layers_of_torchvision():
    """Layer by layer the trunk is that of the spec that is held against torchvision."""
    ours, theirs = base("inception_v3"), profile(load("inception_v3"))

    def layers(result: Profile) -> list[tuple[str, tuple[int, ...], int]]:
        kept = [row for row in result.rows if not row.auxiliary and row.layer not in {"dropout", "flatten"}]
        return [(row.layer, row.output, row.macs) for row in kept if row.inputs and len(row.output) > 1]

    assert layers(ours)[:-1] == layers(theirs)
