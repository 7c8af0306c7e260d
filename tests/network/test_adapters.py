"""Low-rank adapters: params, products and what training keeps against modules in torch, and against published counts."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
import torch
from click.testing import CliRunner
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from archcalc.cli import main
from archcalc.errors import Source
from archcalc.language import parse
from archcalc.language.flatten import flat
from archcalc.memory_plan.plan import training
from archcalc.memory_plan.saved_tensors import kept_bytes, saved_tensors
from archcalc.network.adapters import Adapter, adapted
from archcalc.network.graph import Graph
from archcalc.profiling.engine import profile
from archcalc.symbols.dims import symbol
from archcalc.verification.verification import verified
from tests.layers.torch_attention import Attention, LowRank
from tests.layers.torch_saved import Saved

BATCH = 2
TOKENS, DIM, HIDDEN = 7, 24, 40
BLOCK = f"""
input: {{tokens: {TOKENS}, features: {DIM}}}
layers:
  - add: {{attend: [layernorm: {{bias: false}}, attention: {{name: attention, heads: 4, kv_heads: 2}}], identity: []}}
  - add: {{feed: [layernorm: {{bias: false}}, linear: {{name: up, out: {HIDDEN}}}, relu, linear: {{name: down, out: {DIM}}}], identity: []}}
  - linear: {{name: head, out: 3}}
