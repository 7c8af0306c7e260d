"""Running networks in numpy: what is put out when, what is kept, how often is multiplied, and with which arrays."""

from __future__ import annotations

import gc
import re
import weakref

import numpy as np
import pytest
import torch
from hypothesis import given

import archcalc
from archcalc.errors import Source, SpecError
from archcalc.language import load, parse
from archcalc.layers.activation import ReLU
from archcalc.layers.linear import Embedding, Learned, Linear
from archcalc.layers.merge import Add, Concat
from archcalc.layers.norm import BatchNorm1d
from archcalc.layers.rearrange import Input
from archcalc.network.graph import Builder
from archcalc.reference import CountingNumpy, outputs, seeded
from tests.layers.torch_weights import put
from tests.reference.small_networks import RUNNABLE, small
from tests.reference.torch_networks import Network, networks
from tests.zoo import THOROUGH

torch.set_num_threads(1)


# As many networks as there are ideas in them; the rest is run by the thorough profile.
DEEP = ["densenet121", "googlenet-torchvision", "lenet5", "mobilenet_v2", "resnet152", "shufflenet_v2_x1_0", "vit_b_16"]


def image(shape, batch=1, dtype=np.float32):
    return np.random.default_rng(0).standard_normal((batch, *shape)).astype(dtype)


@given(networks())
def test_a_random_network_puts_out_what_torchs_does(graph):
    """Branches, residuals and shared weights: each node's output is torch's, given the same arrays."""
    arrays = seeded(graph, dtype=np.float64)
    x = image(graph.input, batch=2, dtype=np.float64)
    network = Network(graph).eval()
    for node in graph.nodes[1:]:
        if node.share is None:
            put(network.layers[node.name], node.layer, arrays[node.name])

    with np.errstate(all="ignore"):
        ours = [y for _, y in outputs(graph, x, arrays)]

    for y, torchs in zip(ours, network(torch.from_numpy(x)), strict=True):
        expected = torchs.detach().numpy()
        np.testing.assert_allclose(
            y, expected, rtol=1e-9, atol=1e-9 * np.abs(expected[np.isfinite(expected)]).max(initial=1)
        )


@pytest.mark.parametrize("name", RUNNABLE if THOROUGH else DEEP)
def test_a_bundled_network_is_what_its_rows_say(name):
    """Shapes, sizes of arrays and multiply-accumulates of a run are those of the profile, and values stay of order one."""
    graph = small(name)
    arrays = seeded(graph)
    xp = CountingNumpy()
    done = 0
    profile = archcalc.profile(graph)
    for row, (node, y) in zip(profile.rows, outputs(graph, image(graph.input), arrays, xp), strict=True):
        biases = [array.size for array_name, array in arrays[node.name].items() if "bias" in array_name]
        running = [array.size for array_name, array in arrays[node.name].items() if "running" in array_name]

        assert y.shape == (1, *row.output)
        assert y.dtype == np.float32
        assert sum(biases) == row.biases
        assert sum(running) == row.buffers
        assert sum(array.size for array in arrays[node.name].values()) == row.params + row.buffers
        assert xp.macs - done == row.work.macs
        assert row.kind == "softmax" or 0.02 < np.sqrt(np.mean(y**2)) < 50
        done = xp.macs


def test_an_array_is_let_go_after_its_last_use():
    """While a chain runs, at most the arrays that are still read and the one just made are alive."""
    builder = Builder()
    first = last = builder.add("input", Input((4,)))
    for number in range(6):
        last = builder.add(f"relu{number}", ReLU(), last)
    builder.add("sum", Add(), first, last)
    graph = builder.graph()
    made = []
    alive = []
    run = outputs(graph, image((4,)), seeded(graph))
    for _ in graph.nodes:
        made.append(weakref.ref(next(run)[1]))
        gc.collect()
        alive.append([i for i, array in enumerate(made) if array() is not None])

    assert alive == [[0], *([0, i] for i in range(1, 7)), [7]]


def test_a_learned_array_is_repeated_for_the_batch():
    """A class token joins each sample's tokens, and layers on learned arrays are run for each sample."""
    builder = Builder()
    tokens = builder.add("input", Input((3, 8)))
    token = builder.add("token", Learned((1, 8)))
    dense = builder.add("dense", Linear(out=8), token)
    builder.add("joined", Concat(), dense, tokens)
    graph = builder.graph()
    xp = CountingNumpy()
    *_, (_, y) = outputs(graph, image((3, 8), batch=5), seeded(graph), xp)

    assert y.shape == (5, 4, 8)
    assert xp.macs == 5 * 8 * 8


