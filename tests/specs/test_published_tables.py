"""Whole published tables, each number of which is held against its spec as a figure is; `data/README.md` has their sources."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import msgspec
import pytest

from archcalc.conventions import CONVENTIONS
from archcalc.diagnosis import check
from archcalc.language import claimed, load, source_of
from archcalc.network.figures import Verdict
from archcalc.profiling.engine import profile
from archcalc.profiling.rows import Profile, Row
from archcalc.symbols.dims import size

DATA = Path(__file__).parent.parent / "data"


class Entry(NamedTuple):
    """A number of a table: the row it stands in, the network and the claim it makes of it, and under what."""

    row: str
    spec: str
    claim: str
    input: tuple[int, ...] = ()


def table(name: str) -> list[dict[str, str]]:
    with (DATA / f"{name}.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def googlenet() -> Iterator[Entry]:
    for row in table("paper_googlenet_table1"):
        layer = {"linear": "fc", "SUM": ""}.get(row["row"], row["row"])
        dot = f"{layer}." if layer else ""
        if row["published_params"]:
            of = ("conv2_reduce.weights", "conv2.weights") if layer == "conv2" else (f"{dot}weights",)
            if len(of) == 1:
                yield Entry(layer, "googlenet", f"{dot}weights={row['published_params']}")
                yield Entry(layer, "googlenet", f"{dot}macs={row['published_ops']}")
        if row["output_size"] and row["type"] in {"convolution", "max pool", "inception", "avg pool", "linear"}:
            yield Entry(layer, "googlenet", f"{dot}output={row['output_size']}")


def lenet5() -> Iterator[Entry]:
    for row in table("paper_lenet5"):
        if row["published_trainable_params"]:
            yield Entry(row["layer"], "lenet5", f"{row['layer']}.params={row['published_trainable_params']}")


def squeezenet() -> Iterator[Entry]:
    for row in table("paper_squeezenet_table1"):
        layer = "" if row["layer"] == "TOTAL" else f"{row['layer']}."
        if row["params_before_pruning"]:
            yield Entry(row["layer"], "squeezenet1_0", f"{layer}params={row['params_before_pruning']}")
        if layer and row["layer"] != "avgpool10":
            yield Entry(row["layer"], "squeezenet1_0", f"{layer}output={row['output_size']}", (3, 227, 227))


def zfnet() -> Iterator[Entry]:
    for row in table("paper_zfnet"):
        layer = {"TOTAL": "", "pool3": "pool5."}.get(row["layer"], f"{row['layer']}.")
        if row["params_with_bias"] != "0":
            yield Entry(row["layer"], "zfnet", f"{layer}params={row['params_with_bias']}")
        if row["output"] and "x" in row["output"]:
            yield Entry(row["layer"], "zfnet", f"{layer}output={row['output']}x{row['maps']}")


def vgg() -> Iterator[Entry]:
    specs = {"A": "vgg11", "A-LRN": "vgg11-lrn", "B": "vgg13", "C": "vgg16c", "D": "vgg16", "E": "vgg19"}
    for row in table("paper_vgg"):
        yield Entry(row["config"], specs[row["config"]], f"depth={row['weight_layers']}")
        yield Entry(row["config"], specs[row["config"]], f"params={row['published_params_M']}M")


def eecs498() -> Iterator[Entry]:
    shape = (3, 227, 227)
    for row in table("eecs498_alexnet"):
        layer, name = row["layer"], "alexnet-torchvision"
        if layer != "flatten":
            yield Entry(layer, name, f"{layer}.activations={row['memory_KB']}KB", shape)
        if row["params_k"] not in {"0", ""}:
            yield Entry(layer, name, f"{layer}.params={row['params_k']}K", shape)
            yield Entry(layer, name, f"{layer}.macs={row['flop_M']}M", shape)
        if row["HW_out"]:
            yield Entry(layer, name, f"{layer}.output={row['HW_out']}x{row['HW_out']}x{row['C_out']}", shape)


def netscope() -> Iterator[Entry]:
    specs = {
        "AlexNet": ("alexnet-224", (3, 227, 227)),
        "Network-in-Network": ("nin", ()),
        "VGG-16": ("vgg16", ()),
        "GoogLeNet": ("googlenet", ()),
        "ResNet-50": ("resnet50", ()),
        "Inception v3": ("inception_v3", ()),
        "SqueezeNet": ("squeezenet1_0", (3, 227, 227)),
        "SqueezeNet v1.1": ("squeezenet1_1", (3, 227, 227)),
    }
    for row in table("netscope"):
        spec, shape = specs[row["network"]]
        for measure, key in (("macs", "macc_M"), ("params", "params_M"), ("activations", "activations_M")):
            yield Entry(row["network"], spec, f"{measure}={row[key]}M", shape)


TABLES = {f.__name__: list(f()) for f in (googlenet, lenet5, squeezenet, zfnet, vgg, eecs498, netscope)}

# What does not hold as printed, with the verdict on it and words of its diagnosis.
DIFFERING = {
    "googlenet": {
        "3a.weights=159K": ("other convention", "K = 1,024"),
        "3b.weights=380K": ("other convention", "K = 1,024"),
        # 3,072 weights fewer are those of 3×3 convolutions in the place of 5×5 with biases: chance, but not ours to say.
        "4a.weights=364K": ("explained slip", "googlenet-torchvision instead"),
        "4a.macs=73M": ("cut off", "rounded it is 74M"),
        **dict.fromkeys(("conv1.weights=2.7K", "conv1.macs=34M"), ("not reproduced", "multiplier 8")),
        **dict.fromkeys(
            (
                *("4b.weights=437K", "4c.weights=463K", "4d.weights=580K", "4e.weights=840K", "5a.weights=1072K"),
                *("5a.macs=54M", "5b.weights=1388K", "weights=6797.7K", "macs=1502M"),
            ),
            ("not reproduced", ""),
        ),
    },
    "netscope": {
        "vgg16 params=138.3M": ("cut off", "rounded it is 138.4M"),
        "vgg16 activations=29M": ("other convention", "with every output, views too"),
        "inception_v3 activations=32.6M": ("other convention", "with every output, views too"),
        # Netscope keeps the outputs of Caffe's own layers, which differ from the specs', and counts a multiply-add for each
        # value of a Scale layer; that other counts print so too is chance.
        **dict.fromkeys(
            (
                *("alexnet-224 activations=2.4M", "nin activations=4M", "googlenet activations=10.4M"),
                *("resnet50 activations=46.9M", "squeezenet1_0 activations=12.7M"),
            ),
            ("not reproduced", ""),
        ),
        **dict.fromkeys(
            ("resnet50 macs=3870M", "squeezenet1_0 macs=860M", "squeezenet1_1 activations=7.8M"), ("explained slip", "")
        ),
    },
    "squeezenet": {"maxpool8.output=13x12x512": ("not reproduced", "")},
    "eecs498": {
        **{
            f"{layer}.activations={n}KB": ("other convention", "KB = 1,024 bytes")
            for layer, n in (
                *(("conv1", 784), ("pool1", 182), ("conv2", 547), ("pool2", 127)),
                *(("conv3", 254), ("conv4", 169), ("conv5", 169), ("pool5", 36)),
            )
        },
        **{
            f"{layer}.params={n}K": ("other convention", "without biases")
            for layer, n in (("fc6", 37749), ("fc7", 16777), ("fc8", 4096))
        },
        "conv4.macs=145M": ("not reproduced", ""),
    },
}


def verdicts(entries: list[Entry]) -> Iterator[tuple[Entry, Verdict]]:
    for spec in dict.fromkeys(entry.spec for entry in entries):
        own = [entry for entry in entries if entry.spec == spec]
        figures = [msgspec.structs.replace(claimed(entry.claim), input=entry.input) for entry in own]
        yield from zip(own, check(source_of(spec), tuple(figures)), strict=True)


@pytest.mark.parametrize("name", TABLES)
def test_a_table_holds(name):
    """Every number of the table holds, but for those that are listed above with what is wrong."""
    differing = DIFFERING.get(name, {})
    several = len({entry.spec for entry in TABLES[name]}) > 1
    found = {
        f"{entry.spec} {entry.claim}" if several else entry.claim: verdict for entry, verdict in verdicts(TABLES[name])
    }

    assert {claim for claim, verdict in found.items() if not verdict.holds} == differing.keys()
    for claim, (said, words) in differing.items():
        assert found[claim].verdict == said
        assert words in found[claim].diagnosis


def proper(name: str, input_shape: tuple[int, ...] | None = None, **params: int | str) -> tuple[Profile, list[Row]]:
    result = profile(load(name, input_shape=input_shape, **params))
    return result, [row for row in result.rows if not row.auxiliary]


OSMR = {
    "AlexNet": "alexnet-224",
    "AlexNet-b": "alexnet-torchvision",
    "DenseNet-121": "densenet121",
    "SqueezeNet v1.0": "squeezenet1_0",
    "SqueezeNet v1.1": "squeezenet1_1",
    "ShuffleNetV2 x1.0": "shufflenet_v2_x1_0",
    "InceptionV3": "inception_v3",
    "ResNeXt-50 (32x4d)": "resnext50_32x4d",
    **{f"ResNet-{n}b": f"resnet{n}-torchvision" for n in (50, 101, 152)},
}


@pytest.mark.parametrize("row", table("osmr_gluon"), ids=lambda row: row["model"])
def test_osmr(row):
    """Params to the last digit, and half of the FLOPs of that table's own rule to two decimals of a million."""
    model, _, alpha = row["model"].partition(" x")
    params = {"alpha": alpha} if model == "MobileNet" else {}
    if model == "ZFNet-b":
        model, params = "ZFNet", {"conv3": 512, "conv4": 1024, "conv5": 512}
    spec = "mobilenet_v1" if model == "MobileNet" else model.lower().replace("-", "")
    result, rows = proper(OSMR.get(row["model"], spec), **params)
    # The table's models have no adaptive pool; torchvision's AlexNet has one that changes nothing.
    flops = CONVENTIONS["osmr"].total(x for x in rows if x.kind != "adaptiveavgpool2d" or x.inputs[0] != x.output)

    assert result.totals.params == int(row["params"])
    assert f"{flops.value / 2 / 10**6:.2f}" == row["flops_half_M"]


