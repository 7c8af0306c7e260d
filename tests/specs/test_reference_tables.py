"""Published tables against what the bundled specs compute; `data/README.md` says where each table is from."""

from __future__ import annotations

import csv
import math
import re
from pathlib import Path

import pytest

from archcalc.language import load
from archcalc.profiling.engine import profile
from archcalc.profiling.rows import Profile, Row

DATA = Path(__file__).parent.parent / "data"

# The specs whose bare name is the paper's network, where torchvision's differs.
RENAMED = {name: f"{name}-torchvision" for name in ("alexnet", "googlenet", "resnet50", "resnet101", "resnet152")}

# Figures named in the source documents, with their exact values.
TOTALS = {
    "vgg16": {
        "params": 138_357_544,
        "weights": 138_344_128,
        "macs": 15_470_264_320,
        "activations": 15_237_608,
        "activation_bytes": 60_950_432,
    },
    "vgg16-fcn": {"params": 138_357_544, "weights": 138_344_128},
    "alexnet": {"params": 60_965_224, "macs": 724_406_816},
    "alexnet-torchvision": {"params": 61_100_840, "macs": 714_188_480},
    "zfnet": {"params": 62_357_608},
    "inception-naive": {"macs": 854_196_224},
    "inception-bottleneck": {"macs": 271_351_808},
    "googlenet": {"params": 6_998_552, "weights": 6_990_272},
    # Keras Applications has 22,910,480, of which 54,528 are not trained.
    "xception": {"params": 22_855_952, "buffers": 54_528},
    "googlenet-listing": {"params": 6_998_552, "weights": 6_990_272},
}

# Layers with weights from the input to the end, as the networks are named or their papers count them.
DEPTHS = {
    "alexnet": 8,
    "zfnet": 8,
    "vgg11": 11,
    "vgg11-lrn": 11,
    "vgg13": 13,
    "vgg16c": 16,
    "vgg16": 16,
    "vgg19": 19,
    "googlenet": 22,
    "resnet18": 18,
    "resnet34": 34,
    "resnet50": 50,
    "resnet101": 101,
    "resnet152": 152,
    "resnext50_32x4d": 50,
    "wide_resnet50_2": 50,
    "densenet121": 121,
    "unet": 23,
}

# FLOPs of table 1 of the ResNet paper, which sometimes rounds and sometimes cuts.
RESNETS = {"resnet18": 1.8, "resnet34": 3.6, "resnet50": 3.8, "resnet101": 7.6, "resnet152": 11.3}

# Width multiplier, input, millions of params and of multiply-adds in tables 4, 6 and 7 of the MobileNet paper.
MOBILENETS = [
    ("1", 224, 4.2, 569),
    ("0.75", 224, 2.6, 325),
    ("0.5", 224, 1.3, 149),
    ("0.25", 224, 0.5, 41),
    ("1", 192, 4.2, 418),
    ("1", 160, 4.2, 290),
    ("1", 128, 4.2, 186),
]


