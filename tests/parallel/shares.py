"""The devices of a plan as lists of arrays: each runs its own part of a network, and what they send is counted.

Nothing here knows how many bytes are printed: arrays are passed on round a ring one by one, and each pass is added up.
"""

from __future__ import annotations

from itertools import product

import numpy as np

from archcalc.network.graph import weights_of
from archcalc.parallel.plan import Plan
from archcalc.parallel.spreading import spread
from archcalc.parallel.stages import stages_of


class Wire:
    """What one device of each stage has sent, by collective and group."""

    def __init__(self):
        self.bytes = {}

    def pass_on(self, stage, collective, group, array):
        key = stage, collective, group
        self.bytes[key] = self.bytes.get(key, 0) + array.nbytes


def ring_gather(wire, key, parts, axis):
    """The parts of all devices side by side on each: every round a device passes on what it got last."""
    count = len(parts)
    held = [{i: part} for i, part in enumerate(parts)]
    for step in range(count - 1):
        for i in range(count):
            which = (i - step) % count
            if i == 0:
                wire.pass_on(*key, held[i][which])
            held[(i + 1) % count][which] = held[i][which]
    return [np.concatenate([one[i] for i in range(count)], axis) for one in held]


def ring_scatter(wire, key, arrays, axis):
    """The sum of the arrays of all devices, of which each ends with its own part: partial sums go round."""
    count = len(arrays)
    parts = [np.split(x, count, axis) for x in arrays]
    for step in range(count - 1):
        moving = [parts[i][(i - 1 - step) % count] for i in range(count)]
        wire.pass_on(*key, moving[0])
        for i in range(count):
            to = (i + 1) % count
            parts[to][(i - 1 - step) % count] = parts[to][(i - 1 - step) % count] + moving[i]
    return [parts[i][i] for i in range(count)]


def ring_reduce(wire, key, arrays):
    """The sum on all devices: scattered, then gathered, of the values in one line."""
    shape = arrays[0].shape
    lines = [x.reshape(-1) for x in arrays]
    done = ring_gather(wire, key, ring_scatter(wire, key, lines, 0), 0)
    return [x.reshape(shape) for x in done]


