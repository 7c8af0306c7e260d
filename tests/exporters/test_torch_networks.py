"""Bundled networks as PyTorch code: the same arrays, layer by layer, and the same outputs."""

from __future__ import annotations

import numpy as np
import pytest

from archcalc.exporters.torch.writer import write
from archcalc.importers import load
from archcalc.layers.activation import ReLU
from archcalc.layers.conv import Conv2d
from archcalc.layers.merge import Add
from archcalc.layers.rearrange import Input
from archcalc.network.graph import Builder
from archcalc.reference.random_arrays import seeded
from archcalc.reference.run import run
from tests.exporters.torch_code import Loaded, own_arrays

# With inputs as small as they take: convolutions that repeat, branches, shared weights, attention of several sorts.
NETWORKS = [
    ("lenet5", None),
    ("squeezenet1_1", (3, 64, 64)),
    ("inception-naive", None),
    ("resnet50", (3, 32, 32)),
    ("densenet121", (3, 32, 32)),
    ("shufflenet_v2_x1_0", (3, 32, 32)),
    ("yolov8n", (3, 64, 64)),
    ("swin_t", (3, 64, 64)),
    ("swin_v2_t", (3, 64, 64)),
    ("maxvit_t", (3, 64, 64)),
]


@pytest.mark.parametrize(("name", "shape"), NETWORKS)
def test_a_bundled_network_has_the_same_arrays_and_outputs(name, shape):
    graph = load(name, input_shape=shape)
    loaded, arrays = Loaded(graph), seeded(graph)
    wanted = own_arrays(graph)
    random = np.random.default_rng(0)
    given = {name: random.standard_normal((2, *x), np.float32) for name, x in graph.input_shapes.items()}
    [ours] = [run(graph, given if len(given) > 1 else next(iter(given.values())), arrays)]
    [theirs] = loaded.run(arrays, *given.values())

    assert {name: loaded.shapes(name, own) for name, own in wanted.items()} == wanted
    assert np.abs(theirs.numpy() - ours).max() < 1e-4 * np.abs(ours).max()


@pytest.mark.parametrize("name", ["t5_small", "whisper_tiny", "clip_vit_b_32", "llama3_8b", "unet", "inception_v4"])
def test_a_large_network_has_as_many_params(name):
    """Without memory for them, that is with arrays that have a shape alone."""
    graph = load(name)
    loaded, wanted = Loaded(graph, "meta"), own_arrays(graph)

    assert {name: loaded.shapes(name, own) for name, own in wanted.items()} == wanted
    assert sum(p.numel() for p in loaded.network.parameters()) == sum(
        int(np.prod(shape)) for own in wanted.values() for shape in own.values()
    )


def test_blocks_are_classes_with_what_differs_as_parameters():
    """A bottleneck with a projection and one without, each where it is called in a stage."""
    text = write(load("resnet50"))

    assert "class Bottleneck(nn.Module):\n    def __init__(self, in_channels, channels, stride):" in text
    assert "nn.Sequential(Bottleneck(64, 64, stride=1), *(Bottleneck2(64) for _ in range(2)))" in text
    assert "return F.relu(self.residual_2(self.residual(x)) + x)" in text


def test_layers_without_blocks_are_folded_by_their_names():
    """Of three stages that are alike but for their widths one class is made."""
    builder = Builder()
    at = builder.add("image", Input((8, 16, 16)))
    for stage, out in enumerate((8, 16, 32)):
        entry = builder.add(f"stage{stage}/conv1", Conv2d(out, 3, padding=1), at)
        at = builder.add(f"stage{stage}/relu", ReLU(), entry)
        at = builder.add(f"stage{stage}/conv2", Conv2d(out, 3, padding=1), at)
        at = builder.add(f"stage{stage}/add", Add(), at, entry)
    graph = builder.graph("small")
    text = write(graph)

    assert text.count("(nn.Module):") == 2
    assert "self.stage2 = Stage(16, 32)" in text
    x = np.random.default_rng(0).standard_normal((1, 8, 16, 16), np.float32)
    [found] = Loaded(graph).run(seeded(graph), x)
    np.testing.assert_allclose(found.numpy(), run(graph, x, seeded(graph)), rtol=1e-4, atol=1e-5)
