"""The devices of a plan with gradients: every exchange is one step of autograd, in which devices do on the way back what is printed."""

from __future__ import annotations

import numpy as np
import torch

from tests.parallel.shares import Devices, Wire, ring_gather, ring_reduce, ring_scatter


class _Exchanged(torch.autograd.Function):
    """The outputs of an exchange for the devices of a group, and what each does with its own gradient."""

    @staticmethod
    def forward(ctx, layer, wires, stage, *xs):
        ctx.layer, ctx.wire, ctx.stage = layer, wires[1], stage
        arrays = [x.numpy() for x in xs]
        axis, key = layer.axis + 1, (stage, layer.kind, layer.group)
        if layer.kind == "all-gather":
            outputs = ring_gather(wires[0], key, arrays, axis)
        elif layer.kind == "all-reduce":
            outputs = ring_reduce(wires[0], key, arrays)
        elif layer.kind == "reduce-scatter":
            outputs = ring_scatter(wires[0], key, arrays, axis)
        elif layer.kind == "part":
            outputs = [np.split(x, len(arrays), axis)[i] for i, x in enumerate(arrays)]
        else:
            outputs = arrays
        return tuple(torch.from_numpy(np.ascontiguousarray(y)) for y in outputs)

    @staticmethod
    def backward(ctx, *grads):
        layer, arrays = ctx.layer, [g.numpy() for g in grads]
        axis, key = layer.axis + 1, (ctx.stage, layer.backward_sends, layer.group)
        count = len(arrays)
        if layer.backward_sends == "reduce-scatter":
            found = ring_scatter(ctx.wire, key, arrays, axis)
        elif layer.backward_sends == "all-reduce":
            found = ring_reduce(ctx.wire, key, arrays)
        elif layer.backward_sends == "all-gather":
            found = ring_gather(ctx.wire, key, arrays, axis)
        elif layer.kind == "all-gather":
            found = [np.split(g, count, axis)[i] for i, g in enumerate(arrays)]
        elif layer.kind == "part":
            nothing = np.zeros_like(arrays[0])
            found = [
                np.concatenate([g if i == j else nothing for j in range(count)], axis) for i, g in enumerate(arrays)
            ]
        else:
            found = arrays
        return (None, None, None, *(torch.from_numpy(np.ascontiguousarray(g)) for g in found))


class Trained(Devices):
    """Devices of one stage whose weights have gradients after `step`, each for its own copies and parts."""

    def __init__(self, graph, plan):
        super().__init__(graph, plan)
        self.way_back = Wire()
        # By rank, and by the layer that has them: each device's own arrays.
        self.own = {
            (place, rank): {
                name: torch.from_numpy(array.astype("float64").copy()).requires_grad_()
                for name, array in self.own_weights(place, rank).items()
            }
            for place, role in enumerate(self.found.roles)
            if role.origin >= 0
            for rank in self.ranks
        }
        for place, node in enumerate(self.found.graph.nodes):
            if node.share is not None:
                for rank in self.ranks:
                    self.own[place, rank] |= self.own[node.share, rank]

    def step(self, inputs, wanted):
        """One forward and one backward pass, of the sum of outputs times what is `wanted` of the whole network's."""
        nodes = self.found.graph.nodes
        made, late = {}, {}
        for place, node in enumerate(nodes):
            taken = {rank: [made[i, rank] for i in node.inputs] for rank in self.ranks}
            if self.found.roles[place].origin < 0:
                outputs = self.exchanged(node.layer, {rank: xs[0] for rank, xs in taken.items()})
                for rank, bias in late.pop(node.inputs[0], {}).items() if node.layer.kind != "enter" else ():
                    outputs[rank] = outputs[rank] + bias
            elif node.layer.comes_from_outside:
                x, tokens = inputs[node.name], node.shape[0]
                split = tokens < x.shape[1] // self.plan.context
                outputs = {rank: torch.from_numpy(self.given(x, rank, tokens, (0, split))) for rank in self.ranks}
            else:
                outputs = self.made(place, node, taken, late)
            made |= {(place, rank): y for rank, y in outputs.items()}
        last = self.found.graph.outputs[0]
        loss = sum((made[last, rank] * self.part_of(wanted, rank, made[last, rank])).sum() for rank in self.ranks)
        loss.backward()
        return {rank: made[last, rank].detach().numpy() for rank in self.ranks}

    def part_of(self, whole, rank, y):
        own = np.split(whole, self.plan.context, 1)[rank[0]]
        for axis in (1, 2):
            if y.shape[axis] < own.shape[axis]:
                own = np.split(own, self.plan.tensor, axis)[rank[1]]
        return torch.from_numpy(own)

    def exchanged(self, layer, taken):
        at = 1 if layer.group == "tensor" else 0
        result = {}
        for other in range(self.plan.context if at else self.plan.tensor):
            group = [rank for rank in self.ranks if rank[1 - at] == other]
            wires = (self.wire, self.way_back) if other == 0 else (Wire(), Wire())
            outputs = _Exchanged.apply(layer, wires, 0, *(taken[rank] for rank in group))
            result |= dict(zip(group, outputs, strict=True))
        return result

    def made(self, place, node, taken, late):
        layer, role = node.layer, self.found.roles[place]
        outputs = {}
        for rank in self.ranks:
            w, xs = self.own[place, rank], taken[rank]
            if layer.kind == "attention":
                group = [(c, rank[1]) for c in range(self.plan.context)]
                y = _attended(layer, rank[0], [taken[one] for one in group], [self.own[place, one] for one in group])
            else:
                y = _KINDS[layer.kind](layer, rank, role, xs, w)
            bias = w.get("out_bias" if layer.kind == "attention" else "bias")
            added_here = layer.kind == "linear" and role.way != "row"
            if bias is not None and layer.kind in {"attention", "linear"}:
                if added_here or not role.divided:
                    y = y + bias
                else:
                    late.setdefault(place, {})[rank] = bias
            outputs[rank] = y
        return outputs