"""


class Block(nn.Module):
    """The same block in torch, with adapters as peft has them: modules beside the dense layers, not merged."""

    def __init__(self, graph: Graph) -> None:
        super().__init__()
        layers = {node.name: node.layer for node in graph.nodes}
        names = layers.keys()

        def dense(name: str, inputs: int, outputs: int) -> nn.Module:
            base = nn.Linear(inputs, outputs)
            return LowRank(base, layers[f"{name}_lora_a"].out) if f"{name}_lora_a" in names else base

        self.norms = nn.ModuleList(nn.LayerNorm(DIM, bias=False) for _ in range(2))
        self.attention = Attention(layers["attend/attention"], (TOKENS, DIM))
        self.up, self.down = dense("feed/up", DIM, HIDDEN), dense("feed/down", HIDDEN, DIM)
        self.head = dense("head", DIM, 3)
        for name, parameter in self.named_parameters():
            parameter.requires_grad_("lora" in name or not graph.frozen)

    def forward(self, x: Tensor) -> Tensor:
        x = x + self.attention(self.norms[0](x))
        return self.head(x + self.down(torch.relu(self.up(self.norms[1](x)))))


ADAPTED = [
    "",
    '"*.query": 2, "*.value": 3',
    '"feed/up": 2',
    '"feed/down": 4, head: 1',
    "head: 2",
    '"*": 2',
    '"*/attention": 3',
]


@pytest.mark.parametrize("ranks", ADAPTED)
def test_an_adapted_block_is_torchs(ranks: str) -> None:
    """Params, those trained, products of a forward pass, and bytes kept for the backward pass."""
    graph = parse(Source("x.yaml", f"{BLOCK}adapt: {{{ranks}}}\n"))
    block = Block(graph).train()
    totals = profile(graph).totals
    found, counted = Saved(block), FlopCounterMode(display=False)
    with found, counted:
        block(torch.randn(BATCH, TOKENS, DIM))

    assert totals.params == sum(parameter.numel() for parameter in block.parameters())
    assert sum(row.trained for row in profile(graph).rows) == sum(
        parameter.numel() for parameter in block.parameters() if parameter.requires_grad
    )
    assert kept_bytes(graph, saved_tensors(graph), BATCH) == found.nbytes
    # On the CPU its counter misses the two products of attention.
    assert BATCH * (totals.macs - 4 * TOKENS * TOKENS * 2 * (DIM // 4)) == counted.get_total_flops() // 2


@pytest.mark.parametrize("ranks", ADAPTED)
def test_an_adapted_block_runs(ranks: str) -> None:
    """Its forward pass has the shapes, products and arrays that are said."""
    assert verified(parse(Source("x.yaml", f"{BLOCK}adapt: {{{ranks}}}\n"))).differences == []


@pytest.mark.parametrize(
    ("layers", "dim", "rank", "trained"),
    [
        # Hu et al. 2021: RoBERTa base and large at rank 8 (table 2), GPT-3 at ranks 1 and 8 (table 4).
        (12, 768, 8, "0.3M"),
        (24, 1024, 8, "0.8M"),
        (96, 12288, 1, "4.7M"),
        (96, 12288, 8, "37.7M"),
    ],
)
def test_published_counts_of_trained_params(layers: int, dim: int, rank: int, trained: str) -> None:
    """With adapters of queries and values, as printed."""
    text = (
        f"input: {{tokens: 8, features: {dim}}}\nlayers: [attention: {{heads: 8, repeat: {layers}}}]\n"
        f'adapt: {{"*.query": {rank}, "*.value": {rank}}}'
    )
    rows = profile(parse(Source("x.yaml", text))).rows
    found = sum(row.trained for row in rows)

    assert found == layers * 2 * (dim + dim) * rank
    assert f"{found / 1e6:.1f}M" == trained


def test_ranks_may_be_letters() -> None:
    """The number trained is a formula that gives the numbers."""
    text = "input: {tokens: 5, features: 12}\nparams: {r: r}\nlayers: [attention: 3, linear: 7]\nadapt: {'*': r}"
    lettered = sum(row.trained for row in profile(parse(Source("x.yaml", text))).rows)
    numbered = sum(row.trained for row in profile(parse(Source("x.yaml", text), r=4)).rows)

    assert numbered == 4 * (4 * (12 + 12) + 12 + 7)
    assert lettered.subs(symbol("r"), 4) == numbered


def test_the_optimizer_has_state_for_adapters_alone() -> None:
    """Adam keeps two values for each trained one; a head that is excepted is trained too."""
    graph = parse(Source("x.yaml", f'{BLOCK}adapt: {{"feed/up": 2}}\nfrozen: [not head]'))
    plan = training(profile(graph))
    trained = 2 * (DIM + HIDDEN) + 3 * DIM + 3

    assert plan.resident["adam state"].bytes(1) == 2 * 4 * trained
    assert sum(one.size.bytes(1) for one in plan.timeline.buffers if one.what == "weight gradient") == 4 * trained


def test_layers_that_share_weights_share_their_adapter() -> None:
    """A and B are there once, and multiply twice."""
    text = (
        "input: {features: 8}\nlayers: [linear: {name: a, out: 8}, linear: {name: b, out: 8, share: a}]\nadapt: {a: 2}"
    )
    totals = profile(parse(Source("x.yaml", text))).totals

    assert totals.params == 8 * 8 + 8 + 2 * (8 + 8)
    assert totals.macs == 2 * (8 * 8 + 2 * (8 + 8))


def test_numbers_stated_are_of_the_network_with_its_adapters() -> None:
    """An assertion about a layer covers the layers of its adapter, and names of outputs stand for the sums."""
    text = (
        "input: {features: 8}\noutputs: [a]\nlayers: [linear: {name: a, out: 4, bias: false, params: 56}]\n"
        "adapt: {a: 2}\ntotals: {params: 56, trained: 24}"
    )
    graph = parse(Source("x.yaml", text))

    assert profile(graph).totals.params == 8 * 4 + 2 * (8 + 4)
    assert [graph.nodes[i].name for i in graph.outputs] == ["a_lora"]


def test_an_axis_may_be_any() -> None:
    """Beside a 1×1 convolution stand two."""
    text = "input: {channels: 6, height: 4, width: 5}\nlayers: [linear: {out: 9, axis: channels}]"
    graph = adapted(parse(Source("x.yaml", text)), [Adapter("*", 2)])

    assert [node.shape for node in graph.nodes] == [(6, 4, 5), (9, 4, 5), (2, 4, 5), (9, 4, 5), (9, 4, 5)]
    assert profile(graph).totals.macs == math.prod((4, 5)) * (6 * 9 + 2 * (6 + 9))


def test_a_pattern_that_adapters_freeze_too_is_said_once() -> None:
    """What is written out is read back."""
    text = 'input: {features: 8}\nlayers: [linear: {name: a, out: 4}]\nfrozen: ["*", not head*]\nadapt: 2\n'
    graph = parse(Source("x.yaml", text.replace("name: a", "name: head_a")))

    assert graph.frozen == ("*", "not head*", "not *_lora_a", "not *_lora_b")
    assert parse(Source("y.yaml", flat(graph))).frozen == graph.frozen


def test_the_rank_that_a_budget_of_trained_params_allows(tmp_path: Path) -> None:
    """Two matrices of 64×64 in each of three layers train 768 for each rank, so 10,000 allow 13."""
    (tmp_path / "x.yaml").write_text(
        "input: {tokens: 5, features: 64}\nparams: {r: r}\nlayers: [attention: {heads: 2, repeat: 3}]\n"
        'adapt: {"*.query": r, "*.value": r}'
    )
    found = CliRunner().invoke(main, ["solve", str(tmp_path / "x.yaml"), "--for", "trained <= 10000"])

    assert "The largest r is 13." in found.output
    assert 13 * 768 <= 10_000 < 14 * 768
