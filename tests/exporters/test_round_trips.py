"""Random layers and networks written in each form that a reader knows, and read back: the same params, MACs and shapes."""

from __future__ import annotations

import pytest
import torch
from hypothesis import HealthCheck, assume, given, note, reject, settings
from hypothesis import strategies as st
from torch import nn

import archcalc
from archcalc.errors import Source, SpecError
from archcalc.exporters.onnx.writer import write as onnx
from archcalc.exporters.prototxt.layers import MAKERS
from archcalc.importers import parse
from archcalc.network.graph import Graph
from archcalc.testing import specs
from tests.exporters.graphs import of_one
from tests.exporters.round_trips import FORMATS, KINDS, apart, different
from tests.layers.strategies import cases
from tests.reference.torch_networks import networks

# Kinds that a form has nothing for, and why.
_MOVED = "its windows or places have no operator there"
_CHOSEN = "what it chooses or routes has no operator there"
WITHOUT = {
    "onnx": {
        **dict.fromkeys(("anchors", "nms", "combine", "dispatch", "expertlinear", "topk"), _CHOSEN),
        **dict.fromkeys(("deformconv2d", "roialign", "fold", "unfold"), _MOVED),
        **dict.fromkeys(
            ("latentattention", "linearattention", "poolingattention", "scan", "squash", "ssd", "wkv"),
            "it is not written out in arithmetic",
        ),
        "constant": "its values are in no spec",
    },
    "torch": {
        **dict.fromkeys(("anchors", "nms"), _CHOSEN),
        **dict.fromkeys(
            ("blurpool1d", "blurpool2d", "blurpool3d", "deformconv2d", "roialign", "fold", "unfold"), _MOVED
        ),
        **dict.fromkeys(
            ("cummean", "linearattention", "poolingattention", "squash"), "torch has no function of this sort"
        ),
        "constant": "its values are in no spec",
    },
    "prototxt": {},
    "flat": {"constant": "it is a network without inputs"},
}
# The examples of each kind, and of networks, in CI; `thorough` has twenty times as many.
EXAMPLES = {"onnx": 5, "prototxt": 5, "flat": 4, "torch": 1}
_MOST = max(1, settings().max_examples // 40)


def written(form: str, graph: Graph):
    """What reads a network back, or None where the form cannot hold it, or is not read back as it was."""
    if apart(form, graph):
        return None
    try:
        return FORMATS[form](graph)
    except SpecError:
        return None


def try_kind(form: str, kind: str) -> None:
    """Layers of a kind, each of which must come back, or must be refused where the form has nothing for the kind."""

    @settings(max_examples=_MOST * EXAMPLES[form], suppress_health_check=[*HealthCheck])
    @given(cases(kind, flaws=False))
    def comes_back(case):
        try:
            graph = of_one(*case)
        except SpecError:
            # It does not fit its inputs.
            reject()
        read = written(form, graph)
        if kind in WITHOUT[form]:
            assert read is None, f"{kind} has a form now"
            return
        # A kind of which none is written fails the test.
        assume(read is not None)
        note(str(graph.nodes))
        assert different(form, graph, read()) == []

    comes_back()


@pytest.mark.parametrize("form", FORMATS)
def test_each_kind_comes_back_or_is_refused(form):
    """Of every kind that a form has there are examples that come back, and those that it has not are refused."""
    # Caffe has few kinds, and its writer a maker for each of them.
    for kind in sorted(MAKERS) if form == "prototxt" else KINDS:
        try_kind(form, kind)


@pytest.mark.parametrize("form", FORMATS)
def test_random_networks_come_back(form):
    """Branches, several inputs and outputs, shared weights, and the specs that others are given to test with."""

    @settings(max_examples=_MOST * (4 if form == "torch" else 12), suppress_health_check=[*HealthCheck])
    @given(st.one_of(specs().map(lambda text: parse(Source("drawn.yaml", text))), networks(), networks(starts=2)))
    def comes_back(graph):
        read = written(form, graph)
        assume(read is not None)
        note(str(graph.nodes))
        assert different(form, graph, read()) == []

    comes_back()


@pytest.mark.parametrize(
    ("module", "shape"),
    [
        (nn.TransformerEncoderLayer(8, 2, 16, batch_first=True), (5, 8)),
        (nn.LSTM(8, 4, 2, bidirectional=True, batch_first=True), (5, 8)),
        (nn.Conv1d(8, 4, 3), (8, 5)),
        (nn.LayerNorm(8), (5, 6, 7, 2, 8)),
    ],
    ids=["attention", "states", "signal", "many axes"],
)
def test_what_names_no_axis_is_written_as_its_layers_take_it(module, shape):
    """A module's input has axes without names, and a spec none such."""
    graph = archcalc.from_torch(module.eval(), torch.zeros(1, *shape))

    assert different("flat", graph, FORMATS["flat"](graph)()) == []


# Of these the totals are published or counted by hand elsewhere in these tests.
@pytest.mark.parametrize("name", ["lenet5", "clip_vit_b_32", "swin_t", "t5_small", "vit_b_16"])
def test_bundled_networks_come_back_through_onnx(name):
    """A table of connections, a trained temperature, biases by distance, and positions that are added."""
    graph = archcalc.load(name)

    assert different("onnx", graph, parse(Source("back.onnx", onnx(graph, None)))) == []
