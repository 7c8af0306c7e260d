"""Whole published tables, each number of which is held against its spec as a figure is; `data/README.md` has their sources."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import msgspec
import pytest

from archcalc.diagnosis import check
from archcalc.language import claimed, source_of
from archcalc.network.figures import Verdict
from tests.specs.tables import table


class Entry(NamedTuple):
    """A number of a table: the row it stands in, the network and the claim it makes of it, and under what."""

    row: str
    spec: str
    claim: str
    input: tuple[int, ...] = ()


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