BURDEN = {
    "vgg-vd-16": "vgg16",
    "vgg-vd-19": "vgg19",
    "resnet-50": "resnet50",
    "resnet50": "resnet50-torchvision",
    "resnet-101": "resnet101",
    "resnet-152": "resnet152",
    "squeezenet1-0": "squeezenet1_0",
    "squeezenet1-1": "squeezenet1_1",
    "resnext-50-32x4d": "resnext50_32x4d",
    "inception-v3": "inception_v3",
    "mcn-mobilenet": "mobilenet_v1",
}

# Numbers of convnet-burden that the rule as we know it does not give, with what it gives.
OFF = {
    # The released file has the two auxiliary heads in it.
    ("googlenet", "param_mem_MiB"): 26.7,
    ("googlenet", "feature_mem"): 25.5,
    ("squeezenet1-0", "feature_mem"): 29.0,
    ("alexnet", "flops_fma1"): 728.8,
}
UNITS = {"MB": 2**20, "GB": 2**30, "MFLOPs": 10**6, "GFLOPs": 10**9, "TFLOPs": 10**12}


def shape_of(text: str) -> tuple[int, ...]:
    return tuple(map(int, text.split("x")))


def agrees(text: str, value: float) -> bool:
    """Whether a value prints as the whole number of units in a cell such as 26 MB."""
    digits, unit = text.split()
    return abs(value / UNITS[unit] - int(digits)) <= 0.5


