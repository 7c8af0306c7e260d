"""Networks as cfg files of darknet."""

from __future__ import annotations

import archcalc
from archcalc.errors import Source
from archcalc.importers import parse
from archcalc.network.graph import Graph
from archcalc.profiling.engine import Profile, profile


def section(kind: str, **options: object) -> str:
    """A section with its options."""
    return "\n".join([f"[{kind}]", *(f"{key}={value}" for key, value in options.items()), ""])


def conv(filters: int, size: int, stride: int = 1, activation: str = "leaky") -> str:
    """A convolution that keeps the size, with batch normalisation, as most of darknet's have."""
    options = {"filters": filters, "size": size, "stride": stride, "pad": 1, "activation": activation}
    return section("convolutional", batch_normalize=1, **options)


def net(channels: int, height: int, width: int) -> str:
    """The first section."""
    return section("net", channels=channels, height=height, width=width)


def darknet53() -> str:
    """Darknet-53 as in the paper on YOLOv3, table 1."""
    text = net(3, 256, 256) + conv(32, 3)
    for filters, times in ((64, 1), (128, 2), (256, 8), (512, 8), (1024, 4)):
        text += conv(filters, 3, 2)
        text += (conv(filters // 2, 1) + conv(filters, 3) + section("shortcut", **{"from": -3})) * times
    classes = section("convolutional", filters=1000, size=1, stride=1, pad=1, activation="linear")
    return text + section("avgpool") + classes + section("softmax")


def vgg16() -> str:
    """VGG-16, with the crop from 256 with which darknet has it."""
    text = net(3, 256, 256) + section("crop", crop_height=224, crop_width=224)
    for filters, times in ((64, 2), (128, 2), (256, 3), (512, 3), (512, 3)):
        text += section("convolutional", filters=filters, size=3, stride=1, pad=1, activation="relu") * times
        text += section("maxpool", size=2, stride=2, padding=0)
    hidden = section("connected", output=4096, activation="relu") + section("dropout", probability=0.5)
    return text + hidden * 2 + section("connected", output=1000, activation="linear") + section("softmax")


def graph_of(text: str | bytes, **params: object) -> Graph:
    """The graph of a cfg file."""
    return parse(Source("net.cfg", text.encode() if isinstance(text, str) else text), **params)


def profile_of(text: str) -> Profile:
    """The profile of a cfg file."""
    return profile(graph_of(text))


def shapes(text: str) -> dict[str, tuple[object, ...]]:
    """The shapes of all rows of a cfg file."""
    return {node.name: tuple(node.shape) for node in graph_of(text).nodes}


def params(text: str) -> dict[str, int]:
    """The params of all rows of a cfg file that have any."""
    return {row.name: row.params for row in profile_of(text).rows if row.params}


def message(text: str) -> str:
    """The error of a cfg file that cannot be read."""
    try:
        graph_of(text)
    except archcalc.SpecError as error:
        return str(error)
    raise AssertionError(text)
