"""A network run as the shares of several devices gives what the whole network gives, and sends what is printed."""

import numpy as np
import pytest

from archcalc.parallel.plan import Plan
from archcalc.parallel.sharding import sharded
from archcalc.profiling.engine import profile
from tests.parallel.networks import small
from tests.parallel.shares import Devices

_FORWARD = ("outputs, forward", "keys and values, forward")
_PLANS = [
    ("llama", {"tensor": 2}),
    ("llama", {"tensor": 2, "sequence": True}),
    ("llama", {"context": 2}),
    ("llama", {"context": 4, "tensor": 2, "sequence": True}),
    ("llama", {"pipeline": 2}),
    ("llama", {"pipeline": 2, "tensor": 2, "sequence": True, "stages": (1, 3)}),
    ("gpt", {"tensor": 4, "sequence": True}),
    ("gpt", {"tensor": 2, "context": 2}),
    ("gpt", {"pipeline": 4, "context": 2, "tensor": 2, "sequence": True}),
    ("gpt", {"tensor": 2, "split": (("*/mlp/*", "whole"),)}),
    ("written out", {"tensor": 2}),
    ("written out", {"tensor": 4, "sequence": True}),
    ("reshaped", {"tensor": 2, "split": (("*/dense", "column"), ("out", "row"))}),
    ("reshaped", {"tensor": 4, "sequence": True, "split": (("*/dense", "column"), ("out", "row"))}),
    ("latent", {"tensor": 2}),
    ("latent", {"tensor": 4, "sequence": True}),
]


@pytest.mark.parametrize(("name", "settings"), _PLANS, ids=str)
def test_shares_add_up_to_the_whole_network(name, settings):
    """The output, each device's weights, and what one device of each stage sends on the way forward, in fp32."""
    graph, batch = small(name), 2
    plan = Plan(recipe="fp32", microbatches=1, **settings)
    devices = Devices(graph, plan)
    rng = np.random.default_rng(1)
    shape = (batch, *graph.input)
    x = rng.integers(0, 40, shape) if len(graph.input) == 1 else rng.normal(size=shape).astype("float32")
    inputs = {"input": x}

    expected = devices.whole(inputs)
    made = devices.run(inputs)

    found = sharded(profile(graph, batch), plan)
    assert np.allclose(_together(devices, made), expected[graph.outputs[0]], atol=2e-3)
    for stage, device in enumerate(found.devices):
        places = [i for i, role in enumerate(devices.found.roles) if role.stage == stage and role.origin >= 0]
        arrays = {}
        for place in places:
            owner = devices.found.graph.nodes[place].share
            arrays |= {
                (owner if owner is not None else place, n): w for n, w in devices.own_weights(place, (0, 0)).items()
            }
        assert sum(array.nbytes for array in arrays.values()) == device.parts["weights"]
    printed = {}
    for one in found.sends:
        if one.what in _FORWARD:
            key = one.stage, one.collective, one.group
            printed[key] = printed.get(key, 0) + one.bytes
    assert devices.wire.bytes == printed
    assert printed != {}


def _together(devices, made):
    """The output of all devices put together: tokens of contexts and of places in the tensor group, or words of the latter."""
    graph, plan = devices.found.graph, devices.plan
    last, stage = graph.outputs[0], plan.pipeline - 1
    full = devices.graph.nodes[devices.graph.outputs[0]].shape
    rows = []
    for c in range(plan.context):
        parts = [made[last, stage, (c, t)] for t in range(plan.tensor)]
        assert all(part.shape[1:] == graph.nodes[last].shape for part in parts)
        if parts[0].shape[2] < full[1]:
            rows.append(np.concatenate(parts, 2))
        elif parts[0].shape[1] < full[0] // plan.context:
            rows.append(np.concatenate(parts, 1))
        else:
            for part in parts[1:]:
                assert np.allclose(part, parts[0], atol=1e-5)
            rows.append(parts[0])
    return np.concatenate(rows, 1)


def test_a_run_that_sends_other_arrays_is_seen():
    """With a partial sum left out the outputs differ: the comparison above can fail."""
    graph = small("llama")
    devices = Devices(graph, Plan(recipe="fp32", tensor=2))
    devices.exchange = lambda layer, stage, taken: taken
    x = {"input": np.random.default_rng(1).integers(0, 40, (2, 16))}

    assert not np.allclose(_together(devices, devices.run(x)), devices.whole(x)[-1], atol=1e-2)
