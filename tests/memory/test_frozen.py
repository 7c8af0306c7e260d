"""Networks some of whose layers are frozen: what training keeps, gradients, state and peaks, against torch."""

from __future__ import annotations

import msgspec
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from torch import nn

from archcalc.errors import Source
from archcalc.language import load, parse
from archcalc.memory_plan.optimizers import OPTIMIZERS
from archcalc.memory_plan.plan import training
from archcalc.memory_plan.saved_tensors import kept_bytes, saved_tensors
from archcalc.memory_plan.training import timeline
from archcalc.network.graph import Graph
from archcalc.profiling.engine import profile
from tests.layers.torch_saved import Saved
from tests.memory.torch_alive import BATCH, LOSS, most_alive
from tests.memory.torch_chain import chain

pytestmark = pytest.mark.usefixtures("fused_dropout")

CHAINS = {name: load(name) for name in ("alexnet-224", "vgg11")}


def frozen_alike(graph: Graph, layers: set[int]) -> tuple[Graph, nn.Sequential]:
    """A chain with the layers at these positions frozen, here and in torch."""
    model = chain(graph).train()
    for position in layers:
        for parameter in model[position - 1].parameters():
            parameter.requires_grad_(requires_grad=False)
    return msgspec.structs.replace(graph, frozen=tuple(graph.nodes[i].name for i in sorted(layers))), model


def weighted(graph: Graph) -> list[int]:
    return [i for i, row in enumerate(profile(graph).rows) if row.params]


@pytest.mark.parametrize("name", CHAINS)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_chain_with_frozen_layers_keeps_what_torchs_keeps(name: str, data: st.DataObject) -> None:
    """Any layers frozen but one: a dense layer in the middle keeps nothing, and what is below the first trained nothing either."""
    layers = weighted(CHAINS[name])
    frozen = data.draw(st.sets(st.sampled_from(layers), max_size=len(layers) - 1))
    graph, model = frozen_alike(CHAINS[name], frozen)
    found = Saved(model)
    with found:
        model(torch.empty(BATCH, *graph.input, device="meta"))

    assert kept_bytes(graph, saved_tensors(graph), BATCH) == found.nbytes


@pytest.mark.parametrize("name", CHAINS)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_the_peak_with_frozen_layers_is_torchs(name: str, data: st.DataObject) -> None:
    """Activations, what is kept, and the gradients that there are.

    The first layer is trained: below the first that is, torch holds what it was called with and positions of maxima.
    """
    frozen = data.draw(st.sets(st.sampled_from(weighted(CHAINS[name])[1:])))
    graph, model = frozen_alike(CHAINS[name], frozen)

    assert timeline(graph, saved_tensors(graph)).peak(BATCH)[0] == most_alive(model, graph.input) - LOSS


@pytest.mark.parametrize("rule", OPTIMIZERS)
def test_frozen_weights_have_neither_gradient_nor_state(rule: str) -> None:
    """Of AlexNet's last layer alone: its gradient, and the state that torch keeps for its two arrays; weights are all there."""
    graph = msgspec.structs.replace(load("alexnet-torchvision"), frozen=("*", "not fc8"))
    plan = training(profile(graph), rule=rule, step="single")
    alone = training(profile(load("alexnet-torchvision")), rule=rule, step="single")
    gradients = {one.node: one.size for one in plan.timeline.buffers if one.what == "weight gradient"}
    (last,) = gradients

    assert graph.nodes[last].name == "fc8"
    assert gradients[last].bytes(1) == 4 * (4096 * 1000 + 1000)
    assert [row.state for row in plan.rows if row.state.fixed] == [alone.rows[last].state] * (rule != "sgd")
    assert plan.resident["weights"].bytes(1) == 4 * 61_100_840


def test_a_frozen_network_trains_nothing() -> None:
    """No gradient flows at all: nothing is kept, and no weight has a gradient."""
    graph = msgspec.structs.replace(load("lenet5"), frozen=("*",))

    assert kept_bytes(graph, saved_tensors(graph), BATCH) == 0
    assert profile(graph).totals.params == 60_840
    assert {one.what for one in training(profile(graph)).timeline.buffers} == {"activation"}


def test_shared_weights_are_frozen_by_the_name_of_their_owner() -> None:
    """The second use has no weights of its own to train, whatever its own name is."""
    text = "input: {features: 8}\nlayers: [linear: {name: a, out: 8}, linear: {name: b, out: 8, share: a}]\nfrozen: [PATTERN]"
    by_owner = parse(Source("x.yaml", text.replace("PATTERN", "a")))

    assert kept_bytes(by_owner, saved_tensors(by_owner), BATCH) == 0