def _attended(layer, number, group, weights):
    """Attention of the tokens of the device of a number to those of all devices of its context, with the weights of each."""
    q, w = group[number][0], weights[number]
    kv_heads, key, value = layer.widths(q.shape[1:])

    def heads(name, x, of, count, width):
        y = x @ of[name].T
        y = y + of[f"{name}_bias"] if f"{name}_bias" in of else y
        return y.reshape(*x.shape[:2], count, width)

    queries = heads("query", q, w, layer.heads, key).reshape(*q.shape[:2], kv_heads, -1, key)
    keys = torch.cat([heads("key", x[0], of, kv_heads, key) for x, of in zip(group, weights, strict=True)], 1)
    values = torch.cat([heads("value", x[0], of, kv_heads, value) for x, of in zip(group, weights, strict=True)], 1)
    scores = torch.einsum("nqhgd,nkhd->nhgqk", queries, keys) / key**0.5
    if layer.causal:
        rows = number * q.shape[1] + torch.arange(q.shape[1])
        scores = scores.masked_fill(torch.arange(keys.shape[1]) > rows[:, None], -torch.inf)
    y = torch.einsum("nhgqk,nkhd->nqhgd", scores.softmax(-1), values)
    return y.reshape(*q.shape[:2], -1) @ w["out"].T


def _embedding(layer, rank, role, xs, w):
    first = rank[1] * layer.vocabulary if role.divided else 0
    here = (xs[0] >= first) & (xs[0] < first + layer.vocabulary)
    return w["weight"][torch.where(here, xs[0] - first, 0)] * here[..., None]


def _rmsnorm(layer, _rank, _role, xs, w):
    return xs[0] / ((xs[0] ** 2).mean(-1, keepdim=True) + layer.eps).sqrt() * w["weight"]


def _layernorm(layer, _rank, _role, xs, w):
    return torch.nn.functional.layer_norm(xs[0], xs[0].shape[-1:], w["weight"], w["bias"], layer.eps)


_KINDS = {
    "embedding": _embedding,
    "rmsnorm": _rmsnorm,
    "layernorm": _layernorm,
    "linear": lambda _layer, _rank, _role, xs, w: xs[0] @ w["weight"].T,
    "silu": lambda _layer, _rank, _role, xs, _w: torch.nn.functional.silu(xs[0]),
    "gelu": lambda _layer, _rank, _role, xs, _w: torch.nn.functional.gelu(xs[0]),
    "multiply": lambda _layer, _rank, _role, xs, _w: xs[0] * xs[1],
    "add": lambda _layer, _rank, _role, xs, _w: xs[0] + xs[1],
    "learned": lambda _layer, _rank, _role, _xs, w: w["weight"][None],
}
