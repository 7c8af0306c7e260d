"""Experts on several devices: each device has tokens of its own, sends them to the experts of others and gets them back."""

import numpy as np
import pytest

from archcalc.errors import Source
from archcalc.language import parse
from archcalc.network.graph import weights_of
from archcalc.parallel.plan import Plan
from archcalc.parallel.sharding import sharded
from archcalc.profiling.engine import profile
from tests.parallel.shares import Devices

# With a capacity each expert has as many slots of each text, so that as many go to each device.
_SPEC = """
name: mixture
input: {tokens: 16, features: 12}
layers:
  - linear: 12
  - add:
      feed:
        - experts: {count: 4, chosen: 2, capacity: 1.5, expert: [linear: 20, gelu, linear: 12]}
      identity: []
"""


class Mixture(Devices):
    """Devices that share the experts, each with a text of its own."""

    def step(self, texts):
        nodes, devices = self.found.graph.nodes, range(self.plan.experts)
        made, sent = {}, 0
        for place, node in enumerate(nodes):
            taken = [[made[i, d] for i in node.inputs] for d in devices]
            if node.layer.kind == "all-to-all":
                outputs, more = self.swapped(
                    [xs[0] for xs in taken], back=nodes[node.inputs[0]].layer.kind != "dispatch"
                )
                sent += more
            elif node.layer.comes_from_outside:
                outputs = texts
            elif self.found.roles[place].origin < 0:
                outputs = [xs[0] for xs in taken]
            else:
                outputs = [
                    node.layer.forward(np, *xs, **self.of_device(place, d))
                    for d, xs in zip(devices, taken, strict=True)
                ]
            made |= {(place, d): y for d, y in enumerate(outputs)}
        return [made[self.found.graph.outputs[0], d] for d in devices], sent

    def of_device(self, place, device):
        """The weights of one device: of experts those of its number."""
        full, node = self.weights[self.found.roles[place].origin], self.found.graph.nodes[place]
        shapes = weights_of(node, self.found.graph.nodes)
        return {
            name: x[device * shapes[name][0] :][: shapes[name][0]] if node.layer.kind == "expertlinear" else x
            for name, x in full.items()
        }

    def swapped(self, arrays, *, back):
        """The slots of each expert from all devices on its own, or those of each device from all experts; and what the first sent."""
        count = len(arrays)
        if back:
            # own experts × (devices × slots)
            parts = [np.split(x.reshape(4 // count, -1, x.shape[2]), count, 1) for x in arrays]
        else:
            parts = [np.split(x.reshape(4, -1, x.shape[2]), count, 0) for x in arrays]
        sent = sum(part.nbytes for to, part in enumerate(parts[0]) if to)
        got = [np.concatenate([parts[i][to] for i in range(count)], 0 if back else 1) for to in range(count)]
        return [x.reshape(1, -1, x.shape[2]) for x in got], sent


@pytest.mark.parametrize("count", [2, 4])
def test_texts_come_back_from_the_experts_of_other_devices(count):
    """What each device puts out is what the whole network does with its text, and what is sent is what is printed."""
    graph = parse(Source("mixture.yaml", _SPEC))
    plan = Plan(recipe="fp32", data=count, experts=count, microbatches=1)
    devices = Mixture(graph, plan)
    texts = [x[None] for x in np.random.default_rng(2).normal(size=(count, 16, 12)).astype("float32")]

    outputs, sent = devices.step(texts)

    for text, y in zip(texts, outputs, strict=True):
        assert np.allclose(y, devices.whole({"input": text})[graph.outputs[0]], atol=1e-4)
    found = sharded(profile(graph), plan)
    assert sent == sum(
        one.bytes for one in found.sends if one.collective == "all-to-all" and one.what == "outputs, forward"
    )
    held = {
        (place, name): array.nbytes
        for place, role in enumerate(devices.found.roles)
        if role.origin >= 0
        for name, array in devices.of_device(place, 0).items()
    }
    assert sum(held.values()) == found.devices[0].parts["weights"]
    assert sent > 0
