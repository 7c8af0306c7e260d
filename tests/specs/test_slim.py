"""The TF-Slim networks against what was published of them: operations by end point, params, receptive fields."""

from __future__ import annotations

import csv
import math
import re
from functools import cache
from pathlib import Path

import pytest

from archcalc.language import load
from archcalc.network.graph import Graph
from archcalc.profiling.engine import profile
from archcalc.profiling.rows import Row
from archcalc.receptive_field.fields import receptive_fields

DATA = Path(__file__).parent.parent / "data"

# The spec of each network, with what makes it the variant.
SPECS: dict[str, tuple[str, dict[str, str]]] = {
    "alexnet_v2": ("alexnet_v2", {}),
    "inception_resnet_v2": ("inception_resnet_v2", {}),
    "inception_resnet_v2-same": ("inception_resnet_v2", {"aligned": "true"}),
    "inception_v2": ("inception_v2", {}),
    "inception_v2-no-separable-conv": ("inception_v2", {"separable": "false"}),
    "inception_v3": ("inception_v3", {}),
    "inception_v4": ("inception_v4", {}),
    "mobilenet_v1": ("mobilenet_v1", {}),
    "mobilenet_v1_075": ("mobilenet_v1", {"alpha": "3/4"}),
    "vgg_16": ("vgg16", {}),
    "vgg_a": ("vgg11", {}),
    **{name: (name, {}) for name in (f"resnet_v{v}_{n}" for v in (1, 2) for n in (50, 101, 152, 200))},
}
# What TF-Slim calls layers that have other names in our specs.
NAMES = (
    (r"MaxPool_3a_3x3", "maxpool1", {"inception_v3"}),
    (r"MaxPool_5a_3x3", "maxpool2", {"inception_v3"}),
    (r"(Conv2d_\d\w)_\dx\d", r"\1", {"inception_v3"}),
    (r"PreAuxLogits", "Block17_20", {"inception_resnet_v2", "inception_resnet_v2-same"}),
    (r".*/(block\d|\w+)", r"\1", set(SPECS)),
)