def remembered(model: str, rows: list[Row]) -> int:
    """Bytes of what that table counts: every stored output but the input's, and in AlexNet but the normalised ones."""
    free = {"input", "localresponsenorm"} if model == "alexnet" else {"input"}
    return 4 * sum(row.activations for row in rows if row.kind not in free)


@pytest.mark.parametrize("row", table("convnet_burden"), ids=lambda row: row["model"])
def test_convnet_burden(row):
    """Params with running statistics and outputs in MiB, and FLOPs by that table's rule, to the digits it prints."""
    side = shape_of(row["input_size"])[0]
    result, rows = proper(BURDEN.get(row["model"], row["model"]), (3, side, side))
    found = {
        "param_mem_MiB": 4 * (result.totals.params + result.totals.buffers),
        "feature_mem": remembered(row["model"], rows),
        "flops_fma1": CONVENTIONS["convnet-burden"].total(rows).value,
    }

    for key, value in found.items():
        off = OFF.get((row["model"], key))
        assert agrees(row[key], value) == (off is None), (key, value)
        assert off is None or round(value / UNITS[row[key].split()[1]], 1) == off


@pytest.mark.parametrize("row", table("convnet_burden_reports"), ids=lambda row: f"{row['model']} {row['input_size']}")
def test_convnet_burden_at_other_sizes(row):
    """What a batch of 128 takes up to the last map, at each of six input sizes."""
    height, width = shape_of(row["input_size"])
    if row["model"] == "googlenet" and height == 112:
        pytest.skip("the spec ends in a 7×7 pool, which such an input has no room for")
    _, rows = proper(BURDEN.get(row["model"], row["model"]), (3, height, width))
    # The last map is the one named, or the last of its size; what comes after it is not counted.
    h, w, channels = shape_of(row["feature_size"])
    last = [i for i, x in enumerate(rows) if x.name == row["feature_layer"] or x.output == (channels, h, w)]
    rows = rows[: max(last, default=len(rows)) + 1]

    assert agrees(row["feature_mem"], int(row["batch"]) * remembered(row["model"], rows))


@pytest.mark.parametrize("row", table("netscope_layers"), ids=lambda row: f"{row['model']} {row['layer']}")
def test_layers_of_netscope(row):
    """MACs, outputs and params of each layer for netscope's batch, to two decimals of K, M or G as it prints them."""
    _, rows = proper({"alexnet_bvlc_caffe": "alexnet"}.get(row["model"], row["model"]))
    if row["layer"] == "TOTAL":
        # Caffe flattens inside its dense layers.
        some = [x for x in rows if x.kind != "flatten"]
    else:
        named = {"data": "input", "prob": "softmax"}.get(row["layer"], row["layer"])
        some = [x for x in rows if x.name == named]
        assert len(some) == 1
    batch = int(row["batch"])
    found = {
        "macc": batch * CONVENTIONS["netscope"].total(some).value,
        "activation": batch * sum(size(x.output) for x in some),
        # Netscope gives response normalisation two params, which are settings.
        "param": sum(x.params + 2 * (x.kind == "localresponsenorm") for x in some),
    }
    for key, value in found.items():
        if row[key]:
            printed = int(row[key])
            unit = next((unit for unit in (10**9, 10**6, 10**3) if printed >= unit), 1)
            assert abs(value - printed) <= unit / 200, (key, value)
