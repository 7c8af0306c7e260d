"""Each kind of layer as PyTorch code: what it computes is what the layer's definition does."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, assume, given, note, reject, settings
from hypothesis import strategies as st

from archcalc.errors import SpecError
from archcalc.exporters.torch.layer import known
from archcalc.exporters.torch.writer import write
from archcalc.layers import Layer
from archcalc.layers.rearrange import Input
from archcalc.network.graph import Builder, Graph
from archcalc.reference.random_arrays import seeded
from archcalc.reference.run import run
from tests.exporters.graphs import drawn, of_one
from tests.exporters.torch_code import Loaded, own_arrays
from tests.layers.strategies import cases
from tests.reference.torch_networks import networks

# Kinds without code, and why.
WITHOUT = {
    **dict.fromkeys(("anchors", "nms", "deformconv2d", "roialign"), "torch has them in torchvision alone"),
    **dict.fromkeys(("blurpool1d", "blurpool2d", "blurpool3d", "fold", "unfold"), "torch has no like of these windows"),
    **dict.fromkeys(("cummean", "linearattention", "poolingattention", "squash"), "torch has no function of this sort"),
    "constant": "its values are in no spec",
    "input": "it is the argument of forward",
    "unknown": "nobody says what it computes",
}


def test_every_kind_has_code_or_a_reason():
    """No kind is both, and none is neither."""
    assert known().keys() | WITHOUT.keys() == set(Layer.kinds)
    assert not known().keys() & WITHOUT.keys()


def close(graph: Graph, batch: int = 2) -> None:
    """The outputs of the code and of the definition are equal, for the same arrays and inputs."""
    loaded = Loaded(graph)
    arrays = seeded(graph, dtype=np.float64)
    given = drawn(graph, batch, np.float64)
    # A root of a number below 0 is no number to either.
    with np.errstate(invalid="ignore"):
        ours = run(
            graph, given if len(given) > 1 else next(iter(given.values()), np.zeros(batch)), arrays, dtype=np.float64
        )
    theirs = loaded.run(arrays, *given.values())
    for one, other in zip(ours.values() if isinstance(ours, dict) else [ours], theirs, strict=True):
        np.testing.assert_allclose(other.double().numpy(), one, rtol=1e-6, atol=1e-8)


@settings(deadline=None)
@given(st.sampled_from(sorted({*known()} - {"learned"})).flatmap(lambda kind: cases(kind, flaws=False)))
def test_a_layer_computes_what_its_definition_does(case):
    """For settings of all sorts, along the axes that they name."""
    layer, shapes = case
    try:
        graph = of_one(layer, shapes)
    except SpecError:
        # It does not fit its inputs.
        reject()
    try:
        note(write(graph))
    except SpecError as error:
        assume("for which there is no code" not in str(error))
        raise
    close(graph)


# Most have a layer or a setting that no code is written for.
@settings(suppress_health_check=[HealthCheck.filter_too_much, *settings().suppress_health_check])
@given(networks() | networks(starts=2))
def test_a_random_network_has_the_same_arrays_and_shapes(graph):
    """Branches, joins and shared weights, layer by layer."""
    try:
        loaded = Loaded(graph, "meta")
    except SpecError:
        reject()
    note(loaded.text)
    wanted = own_arrays(graph)
    with torch.device("meta"):
        found = loaded.outputs(*(torch.zeros((2, *x)) for x in graph.input_shapes.values()))

    assert {name: loaded.shapes(name, arrays) for name, arrays in wanted.items()} == wanted
    assert [tuple(one.shape[1:]) for one in found] == [tuple(graph.nodes[i].shape) for i in graph.outputs]


def test_a_kind_without_code_is_named():
    """With the layer that it is."""
    builder = Builder()
    builder.add("image", Input((3, 8, 8)))
    builder.add("blur", Layer.kinds["blurpool2d"](), 0)

    with pytest.raises(SpecError, match="'blur' is a blurpool2d, for which there is no code"):
        write(builder.graph())
