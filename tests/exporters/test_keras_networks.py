"""Bundled networks as code of Keras: the same params, shapes and outputs, and the same again from the file of the model."""

from __future__ import annotations

import numpy as np
import pytest

from archcalc.errors import SpecError
from archcalc.exporters.keras.writer import write, written
from archcalc.importers import load
from archcalc.layers.activation import ReLU
from archcalc.layers.conv import Conv2d
from archcalc.layers.pool import MaxPool2d
from archcalc.layers.rearrange import Flatten, Input
from archcalc.network.graph import Builder
from archcalc.reference.random_arrays import seeded
from archcalc.reference.run import run
from archcalc.symbols.dims import size
from tests.exporters.keras_code import Loaded, close
from tests.exporters.torch_code import own_arrays
from tests.reference.small_networks import THOROUGH

# With inputs as small as they take: windows padded in all ways, branches, groups, shared weights, and slices.
NETWORKS = [("lenet5", None), ("shufflenet_v2_x1_0", (3, 32, 32)), ("yolov8n", (3, 64, 64))]
MORE = [
    ("squeezenet1_1", (3, 64, 64)),
    ("resnet50", (3, 32, 32)),
    ("densenet121", (3, 32, 32)),
    ("inception_v3", None),
    ("convnext_tiny", (3, 64, 64)),
    ("efficientnet_b0", (3, 64, 64)),
    ("hrnet_w18", (3, 64, 64)),
    ("googlenet", None),
    ("vit_b_16", None),
    ("mixer_b_16", None),
    ("siamese", None),
    ("unet", (1, 188, 188)),
]


@pytest.mark.parametrize(("name", "shape"), NETWORKS + MORE * THOROUGH)
def test_a_bundled_network_has_the_same_params_shapes_and_outputs(name, shape):
    graph = load(name, input_shape=shape)
    loaded, arrays = Loaded(graph), seeded(graph)
    random = np.random.default_rng(0)
    given = {name: random.standard_normal((2, *x), np.float32) for name, x in graph.input_shapes.items()}
    [ours] = [run(graph, given if len(given) > 1 else next(iter(given.values())), arrays)]
    [theirs] = loaded.run(arrays, *given.values())

    assert loaded.params() == params(graph)
    assert all(theirs == ours for theirs, ours in loaded.shapes().values())
    assert np.abs(theirs - ours).max() < 1e-4 * np.abs(ours).max()


def params(graph):
    return sum(size(shape) for arrays in own_arrays(graph).values() for shape in arrays.values())


@pytest.mark.parametrize(("name", "shape"), [("mobilenet_v3_large", (3, 64, 64)), ("unet", (1, 188, 188))])
def test_the_file_of_the_model_reads_as_the_network(tmp_path, name, shape):
    """Its JSON has the params and MACs, and the layers of the same names their shapes."""
    graph = load(name, input_shape=shape)
    loaded = Loaded(graph)
    path = tmp_path / "model.json"
    path.write_text(loaded.network.to_json())
    back = load(str(path))

    assert params(back) == params(graph)
    assert macs(back) == macs(graph)
    found = {node.name: node.shape for node in back.nodes}
    wanted = {loaded.names[node.name]: node.shape for node in graph.nodes if node.name in loaded.names}
    assert {name: found[name] for name in wanted if not name.endswith("upconv")} == {
        name: shape for name, shape in wanted.items() if not name.endswith("upconv")
    }


def macs(graph):
    return sum(node.layer.work(node.shape, *(graph.nodes[i].shape for i in node.inputs)).macs for node in graph.nodes)


def test_blocks_are_functions_with_what_differs_as_parameters():
    """A bottleneck with a projection and those after it, which repeat, with the names of their layers."""
    text = write(load("resnet50"))

    assert "def bottleneck(x, filters, strides, name):" in text
    assert '    x = bottleneck(x, 64, strides=1, name="conv2_1")\n    for i in range(2, 4):\n' in text
    assert '        x = bottleneck_2(x, 64, name=f"conv2_{i}")' in text
    assert 'x = layers.Dense(1000, name="fc")(x)' in text


def test_names_are_those_of_the_spec():
    """With lines in place of what Keras takes in no name; what a call is told by may stand within them."""
    text, names, _ = written(load("vgg16"))

    assert names == {name: name for name in names}
    assert {"conv3_3", "relu5_1", "pool5", "fc7"} <= names.keys()
    assert 'conv3(x, filters, name=f"{name}_{i}")' in text


def of(*layers, shape=(3, 9, 9)):
    builder = Builder()
    at = builder.add("image", Input(shape))
    for name, layer in layers:
        at = builder.add(name, layer, at)
    return builder.graph("small")


def test_padding_that_keras_splits_otherwise_is_a_layer():
    """Of an even size and a stride of 2 `same` pads the end alone; of a stride of 1 it pads alike."""
    before = of(("conv", Conv2d(4, 3, stride=2, padding=1)), shape=(3, 8, 8))
    alike = of(("conv", Conv2d(4, 3, stride=2, padding=1)))

    assert 'layers.ZeroPadding2D(1, name="conv_pad")' in write(before)
    assert 'padding="same"' in write(alike)
    close(before)
    close(alike)


def test_values_below_zero_are_padded_by_none_larger():
    """Max pooling of what may be below 0; after a ReLU zeros do."""
    pool = ("pool", MaxPool2d(3, stride=2, padding=1))

    assert 'constant_values=float("-inf")' in write(of(pool, shape=(3, 8, 8)))
    assert "ZeroPadding2D" in write(of(("relu", ReLU()), pool, shape=(3, 8, 8)))
    close(of(pool, shape=(3, 8, 8)))
    close(of(("relu", ReLU()), pool, shape=(3, 8, 8)))


def test_values_are_flattened_in_our_order():
    """So that the weights behind them are those of the network."""
    graph = of(("conv", Conv2d(4, 3)), ("flatten", Flatten()))

    assert 'layers.Flatten(name="flatten")(layers.Permute((3, 1, 2), name="flatten_permute")(x))' in write(graph)
    close(graph)


def test_a_setting_that_keras_has_not_is_named():
    """With the kind of layer, and what writes it."""
    graph = of(("conv", Conv2d(4, 3, stride=2, dilation=2)))

    with pytest.raises(SpecError, match="'conv' is a conv2d with a stride and dilated, for which there is no code"):
        write(graph)