class Devices:
    """The devices of one pipeline: `context`·`tensor` for each stage."""

    def __init__(self, graph, plan: Plan, seed=0):
        self.graph, self.plan = graph, plan
        self.found = spread(graph, plan, stages_of(graph, plan))
        rng = np.random.default_rng(seed)
        self.weights = []
        for node in graph.nodes:
            own = {} if node.share is None else self.weights[node.share]
            made = {
                name: own[name] if name in own else rng.normal(0, 0.3, shape).astype("float32")
                for name, shape in weights_of(node, graph.nodes).items()
            }
            self.weights.append(made)
        self.ranks = list(product(range(plan.context), range(plan.tensor)))
        self.wire = Wire()

    def whole(self, inputs):
        """The outputs of the whole network on one device."""
        arrays = []
        for place, node in enumerate(self.graph.nodes):
            taken = [inputs[node.name]] if node.layer.comes_from_outside else [arrays[i] for i in node.inputs]
            y = node.layer.forward(np, *taken, **self.weights[place])
            arrays.append(np.broadcast_to(y, (len(next(iter(inputs.values()))), *y.shape[1:])))
        return arrays

    def own_weights(self, place, rank):
        """The parts of a layer's weights that one device has: along each axis that is shorter, the part of its number."""
        node, role = self.found.graph.nodes[place], self.found.roles[place]
        full = self.weights[role.origin]
        parts = {}
        for name, shape in weights_of(node, self.found.graph.nodes).items():
            index = [
                slice(rank[1] * n, (rank[1] + 1) * n) if n < m else slice(None)
                for n, m in zip(shape, full[name].shape, strict=True)
            ]
            parts[name] = full[name][tuple(index)]
        return parts

    def run(self, inputs):
        """The outputs of each device of each layer of its network, by rank."""
        nodes = self.found.graph.nodes
        made = {}
        for place, node in enumerate(nodes):
            stage = self.found.roles[place].stage
            taken = {rank: [self.received(made, i, stage, rank) for i in node.inputs] for rank in self.ranks}
            if self.found.roles[place].origin < 0:
                outputs = self.exchange(node.layer, stage, {rank: xs[0] for rank, xs in taken.items()})
            else:
                outputs = self.layer(place, node, stage, taken, inputs)
            for rank, y in outputs.items():
                made[place, stage, rank] = y
        return made

    def received(self, made, place, stage, rank):
        """An array of an earlier stage, passed on from stage to stage until it is here."""
        if (place, stage, rank) not in made:
            array = self.received(made, place, stage - 1, rank)
            if rank == (0, 0) and not self.found.graph.nodes[place].layer.comes_from_outside:
                self.wire.pass_on(stage - 1, "point to point", "pipeline", array)
            made[place, stage, rank] = array
        return made[place, stage, rank]

    def exchange(self, layer, stage, taken):
        result = {}
        at = 1 if layer.group == "tensor" else 0
        for other in range(self.plan.tensor if at == 0 else self.plan.context):
            group = [rank for rank in self.ranks if rank[1 - at] == other]
            arrays = [taken[rank] for rank in group]
            wire = self.wire if other == 0 else Wire()
            key = stage, layer.kind, layer.group
            if layer.kind == "all-gather":
                outputs = ring_gather(wire, key, arrays, layer.axis + 1)
            elif layer.kind == "told":
                outputs = ring_gather(Wire(), key, arrays, layer.axis + 1)
            elif layer.kind == "all-reduce":
                outputs = ring_reduce(wire, key, arrays)
            elif layer.kind == "reduce-scatter":
                outputs = ring_scatter(wire, key, arrays, layer.axis + 1)
            elif layer.kind == "part":
                outputs = [np.split(x, len(group), layer.axis + 1)[i] for i, x in enumerate(arrays)]
            else:
                assert layer.kind == "enter"
                outputs = arrays
            result |= dict(zip(group, outputs, strict=True))
        return result

    def layer(self, place, node, stage, taken, inputs):
        layer, role = node.layer, self.found.roles[place]
        parts = {rank: self.own_weights(place, rank) for rank in self.ranks}
        for rank in self.ranks:
            # What is added to a sum is added by one device.
            for name in ("out_bias",) if layer.kind == "attention" else ("bias",) if role.way == "row" else ():
                if name in parts[rank] and rank[1]:
                    parts[rank][name] = np.zeros_like(parts[rank][name])
        if layer.comes_from_outside:
            x = inputs[node.name]
            cuts = (self.plan.context, node.shape[0] < x.shape[1] // self.plan.context)
            return {rank: self.given(x, rank, node.shape[0], cuts) for rank in self.ranks}
        if layer.kind == "attention" and self.plan.context > 1:
            return self.rings(layer, stage, taken, parts)
        outputs = {}
        for rank in self.ranks:
            xs = taken[rank]
            if layer.kind == "embedding" and role.divided:
                first = rank[1] * layer.vocabulary
                here = (xs[0] >= first) & (xs[0] < first + layer.vocabulary)
                y = parts[rank]["weight"][np.where(here, xs[0] - first, 0)] * here[..., None]
            else:
                y = layer.forward(np, *xs, **parts[rank])
            batch = len(next(iter(inputs.values())))
            outputs[rank] = np.broadcast_to(y, (batch, *y.shape[1:])).astype("float32")
        return outputs

    def given(self, x, rank, tokens, cuts):
        """The tokens of a device's own context, and of values those of its own place in the tensor group."""
        _, split = cuts
        own = np.split(x, self.plan.context, 1)[rank[0]]
        own = np.split(own, self.plan.tensor, 1)[rank[1]] if split else own
        assert own.shape[1] == tokens
        return own

    def rings(self, layer, stage, taken, parts):
        """Attention whose keys and values go round the devices of a context, with sums that are rescaled as they grow."""
        outputs = {}
        for t in range(self.plan.tensor):
            group = [(c, t) for c in range(self.plan.context)]
            heads = {rank: self.projected(layer, taken[rank], parts[rank]) for rank in group}
            blocks = [heads[rank][1:] for rank in group]
            sums = dict.fromkeys(group)
            for step in range(self.plan.context):
                for c, rank in enumerate(group):
                    source = (c - step) % self.plan.context
                    sums[rank] = seen(layer, sums[rank], (heads[rank][0], *blocks[c]), (c, source))
                if step < self.plan.context - 1:
                    if t == 0:
                        for array in blocks[0]:
                            self.wire.pass_on(stage, "point to point", "context", array)
                    blocks = [blocks[(c - 1) % self.plan.context] for c in range(self.plan.context)]
            for rank in group:
                _, total, mixed = sums[rank]
                y = (mixed / total[..., None]).transpose(0, 3, 1, 2, 4)
                y = y.reshape(*y.shape[:2], -1)
                outputs[rank] = (y @ parts[rank]["out"].T + parts[rank].get("out_bias", 0.0)).astype("float32")
        return outputs

    @staticmethod
    def projected(layer, xs, weights):
        q, k, v = (xs[min(i, len(xs) - 1)] for i in range(3))
        kv_heads, key, value = layer.widths(q.shape[1:])

        def made(name, x, count, width):
            return (x @ weights[name].T + weights.get(f"{name}_bias", 0.0)).reshape(*x.shape[:2], count, width)

        queries = made("query", q, layer.heads, key)
        queries = queries.reshape(*queries.shape[:2], kv_heads, -1, key)
        return queries, made("key", k, kv_heads, key), made("value", v, kv_heads, value)


def seen(layer, before, arrays, numbers):
    """The largest score, the sum of exponentials and the mixed values after one more block of keys and values.

    `numbers` are those of the blocks of the queries and of the keys.
    """
    (queries, keys, values), (mine, theirs) = arrays, numbers
    scores = np.einsum("nqhgd,nkhd->nhgqk", queries, keys) / queries.shape[-1] ** 0.5
    if layer.causal:
        q = mine * queries.shape[1] + np.arange(queries.shape[1])
        k = theirs * keys.shape[1] + np.arange(keys.shape[1])
        scores = np.where(k <= q[:, None], scores, -np.inf)
    most = scores.max(-1) if before is None else np.maximum(before[0], scores.max(-1))
    most = np.where(np.isinf(most), 0.0, most) if before is None else most
    shares = np.exp(scores - most[..., None])
    total, mixed = shares.sum(-1), np.einsum("nhgqk,nkhd->nhgqd", shares, values)
    if before is not None:
        less = np.exp(before[0] - most)
        total, mixed = total + before[1] * less, mixed + before[2] * less[..., None]
    return most, total, mixed