def end_points() -> list[dict[str, str]]:
    with (DATA / "distill_rf_endpoints.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


@cache
def graph_of(cnn: str, resolution: str, width: str = "") -> Graph:
    """The network at a resolution, square where no width is given, or at its own where none is."""
    spec, params = SPECS[cnn]
    shape = (3, int(resolution), int(width or resolution)) if resolution else None
    return load(spec, input_shape=shape, **params)


def position_of(graph: Graph, cnn: str, end_point: str) -> int:
    """The last layer of what an end point names."""
    name = end_point
    for pattern, replacement, networks in NAMES:
        if cnn in networks and re.fullmatch(pattern, name):
            name = re.sub(pattern, replacement, name)
    if (mobile := re.fullmatch(r"Conv2d_(\d+)(?:_(depthwise|pointwise))?", name)) and cnn.startswith("mobilenet"):
        name = f"conv{int(mobile[1]) + 1}" + (f"/{mobile[2]}" if mobile[2] else "")
    found = [i for i, node in enumerate(graph.nodes) if node.name == name or node.name.startswith(f"{name}/")]
    return found[-1]


def profiled(graph: Graph, row: Row, position: int) -> int:
    """What TensorFlow's profiler counts: 2 for a multiply-add, 1 for a bias, a constant factor and a tap of a pool.

    A normalisation is 1 a value in the Inceptions and MobileNets, whose graphs have one operation in its place; in the ResNets
    it is a fused one that has no rule. Sums, ReLUs and concatenations have none either.
    """
    layer, values = graph.nodes[position].layer, math.prod(row.output)
    if row.kind == "conv2d":
        return 2 * row.macs + (values if layer.bias else 0)
    if row.kind in {"maxpool2d", "avgpool2d"}:
        return layer.kernel**2 * values
    normalised = row.kind == "batchnorm2d" and not graph.name.startswith("resnet_v")
    return values if normalised or row.kind == "times" else 0


@pytest.mark.parametrize("cnn", SPECS)
def test_operations_up_to_every_end_point(cnn):
    """GFLOPs of the Distill article's table, to its last digit, at 224 and 321 pixels."""
    seen = 0
    for resolution in ("224", "321"):
        graph = graph_of(cnn, resolution)
        rows = [
            0 if row.auxiliary else profiled(graph, row, position) for position, row in enumerate(profile(graph).rows)
        ]
        for line in end_points():
            if (line["cnn"], line["resolution"]) == (cnn, resolution):
                position = position_of(graph, cnn, line["end_point"])
                assert abs(sum(rows[: position + 1]) / 1e9 - float(line["flops_billion"])) <= 0.00051, line
                seen += 1
    assert seen


def test_every_end_point_is_one_of_a_spec():
    """All 561 rows belong to a network above."""
    assert len(end_points()) == 561
    assert {line["cnn"] for line in end_points()} == set(SPECS)


def slim_end_points() -> list[dict[str, str]]:
    with (DATA / "slim_end_points.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("line", slim_end_points(), ids=lambda line: "-".join(line.values()))
def test_sizes_of_end_points(line):
    """Each end point has the size that TF-Slim's own tests and docstrings state, of images that are not square as well."""
    graph = graph_of(line["cnn"], *line["input"].split("x")[1:])

    shape = graph.nodes[position_of(graph, line["cnn"], line["end_point"])].shape
    assert "x".join(map(str, shape)) == line["output"]


@pytest.mark.parametrize("cnn", [cnn for cnn in SPECS if cnn.startswith("resnet")])
def test_depth_of_resnets(cnn):
    """A ResNet has as many layers with weights on its longest path as it is named for."""
    assert profile(graph_of(cnn, "")).depth == int(cnn.split("_")[-1])


@pytest.mark.parametrize("cnn", SPECS)
def test_receptive_fields_of_every_end_point(cnn):
    """Size and effective stride at every resolution, effective padding where the table has one."""
    seen = 0
    for resolution in ("", "224", "321"):
        graph = graph_of(cnn, resolution)
        fields = receptive_fields(graph)
        for line in end_points():
            if (line["cnn"], line["resolution"]) == (cnn, resolution):
                field = fields[graph.nodes[position_of(graph, cnn, line["end_point"])].name]
                found = {"rf": field.size, "effective_stride": field.jump}
                if line["effective_padding"]:
                    found["effective_padding"] = field.padding
                assert found == {name: (int(line[name]),) * 2 for name in found}, line
                seen += 1
    assert seen


def test_receptive_fields_of_whole_networks():
    """The twelve rows of the table in the article itself are those of the last end points at 224 pixels."""
    with (DATA / "distill_rf.csv").open(newline="", encoding="utf-8") as file:
        lines = list(csv.DictReader(file))

    assert len(lines) == 12
    for line in lines:
        cnn = line["model"]
        last = [point for point in end_points() if (point["cnn"], point["resolution"]) == (cnn, "224")][-1]
        graph = graph_of(cnn, "224")
        field = receptive_fields(graph)[graph.nodes[position_of(graph, cnn, last["end_point"])].name]
        expected = tuple((int(line[name]),) * 2 for name in ("rf", "effective_stride", "effective_padding"))
        assert (field.size, field.jump, field.padding) == expected, cnn


# What TF-Slim's tests state of the variables before the logits, running statistics included.
VARIABLES = {"inception_v2": 10_173_112, "inception_v3": 21_802_784}


@pytest.mark.parametrize("spec", VARIABLES)
def test_variables_before_the_logits(spec):
    """`inception_v2_test.py` and `inception_v3_test.py`; those of Inception v3 do not scale what they normalise."""
    result = profile(load(spec))
    totals = result.totals
    logits = next(row.params for row in reversed(result.rows) if row.params and not row.auxiliary)
    scales = sum(row.weights for row in result.rows if row.kind == "batchnorm2d" and not row.auxiliary)

    assert totals.params - logits - scales + totals.buffers == VARIABLES[spec]


# Trainable and other params of a network with 1000 classes: Keras Applications, and for the two that it lacks
# osmr/imgclsmob's gluon models, whose Inception-v4 scales each normalised channel besides.
PARAMS = {
    "inception_resnet_v2": (55_873_736, "all"),
    "resnet_v2_50": (25_613_800, "all"),
    "resnet_v2_101": (44_675_560, "all"),
    "resnet_v2_152": (60_380_648, "all"),
    "inception_v4": (42_679_816, "scaled"),
}


@pytest.mark.parametrize("spec", PARAMS)
def test_params_are_those_of_others(spec):
    """Keras counts running statistics as params."""
    expected, counted = PARAMS[spec]
    totals = profile(load(spec, classes=1000)).totals

    # A mean and a variance for each channel, and as many scales as either.
    more = totals.buffers if counted == "all" else totals.buffers // 2
    assert totals.params + more == expected