def table(name: str) -> list[dict[str, str]]:
    with (DATA / f"{name}.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def computed(name: str, input_shape: tuple[int, ...] | None = None) -> Profile:
    return profile(load(name, input_shape=input_shape))


def shape_of(text: str) -> tuple[int, ...]:
    return tuple(map(int, text.split("x")))


def does_something(kind: str, given: tuple[int, ...], output: tuple[int, ...]) -> bool:
    """Whether a layer is more than an adaptive pool to the size that its input already has."""
    return kind != "adaptiveavgpool2d" or given != output


@pytest.mark.parametrize("row", table("torchvision_meta"), ids=lambda row: row["weights"])
def test_torchvision_weights(row):
    """Params are torchvision's to the last digit and MACs to the third decimal, at the size it states.

    Its networks for segmentation keep their auxiliary head when they run, and two for detection have norms without params.
    """
    crop, model = row["crop_size"], row["model"]
    places = shape_of(crop) if "x" in crop else (int(crop), int(crop))
    result = computed(RENAMED.get(model, model), (3, *places))
    segments = model.startswith(("deeplab", "fcn"))
    params, macs = result.totals.params, result.totals.macs
    if segments or model == "inception_v3":
        params += result.auxiliary.params
    if model in {"fcos_resnet50_fpn", "retinanet_resnet50_fpn"}:
        params -= sum(layer.params for layer in result.rows if layer.kind == "batchnorm2d")
    assert params == int(row["num_params"])
    assert round((macs + segments * result.auxiliary.macs) / 1e9, 3) == float(row["gmacs_ops"])


@pytest.mark.parametrize("model", ["alexnet", "vgg16", "resnet50", "squeezenet1_0"])
def test_layers_of_torchvision(model):
    """Every leaf module of the torchvision model has its layer, in order, with its sizes and params."""
    expected = []
    for row in table("layer_shapes"):
        layer = (row["class"].lower(), shape_of(row["input"]), shape_of(row["output"]))
        if row["model"] == model and does_something(*layer):
            expected.append((*layer, int(row["params"])))
    kinds = {kind for kind, *_ in expected}
    layers = []
    for row in computed(RENAMED.get(model, model)).rows[1:]:
        kind = "adaptiveavgpool2d" if row.kind == "globalavgpool" else row.kind
        if kind in kinds and does_something(kind, row.inputs[0], row.output):
            layers.append((kind, row.inputs[0], row.output, row.params))
    assert layers == expected


def test_layers_of_the_released_resnet50():
    """Each convolution of the paper's ResNet-50 has the sizes and MACs that netscope prints for its Caffe release."""
    expected = []
    for row in table("netscope_resnet50"):
        channels, size, out, out_size = re.findall(r"\b\d+(?:x\d+)?", row["type_and_dims"].split(maxsplit=1)[1])[-4:]
        expected.append((f"{channels}x{size}", f"{out}x{out_size}", int(row["macc"])))
    assert [
        ("x".join(map(str, (*x.inputs[0], 1, 1)[:3])), "x".join(map(str, (*x.output, 1, 1)[:3])), round(x.macs, -4))
        for x in computed("resnet50").rows
        if x.macs
    ] == expected


def test_layers_of_mobilenet():
    """Each row of MobileNet's table 1 has its layer, with the printed filter and input size."""
    rows = table("paper_mobilenetv1_table1")
    first = next(i for i, row in enumerate(rows) if row["type_stride"].startswith("5x"))
    rows[first : first + 2] *= 5
    expected = [
        (
            0 if "Pool" in row["type_stride"] else math.prod(shape_of(row["filter_shape"])),
            math.prod(shape_of(row["input_size"])),
        )
        for row in rows
    ]

    def counted(row: Row) -> tuple[int, int]:
        return row.weights, math.prod(row.inputs[0])

    assert [counted(row) for row in computed("mobilenet_v1").rows if row.macs or "pool" in row.kind] == expected


@pytest.mark.parametrize(("name", "number", "count"), [("large", 1, 15), ("small", 2, 11)])
def test_bottlenecks_of_mobilenet_v3(name, number, count):
    """Each bottleneck of MobileNetV3's two tables has the printed sizes, kernel, nonlinearity, squeeze and stride."""
    rows = computed(f"mobilenet_v3_{name}").rows
    found = []
    for n in range(1, count + 1):
        block = [row for row in rows if row.name.startswith(f"bneck{n}/")]
        convolutions = [row for row in block if row.kind == "conv2d"]
        depthwise = next(row for row in convolutions if row.inputs[0][0] * row.output[0] > row.weights)
        channels, height, _ = depthwise.output
        entry = convolutions[0].inputs[0]
        found.append(
            {
                "input": f"{entry[1]}x{entry[2]}x{entry[0]}",
                "operator": "bneck " + "x".join([str(math.isqrt(depthwise.weights // channels))] * 2),
                "exp_size": str(channels),
                "out": str(block[-1].output[0]),
                "SE": str(sum(row.kind == "multiply" for row in block)),
                "NL": "HS" if any(row.kind == "hardswish" for row in block) else "RE",
                "s": str(entry[1] // height),
            }
        )

    assert found == [row for row in table(f"paper_mobilenetv3_table{number}") if row["operator"].startswith("bneck")]


def test_layers_of_unet():
    """The sizes and channels of U-Net's maps are those printed in its figure 1."""
    down = "1→64@570 64→64@568 64→128@282 128→128@280 128→256@138 256→256@136 256→512@66 512→512@64 512→1024@30 1024→1024@28"
    up = "1024→512@54 512→512@52 512→256@102 256→256@100 256→128@198 128→128@196 128→64@390 64→64@388 64→2@388"
    rows = [row for row in computed("unet").rows if row.kind == "conv2d"]
    assert [f"{row.inputs[0][0]}→{row.output[0]}@{row.output[1]}" for row in rows] == f"{down} {up}".split()
    ups = [row.output for row in computed("unet").rows if row.kind == "convtranspose2d"]
    assert ups == [(512, 56, 56), (256, 104, 104), (128, 200, 200), (64, 392, 392)]


@pytest.mark.parametrize("name", TOTALS)
def test_totals(name):
    """The totals that the source documents name hold exactly."""
    totals = computed(name).totals
    assert {measure: getattr(totals, measure) for measure in TOTALS[name]} == TOTALS[name]


def test_inception_modules():
    """The convolutions of the two Inception modules have the operations that the course documents sum up."""
    naive = [row.macs for row in computed("inception-naive").rows if row.macs]
    reduced = [row.macs for row in computed("inception-bottleneck").rows if row.macs]
    assert sorted(naive) == [25_690_112, 346_816_512, 481_689_600]
    assert sorted(reduced) == [*[12_845_056] * 3, 25_690_112, 86_704_128, 120_422_400]
    assert (computed("inception-naive").rows[-1].output[0], computed("inception-bottleneck").rows[-1].output[0]) == (
        672,
        480,
    )


def test_first_dense_layer_of_vgg16():
    """The first dense layer of VGG-16 holds 102,760,448 weights, 74.3 % of all."""
    weights = next(row.weights for row in computed("vgg16").rows if row.kind == "linear")
    assert (weights, round(100 * weights / 138_344_128, 1)) == (102_760_448, 74.3)


def test_heads_of_googlenet():
    """The two auxiliary heads of the listing have their params, and with them the network its MACs."""
    result = computed("googlenet-listing")
    heads = [result.sum(row for row in result.rows if row.name.startswith(f"head{n}/")) for n in (1, 2)]
    assert [(head.params, head.macs) for head in heads] == [(3_188_840, 4_169_728), (3_190_888, 4_202_496)]
    assert result.totals.macs + result.auxiliary.macs == 1_591_044_096


@pytest.mark.parametrize("name", DEPTHS)
def test_depth(name):
    """A network has as many layers with weights on its longest path as it is named for."""
    assert computed(name).depth == DEPTHS[name]


@pytest.mark.parametrize("name", RESNETS)
def test_flops_of_the_resnet_paper(name):
    """MACs of the paper's ResNets are within one of the last digit of its table 1."""
    assert abs(computed(name).totals.macs / 1e9 - RESNETS[name]) < 0.1


@pytest.mark.parametrize(("alpha", "size", "params", "macs"), MOBILENETS)
def test_totals_of_mobilenet(alpha, size, params, macs):
    """MobileNet of any width and input has the params and multiply-adds of the paper's tables 4, 6 and 7."""
    totals = profile(load("mobilenet_v1", input_shape=(3, size, size), alpha=alpha)).totals
    assert round(totals.params / 1e6, 1) == params
    # 290.7 is printed as 290 and 568.7 as 569.
    assert abs(totals.macs / 1e6 - macs) < 1
