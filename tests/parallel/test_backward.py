"""Gradients of shares put together are those of the whole network, and what is sent on the way back is what is printed."""

import numpy as np
import pytest

from archcalc.parallel.holding import pieces, rules_of
from archcalc.parallel.plan import Plan
from archcalc.parallel.sharding import sharded
from archcalc.profiling.engine import profile
from tests.parallel.backward import Trained
from tests.parallel.networks import small

_PLANS = [
    ("llama", {"tensor": 2}),
    ("llama", {"context": 2, "tensor": 2, "sequence": True}),
    ("gpt", {"tensor": 4, "sequence": True}),
    ("gpt", {"tensor": 2, "context": 4}),
    ("gpt", {"tensor": 2, "sequence": True, "split": (("*/mlp/*", "whole"),)}),
]


@pytest.mark.parametrize(("name", "settings"), _PLANS, ids=str)
def test_gradients_of_shares_are_those_of_the_whole_network(name, settings):
    """Of each array: its own part, summed over the context, and over the tensor group where that is said."""
    graph, batch = small(name, depth=2), 2
    plan = Plan(recipe="fp32", microbatches=1, **settings)
    rng = np.random.default_rng(1)
    inputs = {"input": rng.integers(0, 40, (batch, 16))}
    wanted = rng.normal(size=(batch, *graph.nodes[graph.outputs[0]].shape))
    whole, shares = Trained(graph, Plan()), Trained(graph, plan)

    whole.step(inputs, wanted)
    shares.step(inputs, wanted)

    nodes, found = shares.found.graph.nodes, shares.found
    for place, each in enumerate(pieces(graph, found, plan, rules_of(plan))):
        for piece in each:
            full = whole.own[found.roles[place].origin, (0, 0)][piece.name].grad.numpy()
            for t in range(plan.tensor):
                ranks = [(c, u) for c in range(plan.context) for u in (range(plan.tensor) if piece.summed else [t])]
                own = sum(shares.own[place, rank][piece.name].grad.numpy() for rank in ranks)
                part = tuple(
                    slice(t * n, (t + 1) * n) if n < m else slice(None)
                    for n, m in zip(own.shape, full.shape, strict=True)
                )
                assert np.allclose(own, full[part], 1e-6, 1e-9), (nodes[place].name, piece.name)
    printed = {}
    for one in sharded(profile(graph, batch), plan).sends:
        if one.what == "gradients of outputs":
            key = one.stage, one.collective, one.group
            printed[key] = printed.get(key, 0) + one.bytes
    # Here values have 8 bytes, there 4.
    assert {key: n // 2 for key, n in shares.way_back.bytes.items()} == printed


def test_the_twins_are_the_layers():
    """The network of the torch functions puts out what the kinds of layer do."""
    for name in ("llama", "gpt"):
        graph = small(name, depth=1)
        one = Trained(graph, Plan())
        inputs = {"input": np.random.default_rng(1).integers(0, 40, (2, 16))}
        outputs = one.step(inputs, np.ones((2, *graph.nodes[graph.outputs[0]].shape)))

        assert np.allclose(outputs[0, 0], one.whole(inputs)[graph.outputs[0]], atol=2e-3)