def test_tokens_are_looked_up():
    """An embedding takes whole numbers."""
    builder = Builder()
    builder.add("table", Embedding(vocabulary=10, out=4), builder.add("input", Input((3,))))
    graph = builder.graph()
    arrays = seeded(graph)
    *_, (_, y) = outputs(graph, np.array([[1, 9, 1]]), arrays)

    assert np.array_equal(y[0], arrays["table"]["weight"][[1, 9, 1]])


def test_a_node_that_shares_has_its_owners_arrays():
    """Only what both have: the weight here, and not the bias, which the owner lacks."""
    builder = Builder()
    x = builder.add("input", Input((6,)))
    x = builder.add("first", Linear(out=6, bias=False), x)
    builder.add("second", Linear(out=6), x, share=x)
    arrays = seeded(builder.graph())

    assert arrays["second"]["weight"] is arrays["first"]["weight"]
    assert arrays["second"].keys() == {"weight", "bias"}


def test_a_node_that_shares_has_its_owners_statistics():
    """Running statistics are stored once, like the weights beside them."""
    builder = Builder()
    x = builder.add("input", Input((6,)))
    x = builder.add("first", BatchNorm1d(), x)
    builder.add("second", BatchNorm1d(), x, share=x)
    arrays = seeded(builder.graph())

    assert all(arrays["second"][name] is array for name, array in arrays["first"].items())


def test_seeds_and_dtypes():
    """The same seed gives the same values in every dtype, another seed others."""
    graph = load("lenet5")
    single, double = seeded(graph, 1), seeded(graph, 1, np.float64)

    assert {array.dtype for node in double.values() for array in node.values()} == {np.dtype("float64")}
    assert {array.dtype for node in single.values() for array in node.values()} == {np.dtype("float32")}
    for name, node in single.items():
        for key, array in node.items():
            assert np.array_equal(array, double[name][key])
            assert not np.array_equal(array, seeded(graph, 2)[name][key])


def test_letters_cannot_be_run():
    """A size that is a letter has no array."""
    spec = "input: {channels: 3, height: H, width: W}\nlayers: [conv2d: {out: 4, kernel: 3}]\n"
    with pytest.raises(SpecError, match="input puts out 3×H×W") as caught:
        seeded(parse(Source("letters.yaml", spec)))

    assert caught.value.notes == ("a network runs only on numbers",)


@pytest.mark.parametrize(
    ("subscripts", "shapes", "macs"),
    [
        ("ij,jk->ik", [(2, 3), (3, 4)], 24),
        ("nci,oc->noi", [(2, 3, 5), (7, 3)], 210),
        ("i,j->ij", [(4,), (5,)], 20),
        ("i , i -> ", [(6,), (6,)], 6),
        ("ijk->k", [(2, 3, 4)], 24),
    ],
)
def test_a_contraction_multiplies_once_for_each_combination_of_its_indices(subscripts, shapes, macs):
    xp = CountingNumpy()
    arrays = [np.ones(shape) for shape in shapes]

    assert np.array_equal(xp.einsum(subscripts, *arrays), np.einsum(subscripts, *arrays))
    assert xp.macs == macs


@pytest.mark.parametrize(
    ("subscripts", "shapes", "message"),
    [
        ("ij,jk", [(2, 3), (3, 4)], "'ij,jk' does not name every index and its output"),
        ("...j,jk->...k", [(2, 3), (3, 4)], "'...j,jk->...k' does not name every index and its output"),
        ("ij,jk->ik", [(2, 1), (3, 4)], "'ij,jk->ik' gives j the sizes 1 and 3"),
    ],
)
def test_a_contraction_that_cannot_be_counted_as_written_is_refused(subscripts, shapes, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        CountingNumpy().einsum(subscripts, *map(np.ones, shapes))


def test_products_other_than_einsum_are_refused():
    """Nothing is multiplied and accumulated behind the counter's back."""
    with pytest.raises(AttributeError, match="matmul would go uncounted; write the product as an einsum"):
        CountingNumpy().matmul(np.ones((2, 3)), np.ones((3, 4)))
