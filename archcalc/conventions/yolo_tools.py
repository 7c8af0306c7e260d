"""The rules of the programs that YOLO networks come from: darknet's, both of them, and ultralytics's."""

from __future__ import annotations

from collections.abc import Mapping

from archcalc.conventions.convention import Convention
from archcalc.conventions.torch_tools import THOP
from archcalc.conventions.unseen import OTHER_ATTENTION

# What darknet's programs have, and count as nothing.
_FREE = dict.fromkeys(
    (
        *("linear", "batchnorm", "globalavgpool", "localresponsenorm", "softmax", "upsample", "blurpool"),
        *("add", "multiply", "subtract"),
        *("relu", "relu6", "leakyrelu", "elu", "selu", "gelu", "silu", "mish", "sigmoid", "tanh"),
        "hardtanh",
    ),
    "0",
)

DARKNET = Convention(
    "darknet",
    "FLOPs",
    "2 for each multiply-accumulate of a convolution; pools by kernel; 1 for each addition of a shortcut",
    {
        **_FREE,
        "conv": "2*macs",
        "maxpool": "window*out",
        "avgpool": "window*out",
        "add": "additions",
    },
    source="AlexeyAB/darknet 59596d78, src/parser.c and the files of layers: its line Total BFLOPS",
    faults=(
        "dense layers count nothing, nor do those of recurrent sections",
        "a shortcut of other channels is counted for all of the sum's, one with weights twice",
        "a convolution of bits (xnor) is counted as a 32nd",
    ),
)

DARKNET_OPS = Convention(
    "darknet-ops",
    "FLOPs",
    "2 for each multiply-accumulate of a convolution or dense layer, nothing else",
    {**_FREE, "conv": "2*macs", "linear": "2*macs", "convtranspose": "0", "maxpool": "0"},
    source="pjreddie/darknet f6afaabc, examples/darknet.c, the command ops",
    faults=(
        "transposed and local convolutions, and those of crnn, count nothing",
        "the program knows no groups of a route, and counts what reads it for all channels",
    ),
)

DARKNET_OPS_UNGROUPED = Convention(
    "darknet-ops-ungrouped",
    "FLOPs",
    "as darknet-ops, but a convolution in groups as if it had none",
    {**DARKNET_OPS.prices, "conv in groups": "2*groups*macs", "convtranspose": None, "avgpool": "0"},
    source="AlexeyAB/darknet 59596d78, src/darknet.c, the command ops",
    faults=("groups are forgotten: a depthwise convolution counts as often as it has channels",),
)


def _doubled(prices: Mapping[str, str | None]) -> dict[str, str | None]:
    """Prices in MACs as prices in FLOPs, two for each."""
    return {
        key: price if price in {None, "0"} else " + ".join(map(_twice, price.split(" + ")))
        for key, price in prices.items()
    }


def _twice(term: str) -> str:
    number, _, names = term.partition("*")
    return f"{2 * int(number)}*{names}" if number.isdecimal() else f"2*{term}"


ULTRALYTICS_8_3 = Convention(
    "ultralytics-8.3",
    "FLOPs",
    "twice what thop counts: 2 for each multiply-accumulate, 8 for each value batch-normalised; modules alone",
    _doubled(THOP.prices),
    source="ultralytics 8.3.78, ultralytics/utils/torch_utils.py, with ultralytics-thop 2.0.14, thop/vision/basic_hooks.py",
    faults=(
        *THOP.faults[:2],
        "counts an image of 32×32 and takes it times the area, also where a dense layer sees the mean of all places",
    ),
    sees=THOP.sees,
)

# What is counted wherever it is called, by the product itself.
_PRODUCTS = ("linear", "matmul")
_NOW = {
    **THOP.prices,
    "convtranspose": "macs",
    "upsample linear 3d": "31*out",
    "groupnorm": "4*in",
    "groupnorm without affine": "2*in",
    "rmsnorm": "4*in",
    "avgpool": "window*out + out",
    "adaptiveavgpool": "additions + out + out",
    "upsample nearest": "0",
    "matmul": "macs",
    **OTHER_ATTENTION,
    "attention as matmul": "macs",
    "attention of several inputs": None,
}

ULTRALYTICS = Convention(
    "ultralytics",
    "FLOPs",
    "2 for each multiply-accumulate, attention's included; 8 for each value batch-normalised; other functions uncounted",
    {
        **_doubled(_NOW),
        "attention": "2*macs + 2*additions - 2*tokens*biases + 2*exponentials + 2*divisions",
        **{
            f"{kind} as {call}": None
            for kind in dict.fromkeys(key.partition(" ")[0] for key in _NOW)
            if kind not in _PRODUCTS
            for call in ("function", "operator")
        },
    },
    source="ultralytics 8.4.190, ultralytics/utils/torch_utils.py, with ultralytics-thop 2.2.3, thop/profile.py",
    faults=(
        "batch normalisation is counted until it is fused with its convolution, with which it costs nothing",
        "activations, sums and what else is called as a function count nothing, without a word",
    ),
    sees=frozenset({"module", "function", "operator", "matmul"}),
)

TOOLS = (DARKNET, DARKNET_OPS, DARKNET_OPS_UNGROUPED, ULTRALYTICS, ULTRALYTICS_8_3)
