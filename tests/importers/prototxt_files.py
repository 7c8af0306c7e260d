"""Networks as prototxt files of Caffe."""

from __future__ import annotations

import archcalc
from archcalc.errors import Source
from archcalc.importers import parse
from archcalc.network.graph import Graph
from archcalc.profiling.engine import Profile, profile


def layer(kind: str, name: str, bottom: str = "", top: str = "", settings: str = "") -> str:
    """A layer; several blobs stand with commas between."""
    blobs = [f'bottom: "{blob}"' for blob in bottom.split(",") if blob]
    blobs += [f'top: "{blob}"' for blob in (top or name).split(",") if blob != "none"]
    return f'layer {{ name: "{name}" type: "{kind}" {" ".join(blobs)} {settings} }}\n'


def given(*sizes: int, blob: str = "data") -> str:
    """An input of these sizes, in a batch of 10."""
    dims = " ".join(f"dim: {n}" for n in (10, *sizes))
    return f'input: "{blob}" input_shape {{ {dims} }}\n'


def conv(name: str, bottom: str, out: int, settings: str, more: str = "") -> str:
    """A convolution."""
    return layer("Convolution", name, bottom, name, f"convolution_param {{ num_output: {out} {settings} }} {more}")


def pool(name: str, bottom: str, settings: str) -> str:
    """A pooling layer."""
    return layer("Pooling", name, bottom, name, f"pooling_param {{ {settings} }}")


def dense(name: str, bottom: str, out: int) -> str:
    """A dense layer."""
    return layer("InnerProduct", name, bottom, name, f"inner_product_param {{ num_output: {out} }}")


def inplace(kind: str, name: str, blob: str, settings: str = "") -> str:
    """A layer that writes over the blob it reads."""
    return layer(kind, name, blob, blob, settings)


def alexnet() -> str:
    """CaffeNet's order of layers apart, AlexNet as Caffe ships it."""
    text = 'name: "AlexNet"\n' + given(3, 227, 227)
    bottom = "data"
    for number, out, settings in (
        (1, 96, "kernel_size: 11 stride: 4"),
        (2, 256, "kernel_size: 5 pad: 2 group: 2"),
        (3, 384, "kernel_size: 3 pad: 1"),
        (4, 384, "kernel_size: 3 pad: 1 group: 2"),
        (5, 256, "kernel_size: 3 pad: 1 group: 2"),
    ):
        name = f"conv{number}"
        text += conv(name, bottom, out, settings) + inplace("ReLU", f"relu{number}", name)
        if number <= 2:
            text += layer("LRN", f"norm{number}", name, settings="lrn_param { local_size: 5 alpha: 0.0001 }")
            name = f"norm{number}"
        bottom = f"pool{number}" if number in {1, 2, 5} else name
        text += pool(bottom, name, "pool: MAX kernel_size: 3 stride: 2") if bottom != name else ""
    for number, out in ((6, 4096), (7, 4096), (8, 1000)):
        text += dense(f"fc{number}", bottom, out)
        bottom = f"fc{number}"
        text += (
            inplace("ReLU", f"relu{number}", bottom) + inplace("Dropout", f"drop{number}", bottom) if number < 8 else ""
        )
    return text + layer("Softmax", "prob", bottom)


def graph_of(text: str | bytes, **asked: object) -> Graph:
    """The graph of a prototxt file."""
    return parse(Source("net.prototxt", text.encode() if isinstance(text, str) else text), **asked)


def profile_of(text: str) -> Profile:
    """The profile of a prototxt file."""
    return profile(graph_of(text))


def shapes(text: str) -> dict[str, tuple[object, ...]]:
    """The shapes of all rows of a prototxt file."""
    return {node.name: tuple(node.shape) for node in graph_of(text).nodes}


def shape_of(text: str) -> tuple[object, ...]:
    """The shape of a prototxt file's last row."""
    return tuple(graph_of(text).nodes[-1].shape)


def params(text: str) -> dict[str, int]:
    """The params of all rows of a prototxt file that have any."""
    return {row.name: row.params for row in profile_of(text).rows if row.params}


def message(text: str, **asked: object) -> str:
    """The error of a prototxt file that cannot be read."""
    try:
        graph_of(text, **asked)
    except archcalc.SpecError as error:
        return str(error)
    raise AssertionError(text)
