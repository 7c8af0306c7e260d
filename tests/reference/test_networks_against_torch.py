"""Random networks with branches, residuals and shared weights, held against torch."""

from __future__ import annotations

import torch
from hypothesis import assume, given, settings
from torch.utils.flop_counter import FlopCounterMode

import archcalc
from archcalc.errors import Source
from archcalc.language import parse
from archcalc.language.flatten import flat
from tests.reference.torch_networks import Network, networks

BATCH = 2
# A factor of the profile's examples.
NETWORKS = 6


@settings(max_examples=NETWORKS * settings().max_examples)
@given(networks() | networks(starts=2))
def test_a_random_network_is_what_torch_says_it_is(graph):
    """Every output's shape, the params with shared ones once, and the MACs of every use are torch's."""
    profile = archcalc.profile(graph, batch=BATCH)
    with torch.device("meta"), torch.no_grad(), FlopCounterMode(display=False) as counter:
        network = Network(graph).eval()
        outputs = network(*(torch.zeros((BATCH, *x)) for x in graph.input_shapes.values()))

    assert [tuple(output.shape[1:]) for output in outputs] == [row.output for row in profile.rows]
    assert sum(p.numel() for p in network.parameters()) == profile.totals.params
    assert sum(b.numel() for b in network.buffers() if b.dim()) == profile.totals.buffers
    assert counter.get_total_flops() == 2 * profile.totals.macs


@settings(max_examples=2 * settings().max_examples)
@given(networks() | networks(starts=2))
def test_a_random_network_written_as_a_spec_loads_to_itself(graph):
    """The flat spec of any graph says all there is to say of it, once its input's axes have names."""
    assume(any(graph.input.axes))
    again = parse(Source("flat.yaml", flat(graph)))

    assert [(name, x, x.axes) for name, x in again.input_shapes.items()] == [
        (name, x, x.axes) for name, x in graph.input_shapes.items()
    ]
    assert again.outputs == graph.outputs
    assert [(n.name, n.layer, n.inputs, n.share, n.shape.axes) for n in again.nodes[1:]] == [
        (n.name, n.layer, n.inputs, n.share, n.shape.axes) for n in graph.nodes[1:]
    ]
