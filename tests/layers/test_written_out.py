"""Attention written out in dense layers, products and a softmax: what it costs and puts out is what the kind's own is."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from archcalc.errors import Source
from archcalc.language import parse
from archcalc.layers.work import NOTHING
from archcalc.memory_plan.saved_tensors import kept_bytes, saved_tensors
from archcalc.network.graph import Graph
from archcalc.profiling.engine import profile
from archcalc.reference import run, seeded
from tests.layers.torch_saved import Saved

BATCH = 2
INPUT = "input: {tokens: T, features: F}\nparams: {T: 5, F: 12}\n"
WRITTEN = """layers:
  - linear: {name: query, from: input, out: F, bias: BIAS}
  - linear: {name: key, from: input, out: F, bias: BIAS}
  - linear: {name: value, from: input, out: F, bias: BIAS}
  - matmul: {name: scores, from: [query, key], transpose: second, heads: HEADS, scale: true}
  - softmax
  - matmul: {name: mixed, from: [softmax, value], heads: HEADS}
  - linear: {name: out, out: F, bias: BIAS}
"""
KIND = "layers: [attention: {heads: HEADS, bias: BIAS}]\n"


def of(text: str, heads: int, bias: str, **values: Any) -> Graph:
    return parse(Source("a.yaml", INPUT + text.replace("HEADS", str(heads)).replace("BIAS", bias)), values)


class WrittenOut(nn.Module):
    """The same in torch, without its fused kernel."""

    def __init__(self, features: int, heads: int, *, bias: bool) -> None:
        super().__init__()
        self.heads = heads
        self.query, self.key, self.value, self.out = (nn.Linear(features, features, bias) for _ in range(4))

    def forward(self, x: Tensor) -> Tensor:
        q, k, v = (
            layer(x).unflatten(2, (self.heads, -1)).transpose(1, 2) for layer in (self.query, self.key, self.value)
        )
        scores = (q @ k.transpose(2, 3) * q.shape[3] ** -0.5).softmax(-1)
        return self.out((scores @ v).transpose(1, 2).flatten(2))


@pytest.mark.parametrize("heads", [1, 2, 3, 4])
@pytest.mark.parametrize("bias", ["true", "false"])
def test_attention_written_out_is_the_kind_and_torchs(heads, bias):
    """Params, multiply-accumulates and every other operation, what comes out of the same arrays, and what is kept for the backward pass."""
    kind, written = of(KIND, heads, bias), of(WRITTEN, heads, bias)
    one, other = profile(kind, BATCH), profile(written, BATCH)
    arrays = seeded(kind)["attention"]
    names = ("query", "key", "value", "out")
    apart: dict[str, dict[str, Any]] = {node.name: {} for node in written.nodes}
    for name in names:
        apart[name] = {"weight": arrays[name]} | ({"bias": arrays[f"{name}_bias"]} if bias == "true" else {})
    module = WrittenOut(12, heads, bias=bias == "true")
    for name in names:
        getattr(module, name).load_state_dict({key: torch.from_numpy(value) for key, value in apart[name].items()})
    x = np.random.default_rng(0).standard_normal((BATCH, 5, 12), np.float32)
    kept = Saved(module)
    with FlopCounterMode(display=False) as counter, kept:
        expected = module(torch.from_numpy(x).requires_grad_())

    assert one.totals.params == other.totals.params == sum(p.numel() for p in module.parameters())
    assert sum((row.work for row in one.rows), NOTHING) == sum((row.work for row in other.rows), NOTHING)
    assert 2 * one.totals.macs == 2 * other.totals.macs == counter.get_total_flops()
    for graph, own in ((kind, {"input": {}, "attention": arrays}), (written, apart)):
        np.testing.assert_allclose(run(graph, x, own), expected.detach().numpy(), rtol=1e-4, atol=1e-5)
    assert kept_bytes(written, saved_tensors(written), BATCH) == kept.nbytes
    # The kind is the fused kernel, which keeps for each query a sum in place of its scores.
    scores, sums = 4 * BATCH * heads * 5 * 5, 4 * BATCH * heads * 5
    assert kept_bytes(kind, saved_tensors(kind), BATCH) == kept.nbytes - scores + sums


def test_it_is_so_for_any_number_of_tokens_and_features():
    """The same formulas in letters."""
    one, other = (profile(of(text, 4, "true", T="T", F="F")).totals for text in (KIND, WRITTEN))

    assert one.params == other.params
    assert (one.macs - other.macs).equals(0)
