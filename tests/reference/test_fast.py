"""The fast path gives what the plain one gives."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from archcalc.errors import Source
from archcalc.language import load, parse
from archcalc.network.graph import Graph
from archcalc.reference import outputs, seeded
from archcalc.reference.fast import Program

# Of the largest value. Winograd's transforms cost single precision two of its seven digits.
TOLERANCE = {np.float32: 1e-4, np.float64: 1e-10}

# Networks that between them have every way to convolve, join, normalise and pool, on small inputs that keep them alive.
NETWORKS = {
    "alexnet": (3, 67, 67),
    "densenet121": (3, 33, 33),
    "googlenet-torchvision": (3, 67, 67),
    "lenet5": (1, 32, 32),
    "mobilenet_v2": (3, 67, 67),
    "resnet50": (3, 67, 67),
    "resnext50_32x4d": (3, 35, 35),
    "shufflenet_v2_x1_0": (3, 67, 67),
    "squeezenet1_1": (3, 67, 67),
    "unet": (1, 188, 188),
    "vgg11": (3, 67, 67),
    "vit_b_16": (3, 32, 32),
}


def error(graph: Graph, batch: int, dtype) -> float:
    """How far apart the two paths put out, as a share of the largest value."""
    arrays = seeded(graph, dtype=dtype)
    x = np.random.default_rng(1).standard_normal((batch, *graph.input)).astype(dtype)
    program = Program(graph, arrays, batch, dtype)
    program(np.zeros_like(x))  # what a run leaves behind must not show in the next
    fast = program(x)
    trunk = [node.name for node in graph.nodes if not node.auxiliary][-1]
    plain = next(y for node, y in outputs(graph, x, arrays) if node.name == trunk)
    return float(np.abs(fast - plain).max() / np.abs(plain).max())


@pytest.mark.parametrize("name", NETWORKS)
def test_a_bundled_network_gives_the_same_scores(name):
    """In single precision, for a batch of two."""
    assert error(load(name, input_shape=NETWORKS[name]), 2, np.float32) < TOLERANCE[np.float32]


@given(
    kernel=st.tuples(st.integers(1, 4), st.integers(1, 4)) | st.just((3, 3)),
    stride=st.tuples(st.integers(1, 3), st.integers(1, 3)) | st.just((1, 1)),
    dilation=st.tuples(st.integers(1, 2), st.integers(1, 2)) | st.just((1, 1)),
    padding=st.sampled_from(["0", "1", "[2, 0]", "[[0, 1], [2, 1]]", "same"]),
    mode=st.sampled_from(["zeros", "zeros", "reflect", "replicate", "circular"]),
    norm=st.sampled_from(["", "", ", norm: weight", ", norm: spectral"]),
    channels=st.sampled_from([4, 16, 24]),
    groups=st.sampled_from([1, 1, 2, 4, "channels"]),
    size=st.tuples(st.integers(8, 21), st.integers(8, 21)),
    tail=st.sampled_from(["", ", batchnorm2d", ", relu", ", batchnorm2d, relu", ", relu, batchnorm2d"]),
    batch=st.integers(1, 3),
)
def test_a_convolution_of_any_form_gives_the_same(  # noqa: PLR0913, PLR0917 - one for each thing that may vary
    kernel, stride, dilation, padding, mode, norm, channels, groups, size, tail, batch
):
    """Winograd, products of pixels, columns and depthwise bands agree with the plain einsum in double precision."""
    text = f"input: {{channels: {channels}, height: {size[0]}, width: {size[1]}}}\nlayers: [conv2d: {{out: channels, "
    text += f"kernel: {list(kernel)}, stride: {list(stride)}, dilation: {list(dilation)}, padding: {padding}, "
    text += f"padding_mode: {mode}, groups: {groups}{norm}}}{tail}]"

    assert error(parse(Source("x.yaml", text)), batch, np.float64) < TOLERANCE[np.float64]


@pytest.mark.parametrize("name", ["alexnet-torchvision", "vgg11", "resnet18", "mobilenet_v2"])
def test_a_run_allocates_nothing_large(name):
    """Everything that a second run needs was laid out for the first: what it allocates is views and rows of biases."""
    graph = load(name)
    program, x = Program(graph, seeded(graph)), np.zeros((1, *graph.input), np.float32)
    program(x)
    tracemalloc.start()
    program(x)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert peak < program.nbytes / 20


BRANCHES = """
input: {channels: 16, height: 9, width: 9}
layers:
  - conv2d: {name: a, out: 16, kernel: 3, padding: 1}
  - add: {x: [relu, conv2d: {out: 16, kernel: 1}], y: a}
  - relu
  - concat: {left: [relu6], right: [sigmoid, dropout], same: []}
  - add: {one: [conv2d: {out: 48, kernel: 1}, relu], two: [conv2d: {out: 48, kernel: 1}, batchnorm2d], three: []}
  - flatten
  - linear: {out: 7, norm: weight}
  - relu
  - concat: {x: [], y: []}
  - softmax
"""


def test_what_others_still_read_is_not_overwritten():
    """A ReLU whose input is read again, shared sums and branches that start alike come out right."""
    assert error(parse(Source("x.yaml", BRANCHES)), 3, np.float64) < TOLERANCE[np.float64]
